"""What happens on a visitor's request: a new photo, an example, another setting.

A visitor's requests overlap: a newer one starts at once and the older one stops at its next step. What goes
wrong becomes one sentence; what was shown stays. Details are logged and never leave the server.
"""

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup
from PIL import Image

from carmodel.photo import PhotoError, read_photo
from explain.door import METHODS
from explain.explainer import Explainer
from explain.report.render import upright
from page import examples
from page.background import Background
from page.markup import SORRY, notice
from page.photo_input import stand_in
from page.session import Session
from page.tabs.explain.evidence import NETWORKS, Evidences
from page.tabs.explain.stream import Controls, ControlsError, Panels, panels
from page.tabs.trust.handlers import PANELS, waiting

log = logging.getLogger(__name__)

WELCOME = Markup(
    '<section class="card welcome"><h2>Give a photo of a car</h2><p>Upload or paste one, take one with the '
    "camera, or click an example. You will see what two small networks say about it, and which parts of the "
    "photo each relied on.</p></section>"
)
FORGOTTEN = "Too many photos came after this one to keep them all; please give it again."
# Notice, verdict, heading, rows, Trust tab, number of the newest request.
UNCHANGED = (gr.skip(),) * (len(Panels().all) + len(PANELS) + 1)
SAME = (gr.skip(),) * len(PANELS)


class Handlers:
    """The handlers of the page's events, for `explainers` by kind ("final", "baseline").

    Those that begin with `on_` yield the photo to show, the panels in the order of Panels.all, those of the
    Trust tab, which begin anew with every new subject, and the number of the request once it is the newest.
    """

    def __init__(self, explainers: Mapping[str, Explainer]) -> None:
        self.explainers = explainers
        self.cache = next(iter(explainers.values())).cache
        self.evidences = Evidences(Background(), self.cache)

    def on_photo(self, path: str | None, session: Session, *controls: object) -> Iterator[tuple[Any, ...]]:
        """A photo was uploaded, pasted or taken, or (None) removed."""
        if path is None:
            session.photo = session.example = session.subject = None
            session.forgotten = False
            session.newest = session.begin()
            yield gr.skip(), *Panels(verdict=WELCOME).all, *waiting(None), session.newest
            return
        try:
            photo = read_photo(path)
        except PhotoError as error:
            before = upright(session.photo) if session.photo else None
            yield before, notice(str(error)), *UNCHANGED[1:]
            return
        session.photo, session.name, session.example = photo, Path(path).name, None
        # Although the browser shows it: an example may have come from the server since, as the page opened.
        yield stand_in(photo, path) or path, *UNCHANGED
        yield from self.on_controls(session, *controls)

    def on_example(
        self, event: gr.EventData, session: Session, *controls: object
    ) -> Iterator[tuple[Any, ...]]:
        """An example picture was clicked."""
        yield from self._example(event.file, session, *controls)

    def on_open(self, session: Session, *controls: object) -> Iterator[tuple[Any, ...]]:
        """The page was opened: an example is explained, so that there is something to see.

        Unless the visitor was quicker, and has given a photo of theirs.
        """
        if session.begun:
            return
        yield from self._example(session.example or examples.FIRST, session, *controls)

    def on_controls(self, session: Session, *controls: object) -> Iterator[tuple[Any, ...]]:
        """A control was changed; nothing happens as long as there is no photo."""
        if session.forgotten and session.example:
            session.photo = read_photo(examples.path(session.example))
        photo, this = session.photo, session.begin()
        if photo is None:
            yield gr.skip(), notice(FORGOTTEN) if session.forgotten else gr.skip(), *UNCHANGED[1:]
            return
        session.forgotten = False
        chosen = Controls(*controls)
        explainer = self.explainers[chosen.kind]
        cleared = ""  # of the notice, once: a notice that comes later is of a newer request and stays
        try:
            target = chosen.target(explainer.classify(photo))  # where it fails, the request before it goes on
            if session.photo is not photo or session.newest > this:  # there is another one by now, or none
                return
            session.newest = number = this
            before, session.subject = session.subject, chosen.subject(photo, target)
            self.cache.hold(session)
            tab = SAME if session.subject == before else waiting(session.subject)
            found = self.evidences.known(session.subject, NETWORKS, METHODS)
            for now in panels(explainer, photo, chosen, partial(session.is_newest, this), found):
                if not session.is_newest(this):  # it may have been replaced while this was being drawn
                    return
                yield gr.skip(), cleared, *now.all[1:], *tab, number
                cleared, tab, number = gr.skip(), SAME, gr.skip()
            session.mapped = this
        except ControlsError as error:
            yield gr.skip(), notice(str(error)), *UNCHANGED[1:]
        except Exception:
            log.exception("A request failed.")
            yield gr.skip(), notice(SORRY), *UNCHANGED[1:]

    def _example(self, file: str, session: Session, *controls: object) -> Iterator[tuple[Any, ...]]:
        path = examples.path(file)
        session.photo, session.name, session.example = read_photo(path), file, file
        yield Image.open(path), *UNCHANGED
        yield from self.on_controls(session, *controls)
