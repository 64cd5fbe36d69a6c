"""What happens on a visitor's request: a new photo, an example, another setting.

A visitor's requests overlap: a newer one starts at once and the older one stops at its next step. What goes
wrong becomes one sentence; what was shown stays. Details are logged and never leave the server.
"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup
from PIL import Image

from carmodel.photo import PhotoError, read_photo
from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.report.render import upright
from explain.request import RequestError, explained, request
from page import examples
from page.controls import Controls
from page.evidence import Evidences, tested_networks
from page.lazy_tabs import Values
from page.markup import SORRY, notice
from page.photo_input import stand_in
from page.progress import still_tested
from page.requests import PHOTO
from page.session import Session
from page.tabs.explain.stream import finished_rows, heading, panels

log = logging.getLogger(__name__)

CONTROLS = "controls"  # among what a visitor chose
WELCOME = Markup(
    '<section class="card welcome"><h2>Give a photo of a car</h2><p>Upload or paste one, take one with the '
    "camera, or click an example. You will see what small networks say about it, and which parts of the "
    "photo each relied on.</p></section>"
)
FORGOTTEN = "Too many photos came after this one to keep them all; please give it again."
UNTESTED = "Something went wrong on our side; the maps could not be tested."


class ExplainHandlers:
    """The handlers of the page's events, for `explainers` by kind ("final", "baseline").

    They yield values of the photo, the notice, the tab's panels by name and, once, the number of the request.
    """

    def __init__(self, explainers: Mapping[str, Explainer], evidences: Evidences) -> None:
        self.explainers = explainers
        self.cache = next(iter(explainers.values())).cache
        self.evidences = evidences

    def on_photo(
        self, session: Session, number: float, controls: Controls, path: str | None
    ) -> Iterator[Values]:
        """A photo was uploaded, pasted or taken, or (None) removed."""
        if not session.requests.choose(PHOTO, number, path):
            return
        if path is None:
            session.photo = session.example = session.asked = None
            session.forgotten = False
            run = session.requests.start(PHOTO)
            yield {"notice": "", "verdict": WELCOME, "heading": "", **dict.fromkeys(METHODS, "")} | {
                "asked": run.number
            }
            return
        photo, wrong = None, ""
        try:
            photo = read_photo(path)
        except PhotoError as error:
            wrong = str(error)
        if not session.requests.choose(PHOTO, number, path):  # something else was done while it was read
            return
        if photo is None:
            yield {"photo": upright(session.photo) if session.photo else None, "notice": notice(wrong)}
            return
        session.photo, session.name, session.example = photo, Path(path).name, None
        # Although the browser shows it: an example may have come from the server since, as the page opened.
        yield {"photo": stand_in(photo, path) or path}
        yield from self.on_controls(session, number, controls)

    def on_remove(self, session: Session, number: float, controls: Controls) -> Iterator[Values]:
        """The photo was taken away."""
        yield from self.on_photo(session, number, controls, None)

    def on_example(
        self, event: gr.EventData, session: Session, number: float, controls: Controls
    ) -> Iterator[Values]:
        """An example picture was clicked."""
        yield from self._example(examples.clicked(event), session, number, controls)

    def on_open(self, session: Session, number: float, controls: Controls) -> Iterator[Values]:
        """The page was opened: an example is explained, so that there is something to see.

        Unless the visitor was quicker, and has given a photo of theirs.
        """
        if PHOTO not in session.requests.chosen:
            yield from self._example(
                examples.path(session.example or examples.FIRST), session, number, controls
            )

    def on_controls(self, session: Session, number: float, controls: Controls) -> Iterator[Values]:
        """A control was changed; nothing happens as long as there is no photo."""
        session.requests.choose(CONTROLS, number, controls)
        if session.forgotten and session.example:
            session.photo = read_photo(examples.path(session.example))
        photo, run = session.photo, session.requests.begin(PHOTO)
        if photo is None:
            yield {"notice": notice(FORGOTTEN)} if session.forgotten else {}
            return
        session.forgotten = False
        chosen: Controls = session.requests.value(CONTROLS)
        explainer = self.explainers[chosen.kind]
        try:
            asked = request(explainer, photo, chosen)  # where it fails, the request before it goes on
            if session.photo is not photo or not run.take_over():  # there is another one by now, or none
                return
            session.asked = asked
            self.cache.hold(session)
            # The notice is cleared once: one that comes later is of a newer request and stays.
            first: dict[str, Any] = {"notice": "", "asked": run.number}
            evidence = self.evidences.known(asked, tested_networks(explainer, asked), list(METHODS))
            for step in panels(explainer, asked, chosen, run.holds, evidence):
                if not run.holds():  # it may have been replaced while this was being drawn
                    return
                yield first | step
                first = {}
            session.mapped = run.number
        except RequestError as error:
            yield {"notice": notice(str(error))}
        except Exception:
            log.exception("A request failed.")
            yield {"notice": notice(SORRY)}

    def on_maps(self, session: Session, number: float, controls: Controls) -> Iterator[Values]:
        """The maps of a request are all there: they are tested, and what is found is put under them.

        A newer request ends it, and a second call for the same one changes nothing. Where the photo was
        removed meanwhile it clears the panels: what was on its way may have arrived after they were cleared.
        """
        newest, asked = session.requests.newest, session.asked
        if asked and session.mapped == newest and session.tested != newest:
            session.tested = newest
            for step in self._tests(session, newest):
                if session.requests.newest != newest:  # it may have been replaced while this was being drawn
                    break
                yield step
        if session.asked is None:
            yield {"heading": "", **dict.fromkeys(METHODS, "")}

    def _tests(self, session: Session, newest: int) -> Iterator[Values]:
        asked = session.asked
        assert asked is not None
        try:
            explainer = self.explainers[asked.kind]
            rows = {
                row.method.name: row for row in explained(explainer, asked) if row.finished and not row.error
            }
            chosen = session.requests.value(CONTROLS)
            tests = self.evidences.test(explainer, asked, rows, lambda: session.requests.newest == newest)
            for step, evidence in enumerate(tests):
                progress = still_tested(evidence, rows)
                drawn = (
                    finished_rows(explainer, rows, asked, chosen, evidence) if step or not progress else {}
                )
                yield {"heading": heading(asked.target, progress), **drawn}
        except Exception:
            log.exception("The maps could not be tested.")
            yield {"heading": heading(asked.target, UNTESTED)}

    def _example(self, path: Path, session: Session, number: float, controls: Controls) -> Iterator[Values]:
        if not session.requests.choose(PHOTO, number, path):
            return
        photo = read_photo(path)
        if session.requests.choose(PHOTO, number, path):  # nothing else was done while it was read
            session.photo, session.name, session.example = photo, path.name, path.name
            yield {"photo": Image.open(path)}
            yield from self.on_controls(session, number, controls)
