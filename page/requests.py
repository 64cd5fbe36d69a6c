"""In which order a visitor's events happened, and which answer may still be shown.

Events overtake each other on their way to the server. So the browser numbers each one as it begins
(`NUMBERED`), and of every value that the visitor chooses the one with the highest number holds. Whatever then
draws a part of the page does so from those values, as a `Run`; a newer run for the same part ends the older
one. Both are decided here and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import gradio as gr

from page.server.refusals import NOT_UNDERSTOOD

PHOTO = "photo"  # the part of the page that is about the photo: a newer run for it ends those for all others
MOST = 2**53  # up to it the browser counts exactly
NUMBER_SCRIPT = "window.nextRequest = ((number) => () => ++number)(0);"  # in the page's head


def numbered(inputs: Sequence[gr.components.Component], number: gr.components.Component) -> dict[str, Any]:
    """An event's `inputs` and `js`: after the inputs' values comes the number that the browser gives."""
    count = len(inputs)
    return {
        "inputs": [*inputs, number],
        "js": f"(...values) => [...values.slice(0, {count}), window.nextRequest()]",
    }


class Requests:
    """What a visitor chose last, and which runs are the newest; may be used by threads."""

    def __init__(self) -> None:
        self.chosen: dict[str, tuple[float, Any]] = {}  # name -> number of the event, value
        self.runs: dict[str, int] = {}  # part of the page -> its newest run
        self.count = 0  # of runs begun
        self.lock = Lock()

    def choose(self, name: str, number: float, value: Any) -> bool:  # noqa: ANN401
        """Keeps a value unless an event of a higher number has brought another; says whether it was kept.

        Raises gr.Error, with a sentence, for a number that no browser gives.
        """
        counts = isinstance(number, int | float) and not isinstance(number, bool)
        if not counts or not 0 <= number <= MOST:
            raise gr.Error(NOT_UNDERSTOOD, print_exception=False)
        with self.lock:
            if name in self.chosen and self.chosen[name][0] > number:
                return False
            self.chosen[name] = number, value
            return True

    def value(self, name: str, otherwise: Any = None) -> Any:  # noqa: ANN401
        """What was chosen last."""
        return self.chosen[name][1] if name in self.chosen else otherwise

    def begin(self, *parts: str) -> "Run":
        """A run that will draw parts of the page anew, from what is chosen now; see `Run.take_over`."""
        with self.lock:
            self.count += 1
            return Run(self, self.count, parts)

    def start(self, *parts: str) -> "Run":
        """A run that draws parts of the page anew from now on; those before it end."""
        run = self.begin(*parts)
        run.take_over()
        return run

    def stop(self, part: str) -> bool:
        """Ends the run for a part of the page; says whether there was one."""
        with self.lock:
            return self.runs.pop(part, None) is not None

    @property
    def newest(self) -> int:
        """The number of the newest run about the photo."""
        return self.runs.get(PHOTO, 0)

    def __deepcopy__(self, _: Any) -> "Requests":  # noqa: ANN401
        return Requests()  # gradio copies what a session begins with; a lock cannot be copied


@dataclass(eq=False)
class Run:
    """The work that draws parts of the page."""

    requests: Requests
    number: int
    parts: tuple[str, ...]
    photo: int = 0  # the newest run about the photo when this one took over

    def take_over(self) -> bool:
        """Ends the runs before it for the same parts; does nothing, and says so, if a newer one has begun."""
        runs = self.requests.runs
        with self.requests.lock:
            if any(runs.get(part, 0) > self.number for part in self.parts):
                return False
            runs.update(dict.fromkeys(self.parts, self.number))
            self.photo = runs.get(PHOTO, 0)
            return True

    def holds(self, part: str = "") -> bool:
        """Whether what it found may still be shown in `part`, or in the first of its parts."""
        newest = self.requests.runs.get(part or self.parts[0])
        return newest == self.number and self.requests.newest == self.photo
