"""What happens on the Trust tab, and under the maps once they are all there: tests, in the background."""

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup
from torch import Tensor

from explain.door import METHODS, Attribution
from explain.evidence.regions import load_parts
from explain.explainer import Explainer
from explain.report.report import row
from page import examples
from page.markup import going_on, untested
from page.session import Session, Subject
from page.tabs.explain.evidence import Evidences, Found, lines
from page.tabs.explain.grid import Row
from page.tabs.explain.stream import Controls, draw, heading
from page.tabs.trust import blocks, curves, regions, sanity, stability

log = logging.getLogger(__name__)

SKIP = gr.skip()
RUN, STOP = "Run the test", "Stop"
UNTESTED = "Something went wrong on our side; the maps could not be tested."
SORRY = "Something went wrong on our side; please run the test again."
PANELS = ("about", "faithfulness", "regions", "sanity", "stability")  # of the tab, in their order


def waiting(subject: Subject | None) -> tuple[Markup, ...]:
    """The tab's panels before anything is known of a new subject."""
    if subject is None:
        return blocks.about(None), *(Markup(),) * 4
    coming = untested("The maps come first; they are tested as soon as they are all there.")
    return blocks.about(subject.target, "Computing the maps …"), coming, coming, Markup(), Markup()


class TrustHandlers:
    """The handlers of tests, for `explainers` by kind. Everything runs behind the making of maps."""

    def __init__(self, explainers: Mapping[str, Explainer], evidences: Evidences) -> None:
        self.explainers = explainers
        self.evidences = evidences

    def on_maps(self, session: Session, *controls: object) -> Iterator[tuple[Any, ...]]:
        """The maps of a request are all there: yields heading, rows, and the Trust tab's first three panels.

        A newer request ends it, and a second call for the same one changes nothing. Where the photo was
        removed meanwhile it clears the panels: what was on its way may have arrived after they were cleared.
        """
        this, subject = session.newest, session.subject
        if subject and session.mapped == this and session.tested != this:
            session.tested = this
            try:
                wanted = partial(session.is_newest, this)
                yield from self._tests(subject, session.example, Controls(*controls), wanted)
            except Exception:
                log.exception("The maps could not be tested.")
                if session.is_newest(this):
                    about = heading(subject.target, UNTESTED), blocks.about(subject.target)
                    yield about[0], *(SKIP,) * len(METHODS), about[1], untested(UNTESTED), SKIP
        if session.subject is None:
            yield *("",) * (1 + len(METHODS)), *waiting(None)[:3]

    def on_sanity(self, session: Session) -> Iterator[tuple[Any, Any]]:
        """The button of the randomisation test was pressed: yields its panel and the button."""
        yield from self._pressed("sanity", session, sanity.steps, sanity.block)

    def on_stability(self, session: Session) -> Iterator[tuple[Any, Any]]:
        """The button of the stability test was pressed: yields its panel and the button."""
        yield from self._pressed("stability", session, stability.changes, stability.block)

    def _tests(
        self, subject: Subject, example: str | None, controls: Controls, wanted: Callable[[], bool]
    ) -> Iterator[tuple[Any, ...]]:
        explainer = self.explainers[subject.kind]
        maps = _maps(explainer, subject)
        decided_by = explainer.classify(subject.photo).predictions[controls.mode].decided_by
        weights = regions.block(maps, subject.detail, *_parts(example))
        drawn: dict[str, Markup] = {}
        rows = [SKIP] * len(METHODS)
        for step, found in enumerate(
            self.evidences.test(subject, explainer, maps, decided_by is None, wanted)
        ):
            finished = [name for name, tests in found.items() if tests.keys() == maps.keys()]
            for name in finished:
                if name in blocks.NETWORKS and name not in drawn:
                    drawn[name] = curves.network(name, found[name], subject.target)
            progress = "" if len(finished) == len(found) else _progress(found, finished)
            block = curves.block(found, drawn, subject.target)
            if step or not progress:  # what was known at first was drawn with the maps
                rows = self._rows(subject, controls, maps, decided_by, found)
            if not wanted():  # it may have been replaced while this was being drawn
                return
            yield (
                heading(subject.target, progress),
                *rows,
                blocks.about(subject.target, progress),
                block,
                weights,
            )

    def _rows(
        self,
        subject: Subject,
        controls: Controls,
        maps: Mapping[str, Mapping[str, Attribution]],
        decided_by: int | None,
        found: Found,
    ) -> list[Any]:
        """The rows with what was found under their maps; a row without maps stays as it is."""
        return [
            draw(
                Row(
                    method,
                    row(maps[method], controls.mode, decided_by),
                    decided_by=decided_by,
                    tests=lines(found, method, controls.mode, decided_by),
                ),
                subject.photo,
                controls,
            )
            if method in maps
            else SKIP
            for method in METHODS
        ]

    def _pressed(
        self, name: str, session: Session, states: Callable[..., Iterator[Any]], block: Callable[..., Markup]
    ) -> Iterator[tuple[Any, Any]]:
        """Runs a long test or, if it is running, stops it; another subject stops it as well."""
        subject, this = session.subject, object()
        if subject is None or session.running.pop(name, None):
            return
        session.running[name] = this

        def runs() -> bool:
            return session.running.get(name) is this and session.subject == subject

        state: Any = None
        try:
            yield going_on("Beginning …"), gr.Button(STOP)
            for state in states(subject, self.explainers[subject.kind], self.evidences.background, runs):
                if not runs():
                    break
                yield block(state), SKIP
            stopped = session.running.get(name) is not this
            shown = block(state, True) if stopped and state else untested("Stopped.") if stopped else SKIP
        except Exception:
            log.exception("The test %s failed.", name)
            shown = untested(SORRY)
        if session.running.get(name) is this:
            del session.running[name]
        elif name in session.running:  # stopped and begun anew meanwhile
            return
        yield shown if session.subject == subject else SKIP, gr.Button(RUN)


def _maps(explainer: Explainer, subject: Subject) -> dict[str, dict[str, Attribution]]:
    """Method -> "75" and "100" -> map, all kept by now; without a method that failed, as its row says."""
    found = {}
    for method in METHODS:
        try:
            *_, found[method] = explainer.refine(
                subject.photo, method, subject.target, subject.reference, subject.tolerance
            )
        except Exception:
            log.exception("%s cannot be tested.", method)
    return found


def _parts(example: str | None) -> tuple[Tensor | None, bool]:
    """The parts of an example picture, and whether they are not all told apart."""
    if example is None:
        return None, False
    path, coarse = examples.mask(example)
    return load_parts(path), coarse


def _progress(found: Found, finished: list[str]) -> str:
    names = ["the ensemble" if name == "average" else f"{name} px" for name in found if name not in finished]
    return f"Testing the maps of {', '.join(names)} …"
