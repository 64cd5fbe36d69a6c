"""How tabs follow the photo: only the one in front is computed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from page.endings import quiet
from page.visit import Visit

SELECTED_AT = "(visit, at) => [visit, performance.now()]"  # in ms since the page was opened


@dataclass(frozen=True)
class Follower:
    """A tab that shows something about the photo of its own, computed only while a visitor looks at it.

    refresh yields values of `outputs`, given the Visit and the values of `inputs`, which come after the
    page's controls. It is called whenever there is another subject, or none, or another setting.
    """

    refresh: Callable[..., Iterator[Any]]
    inputs: Sequence[gr.components.Component]
    outputs: Sequence[gr.components.Component]

    def when_looked_at(self, name: str) -> Callable[..., Iterator[Any]]:
        """The refresh of a tab of this name, once for each request and only if it is the one in front."""

        def run(visit: Visit, *settings: object) -> Iterator[Any]:
            if visit.tab == name and visit.followed.get(name) != visit.newest:
                this = visit.followed[name] = visit.newest
                yield from self.refresh(visit, *settings)
                if visit.subject is None and not visit.is_newest(this):  # what was on its way came too late
                    yield from self.refresh(visit, *settings)

        return quiet(run, len(self.outputs))


def look_at(name: str, visit: Visit, at: float) -> None:
    """The tab of this name came to the front at this time of the browser's. Requests may overtake others."""
    if at >= visit.tab_since:
        visit.tab, visit.tab_since = name, at
