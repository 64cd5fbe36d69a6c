"""From a request to the Explain tab's panels as they fill: prediction first, then maps."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from time import monotonic

from markupsafe import Markup

from carmodel.ensemble import SPOKEN
from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.report.cards import column_titles
from explain.report.text import target_name
from explain.request import ExplanationRequest, MethodMaps, column_names, explained
from explain.target import Target
from page.controls import Controls
from page.evidence import Found, evidence_lines
from page.map_card import MethodRow, method_row
from page.markup import going_on
from page.progress import PACE, WAITING, computing, failure, so_far
from page.tabs.explain.verdict import verdict


def panels(
    explainer: Explainer,
    asked: ExplanationRequest,
    controls: Controls,
    still_wanted: Callable[[], bool] = lambda: True,
    evidence: Found | None = None,
) -> Iterator[dict[str, Markup]]:
    """What changes on the tab, by "verdict", "heading" and method. Stops without a word once unwanted.

    Under finished maps stands the `evidence` that tests found, or nothing if that is None. A method that
    fails says so in its row, and the others go on.
    """
    titles = _titles(explainer, asked)
    rows = {name: MethodRow(method, titles, note=WAITING) for name, method in METHODS.items()}

    def draw(row: MethodRow) -> dict[str, Markup]:
        return {row.method.name: method_row(row, asked.photo, controls.look(asked))}

    classification = explainer.classify(asked.photo)
    step = {"verdict": verdict(asked.photo, classification, asked.ensemble)}
    for row in rows.values():
        step |= draw(row)
    busy, drawn_at = next(iter(rows)), 0.0
    yield step | {"heading": _busy(asked.target, busy)}
    for maps in explained(explainer, asked):
        if not still_wanted():
            return
        name = maps.method.name
        step = {} if name == busy else {"heading": _busy(asked.target, name)}
        busy = name
        if maps.finished:
            yield step | draw(_finished(rows[name], maps, asked, evidence))
        elif (note := so_far(maps)) and monotonic() - drawn_at > PACE:
            yield step | draw(replace(rows[name], maps=maps.columns, missing=maps.missing, note=note))
            drawn_at = monotonic()
        elif step:
            yield step
    yield {"heading": heading(asked.target)}


def _finished(row: MethodRow, maps: MethodMaps, asked: ExplanationRequest, tests: Found | None) -> MethodRow:
    if maps.error:
        return replace(row, note=failure(maps.method.title, maps.error), failed=True)
    lines = {} if tests is None else evidence_lines(tests, maps.method.name, asked)
    return replace(row, maps=maps.columns, missing=maps.missing, note="", tests=lines)


def _titles(explainer: Explainer, asked: ExplanationRequest) -> dict[str, tuple[str, str]]:
    """What stands over the columns of every row."""
    return column_titles(column_names(list(explainer.networks), asked.ensemble), asked.decided_by)


def finished_rows(
    explainer: Explainer,
    rows: Mapping[str, MethodMaps],
    asked: ExplanationRequest,
    controls: Controls,
    evidence: Found,
) -> dict[str, Markup]:
    """The rows of finished maps with what was found about them, by method."""
    titles, look = _titles(explainer, asked), controls.look(asked)
    return {
        name: method_row(_finished(MethodRow(maps.method, titles), maps, asked, evidence), asked.photo, look)
        for name, maps in rows.items()
    }


def heading(target: Target, progress: str = "") -> Markup:
    """What the maps explain, how their colours read, and what is being computed, if anything."""
    against = f"for {SPOKEN[target.against]}" if target.against else "against it"
    return Markup(
        '<div class="reading"><div><h2>Why {}?</h2>'
        "<p><b class=for>Red</b> speaks for {}, <b class=against>blue</b> {}.</p></div>{}</div>"
    ).format(target_name(target), SPOKEN[target.toward], against, going_on(progress))


def _busy(target: Target, method: str) -> Markup:
    return heading(target, computing(METHODS[method].title))
