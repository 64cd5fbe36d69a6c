"""What happens on the Trust tab: the tests of a photo's maps, in the background."""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import gradio as gr
from markupsafe import Markup
from torch import Tensor

from explain.evidence.regions import load_parts
from explain.explainer import Explainer
from explain.request import ExplanationRequest, explained
from page import examples
from page.controls import Controls
from page.evidence import Evidences, tested_methods
from page.lazy_tabs import Values
from page.markup import going_on, untested
from page.progress import still_tested
from page.session import Session
from page.tabs.trust import blocks, curves, regions, sanity, stability

log = logging.getLogger(__name__)

TAB = "trust"  # among what tabs show
RUN, STOP = "Run the test", "Stop"
UNTESTED = "Something went wrong on our side; the maps could not be tested."
SORRY = "Something went wrong on our side; please run the test again."
COMING = "The maps come first; they are tested as soon as they are all there."


class TrustHandlers:
    """The handlers of tests, for `explainers` by kind. Everything runs behind the making of maps.

    They yield values of "about", of each test's panel by its name and, of those that take long, its button.
    """

    def __init__(self, explainers: Mapping[str, Explainer], evidences: Evidences) -> None:
        self.explainers = explainers
        self.evidences = evidences

    def refresh(self, session: Session, number: float, controls: Controls) -> Iterator[Values]:
        """There is another request, or none: the tests that run by themselves."""
        asked, run = session.asked, session.requests.start(TAB)
        if asked is None:
            session.drawn.pop(TAB, None)
            yield {"about": blocks.about(None), **dict.fromkeys(blocks.TESTS, "")}
            return
        if session.drawn.get(TAB) != asked:
            session.drawn[TAB] = asked
            about = blocks.about(asked.target, "Computing the maps …")
            yield {"about": about, **dict.fromkeys(blocks.TESTS, ""), "faithfulness": untested(COMING)}
        try:
            for step in self._tests(asked, session.example, run.holds):
                if not run.holds():  # it may have been replaced while this was being drawn
                    return
                yield step
        except Exception:
            log.exception("The maps could not be tested.")
            if run.holds():
                yield {"about": blocks.about(asked.target), "faithfulness": untested(UNTESTED)}

    def on_sanity(self, session: Session, number: float, controls: Controls) -> Iterator[Values]:
        """The button of the randomisation test was pressed."""
        yield from self._pressed("sanity", session, sanity.steps, sanity.block)

    def on_stability(self, session: Session, number: float, controls: Controls) -> Iterator[Values]:
        """The button of the stability test was pressed."""
        yield from self._pressed("stability", session, stability.changes, stability.block)

    def _tests(
        self, asked: ExplanationRequest, example: str | None, still_wanted: Callable[[], bool]
    ) -> Iterator[Values]:
        explainer = self.explainers[asked.kind]
        rows = {}
        for row in explained(explainer, asked):
            if not still_wanted():
                return
            if row.finished and not row.error:
                rows[row.method.name] = row
        weights = regions.block(
            {name: row.maps for name, row in rows.items()}, asked.smoothing, *_parts(example)
        )
        drawn: dict[str, Markup] = {}
        networks = list(explainer.networks)
        missing = dict.fromkeys(
            row.missing[name] for row in rows.values() for name in networks if name in row.missing
        )
        for evidence in self.evidences.test(explainer, asked, rows, still_wanted):
            for name in networks:
                if name not in drawn and evidence[name].keys() == {*tested_methods(rows, name)}:
                    drawn[name] = curves.network(name, evidence[name], asked.target)
            yield {
                "about": blocks.about(asked.target, still_tested(evidence, rows), missing),
                "faithfulness": curves.block(evidence, drawn, asked.target, networks),
                "regions": weights,
            }

    def _pressed(
        self, name: str, session: Session, states: Callable[..., Iterator[Any]], block: Callable[..., Markup]
    ) -> Iterator[Values]:
        """Runs a long test or, if it is running, stops it; another request stops it as well."""
        asked = session.asked
        if asked is None or session.requests.stop(name):
            return
        run, button = session.requests.start(name), f"{name}_button"

        def runs() -> bool:
            return session.requests.runs.get(name) == run.number and session.asked == asked

        state: Any = None
        outcome: Markup | None = None
        try:
            yield {name: going_on("Beginning …"), button: gr.Button(STOP)}
            for state in states(asked, self.explainers[asked.kind], self.evidences.background, runs):
                if not runs():
                    break
                yield {name: block(state)}
            if session.requests.runs.get(name) != run.number:
                outcome = block(state, True) if state else untested("Stopped.")
        except Exception:
            log.exception("The test %s failed.", name)
            outcome = untested(SORRY)
        if session.requests.runs.get(name, run.number) != run.number:  # stopped and begun anew meanwhile
            return
        session.requests.stop(name)
        yield {button: gr.Button(RUN)} | ({name: outcome} if outcome and session.asked == asked else {})


def _parts(example: str | None) -> tuple[Tensor | None, bool]:
    """The parts of an example picture, and whether they are not all told apart."""
    if example is None:
        return None, False
    path, coarse = examples.mask(example)
    return load_parts(path), coarse
