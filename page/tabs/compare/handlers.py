"""What happens on the Compare tab: another request, another choice, a second photo."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic

import gradio as gr
from markupsafe import Markup
from PIL import Image

from carmodel.photo import Photo, PhotoError, read_photo
from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.networks import every_network
from explain.report.render import upright
from explain.request import ExplanationRequest, MethodMaps
from page import examples
from page.controls import Controls
from page.lazy_tabs import Values
from page.markup import notice, untested
from page.photo_input import stand_in
from page.progress import FAILED, PACE, WAITING, failure, so_far
from page.requests import Run
from page.session import Session
from page.tabs.compare import agreement
from page.tabs.compare.grid import Cell, cards_of, grid, heading, progress
from page.tabs.compare.swipe import SAME, pair

log = logging.getLogger(__name__)

TAB = "compare"  # among what a visitor chose, and what tabs show
OTHER = "second photo"  # among what a visitor chose
SORRY = notice("Something went wrong on our side; please try again.")
WELCOME = Markup(
    '<section class="card welcome nothing"><h2>Give a photo of a car</h2>'
    "<p>You will see what every network says about it, which parts of it each relied on, and where they "
    "differ.</p></section>"
)
SECOND = untested("Choose an example, or give another photo.")
MAPS, PAIR, PHOTOS = PARTS = ("maps", "slider", "photos")  # of the tab, each drawn by runs of its own


@dataclass(frozen=True)
class Choice:
    """What is chosen on the tab: a method, the slider's two networks, and the one that sees two photos."""

    method: str
    left: str
    right: str
    one: str


class CompareHandlers:
    """The handlers of the Compare tab, for the networks of `explainers`; the first is that of a pair.

    They are given the Session, the event's number, the page's controls and the values of a Choice. They yield
    values of "about", "maps", "agreement", "slider", "photos" and "photo". A newer run for the same part of
    the tab ends the older.
    """

    def __init__(self, explainers: Sequence[Explainer]) -> None:
        self.networks = every_network(explainers)
        self.cache = explainers[0].cache

    def refresh(self, session: Session, number: float, controls: Controls, *values: str) -> Iterator[Values]:
        """Another request or method: everything. What is shown already is only redrawn, in one step."""
        session.requests.choose(TAB, number, Choice(*values))
        choice: Choice = session.requests.value(TAB)
        run, asked = session.requests.start(*PARTS), session.asked
        if asked is None:
            session.drawn.pop(TAB, None)
            yield {"about": WELCOME, "maps": "", "agreement": "", "slider": "", "photos": ""}
            return
        shows = asked, choice.method
        unchanged = session.drawn.get(TAB) == shows
        session.drawn.pop(TAB, None)
        # The panels of the request before are cleared, once.
        others = {} if unchanged else {"agreement": "", "slider": "", "photos": ""}
        try:
            for cells in self._cells(asked, asked.photo, choice.method, list(self.networks), run, MAPS):
                if unchanged and progress([*cells.values()]):
                    continue
                row = cards_of(cells, asked)
                drawn = grid(cells, row, asked.target, METHODS[choice.method], controls.strength)
                if not run.holds(MAPS):
                    return
                yield {"about": heading([*cells.values()], asked.target), "maps": drawn} | others
                others = {}
            if not run.holds(MAPS):
                return
            session.drawn[TAB] = shows
            yield {"agreement": agreement.block({name: card.shown for name, card in row.cards.items()})}
            if run.holds(PAIR):
                yield {"slider": _pair(cells, choice, asked, controls.strength)}
            yield from self._photos(session.other, asked, choice, controls.strength, run)
        except Exception:
            log.exception("The networks could not be compared.")
            if run.holds(MAPS):
                yield {"about": SORRY}

    def on_pair(self, session: Session, number: float, controls: Controls, *values: str) -> Iterator[Values]:
        """Other networks of the slider."""
        session.requests.choose(TAB, number, Choice(*values))
        choice: Choice = session.requests.value(TAB)
        run, asked = session.requests.start(PAIR), session.asked
        if asked is None:
            return
        try:
            # All networks, whose scale the two share; most of their maps are kept.
            *_, cells = self._cells(asked, asked.photo, choice.method, list(self.networks), run, PAIR)
            drawn = _pair(cells, choice, asked, controls.strength)
        except Exception:
            log.exception("Two networks could not be compared.")
            drawn = SORRY
        if run.holds():
            yield {"slider": drawn}

    def on_photo(
        self, session: Session, number: float, controls: Controls, path: str | None, *values: str
    ) -> Iterator[Values]:
        """A second photo was given or (None) removed."""
        if not session.requests.choose(OTHER, number, path):
            return
        photo, wrong = None, ""
        try:
            photo = read_photo(path) if path else None
        except PhotoError as error:
            wrong = str(error)
        if not session.requests.choose(OTHER, number, path):  # something else was done while it was read
            return
        if wrong:
            before = upright(session.other) if session.other else None
            yield {"photo": before, "photos": notice(wrong)}
            return
        session.other = photo
        self.cache.hold(session)
        if path and photo and (picture := stand_in(photo, path)):
            yield {"photo": picture}
        yield from self.on_network(session, number, controls, *values)

    def on_remove(
        self, session: Session, number: float, controls: Controls, *values: str
    ) -> Iterator[Values]:
        """The second photo was taken away."""
        yield from self.on_photo(session, number, controls, None, *values)

    def on_example(
        self, event: gr.EventData, session: Session, number: float, controls: Controls, *values: str
    ) -> Iterator[Values]:
        """An example picture was chosen as the second photo."""
        path = examples.clicked(event)
        if not session.requests.choose(OTHER, number, path):
            return
        photo = read_photo(path)
        if not session.requests.choose(OTHER, number, path):  # something else was done while it was read
            return
        session.other = photo
        self.cache.hold(session)
        yield {"photo": Image.open(path)}
        yield from self.on_network(session, number, controls, *values)

    def on_network(
        self, session: Session, number: float, controls: Controls, *values: str
    ) -> Iterator[Values]:
        """Another network is to see both photos."""
        session.requests.choose(TAB, number, Choice(*values))
        choice: Choice = session.requests.value(TAB)
        run, asked = session.requests.start(PHOTOS), session.asked
        if asked is None:
            return
        try:
            yield from self._photos(session.other, asked, choice, controls.strength, run)
        except Exception:
            log.exception("Two photos could not be compared.")
            if run.holds():
                yield {"photos": SORRY}

    def _cells(
        self,
        asked: ExplanationRequest,
        photo: Photo,
        method: str,
        names: Sequence[str],
        run: Run,
        part: str,
    ) -> Iterator[dict[str, Cell]]:
        """A cell for each network, again and again as their maps come; ends early once they are unwanted."""
        chosen = {name: self.networks[name] for name in names}
        cells = {
            name: Cell(network.title, photo, network.classify(photo), note=WAITING)
            for name, network in chosen.items()
        }
        yield dict(cells)
        for name, network in chosen.items():
            drawn_at = monotonic()
            try:
                for map in network.refine(photo, method, asked):
                    if not run.holds(part):
                        return
                    note = so_far(MethodMaps(METHODS[method], {name: map}, {}, finished=False))
                    if note and monotonic() - drawn_at > PACE:
                        yield cells | {name: replace(cells[name], map=map, note=note)}
                        drawn_at = monotonic()
                cells[name] = replace(cells[name], map=map, note="")
            except Exception as error:
                note = failure(f"{METHODS[method].title} of {name}", error)
                cells[name] = replace(cells[name], note=note, failed=True)
            yield dict(cells)

    def _photos(
        self, other: Photo | None, asked: ExplanationRequest, choice: Choice, strength: float, run: Run
    ) -> Iterator[Values]:
        """Both photos as one network sees them, as its maps come."""
        if other is None:
            if run.holds(PHOTOS):
                yield {"photos": SECOND}
            return
        first, second = (
            self._cells(asked, photo, choice.method, [choice.one], run, PHOTOS)
            for photo in (asked.photo, other)
        )
        *_, done = first
        for cells in second:
            both = {
                "first": replace(done[choice.one], title="This photo"),
                "second": replace(cells[choice.one], title="Second photo"),
            }
            drawn = grid(
                both, cards_of(both, asked), asked.target, METHODS[choice.method], strength, photos=True
            )
            if not run.holds(PHOTOS):
                return
            yield {"photos": drawn}


def _pair(cells: Mapping[str, Cell], choice: Choice, asked: ExplanationRequest, strength: float) -> Markup:
    if choice.left == choice.right:
        return untested(SAME)
    row = cards_of(cells, asked)
    for name in (choice.left, choice.right):
        if name not in row.cards:
            return untested(cells[name].note or FAILED)
    return pair(cells[choice.left], cells[choice.right], row, (choice.left, choice.right), strength)
