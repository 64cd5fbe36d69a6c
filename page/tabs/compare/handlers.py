"""What happens on the Compare tab: another subject, another choice, a second photo, and its endpoint."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

import gradio as gr
from markupsafe import Markup
from PIL import Image

from carmodel.photo import Photo, PhotoError, read_photo
from explain.explainer import Explainer
from explain.networks import members
from explain.report.render import upright
from explain.report.report import scale_of
from page import examples
from page.markup import notice, untested
from page.photo_input import stand_in
from page.session import Session, Subject
from page.tabs.compare import agreement
from page.tabs.compare.grid import Cell, grid, heading, progress, shown_maps
from page.tabs.compare.swipe import SAME, pair
from page.tabs.explain.stream import FAILED, PACE, Controls, so_far

log = logging.getLogger(__name__)

SKIP = gr.skip()
SORRY = notice("Something went wrong on our side; please try again.")
WELCOME = Markup(
    '<section class="card welcome nothing"><h2>Give a photo of a car</h2>'
    "<p>You will see what every network says about it, which parts of it each relied on, and where they "
    "differ.</p></section>"
)
SECOND = untested("Choose an example, or give another photo.")
PARTS = ("grid", "pair", "photos")  # of the tab, each drawn by requests of its own


class CompareHandlers:
    """The handlers of the Compare tab, for the networks of `explainers`; the first is that of a pair.

    Each is given the Session, the page's controls and the tab's own: method, the two networks of the slider,
    and the network that sees both photos. A newer request for the same part of the tab stops the older.
    """

    def __init__(self, explainers: Sequence[Explainer]) -> None:
        self.members = members(explainers)
        self.cache = explainers[0].cache

    def refresh(self, session: Session, *given: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        """Another subject or method: yields heading, grid, agreement, slider, and both photos.

        What is shown already is only redrawn, in one step.
        """
        wanted = _claim(session, *PARTS)
        subject = session.subject
        if subject is None:
            session.compared = None
            yield WELCOME, *("",) * 4
            return
        controls, (method, first, second, one) = Controls(*given[:-4]), given[-4:]
        method = session.method or method
        known = session.compared == (subject, method)
        session.compared = session.compared if known else None
        others = (SKIP if known else "",) * 3  # the panels of the subject before are cleared, once
        try:
            for cells in self._cells(subject.photo, subject, method, self.members, wanted["grid"]):
                if known and progress([*cells.values()]):
                    continue
                maps = shown_maps(cells, subject.detail)
                drawn = grid(cells, maps, subject.target, method, subject.tolerance, controls.strength)
                if not wanted["grid"]():
                    return
                yield heading([*cells.values()], subject.target), drawn, *others
                others = (SKIP,) * 3
            if not wanted["grid"]():
                return
            session.compared = subject, method
            yield SKIP, SKIP, agreement.block(maps), SKIP, SKIP
            if wanted["pair"]():
                yield *(SKIP,) * 3, _pair(cells, first, second, subject.detail, controls.strength), SKIP
            for drawn in self._photos(
                session.other, subject, method, one, controls.strength, wanted["photos"]
            ):
                yield *(SKIP,) * 4, drawn
        except Exception:
            log.exception("The networks could not be compared.")
            if wanted["grid"]():
                yield SORRY, *(SKIP,) * 4

    def on_method(self, session: Session, *given: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        """Another method: yields what `refresh` does. A request from before the choice may come after it."""
        session.method = given[-4]
        yield from self.refresh(session, *given)

    def on_pair(self, session: Session, *given: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
        """Other networks of the slider: yields it, and nothing else."""
        wanted, subject = _claim(session, "pair")["pair"], session.subject
        if subject is None:
            return
        method, first, second, _ = given[-4:]
        try:
            *_, cells = self._cells(subject.photo, subject, method, self.members, wanted)
            drawn = _pair(cells, first, second, subject.detail, Controls(*given[:-4]).strength)
        except Exception:
            log.exception("Two networks could not be compared.")
            drawn = SORRY
        if wanted():
            yield drawn, SKIP

    def on_photo(self, path: str | None, session: Session, *given: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
        """A second photo was given or (None) removed: yields what to show of it, and both photos."""
        try:
            session.other = read_photo(path) if path else None
            self.cache.hold(session)
        except PhotoError as error:
            yield upright(session.other) if session.other else None, notice(str(error))
            return
        yield (stand_in(session.other, path) or SKIP) if path else SKIP, SKIP
        yield from self.on_network(session, *given)

    def on_example(self, event: gr.EventData, session: Session, *given: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
        """An example picture was chosen as the second photo: yields it, and both photos."""
        path = examples.path(event.file)
        session.other = read_photo(path)
        self.cache.hold(session)
        yield Image.open(path), SKIP
        yield from self.on_network(session, *given)

    def on_network(self, session: Session, *given: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
        """Another network is to see both photos: yields nothing of the second one, and both as seen."""
        wanted, subject = _claim(session, "photos")["photos"], session.subject
        if subject is None:
            return
        method, _, _, one = given[-4:]
        strength = Controls(*given[:-4]).strength
        try:
            for drawn in self._photos(session.other, subject, method, one, strength, wanted):
                yield SKIP, drawn
        except Exception:
            log.exception("Two photos could not be compared.")
            if wanted():
                yield SKIP, SORRY

    def _cells(
        self,
        photo: Photo,
        subject: Subject,
        method: str,
        names: Sequence[str] | Mapping[str, Any],
        wanted: Callable[[], bool],
    ) -> Iterator[dict[str, Cell]]:
        """A cell for each network, again and again as their maps come; ends early once not `wanted`."""
        chosen = {name: self.members[name] for name in names}
        cells = {
            name: Cell(member.title, photo, member.classify(photo), note="Waiting")
            for name, member in chosen.items()
        }
        yield dict(cells)
        for name, member in chosen.items():
            drawn_at = monotonic()
            try:
                for map in member.refine(photo, method, subject.target, subject.reference, subject.tolerance):
                    if not wanted():
                        return
                    if monotonic() - drawn_at > PACE and (note := so_far({name: map})):
                        yield cells | {name: replace(cells[name], map=map, note=note)}
                        drawn_at = monotonic()
                cells[name] = replace(cells[name], map=map, note="")
            except Exception:
                log.exception("%s of %s failed.", method, name)
                cells[name] = replace(cells[name], note=FAILED, failed=True)
            yield dict(cells)

    def _photos(
        self,
        other: Photo | None,
        subject: Subject,
        method: str,
        one: str,
        strength: float,
        wanted: Callable[[], bool],
    ) -> Iterator[Markup]:
        """Both photos as one network sees them, as its maps come."""
        if other is None:
            if wanted():
                yield SECOND
            return
        first, second = (
            self._cells(photo, subject, method, [one], wanted) for photo in (subject.photo, other)
        )
        *_, done = first
        for cells in second:
            both = {
                "first": replace(done[one], title="This photo"),
                "second": replace(cells[one], title="Second photo"),
            }
            maps = shown_maps(both, subject.detail)
            drawn = grid(both, maps, subject.target, method, subject.tolerance, strength, photos=True)
            if not wanted():
                return
            yield drawn


def _claim(session: Session, *parts: str) -> dict[str, Callable[[], bool]]:
    """For each part whether this request is still the last one that draws it, of the page's newest."""
    this, number = object(), session.newest
    session.drawing.update(dict.fromkeys(parts, this))

    def wanted(part: str) -> bool:
        return session.drawing[part] is this and session.is_newest(number)

    return {part: lambda part=part: wanted(part) for part in parts}


def _pair(cells: Mapping[str, Cell], first: str, second: str, detail: str, strength: float) -> Markup:
    maps = shown_maps(cells, detail)
    if first == second:
        return untested(SAME)
    if not {first, second} <= maps.keys():
        return untested(FAILED)
    return pair(cells[first], cells[second], (maps[first], maps[second]), scale_of(maps), strength)
