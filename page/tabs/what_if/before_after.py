"""From a photo and its edited version to rows of maps as they fill, those of the photo before first."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import monotonic

from markupsafe import Markup

from carmodel.ensemble import SPOKEN
from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.report.text import target_name
from explain.request import ExplanationRequest, explained
from page.controls import Controls
from page.markup import going_on
from page.progress import PACE, WAITING, computing, failure, so_far
from page.tabs.what_if.before_after_row import AFTER, BEFORE, BeforeAfter, BeforeAfterRow, draw_row


def rows(
    explainer: Explainer,
    asked: ExplanationRequest,
    of: BeforeAfter,
    controls: Controls,
    still_wanted: Callable[[], bool],
) -> Iterator[dict[str, Markup]]:
    """What changes on the tab, by "heading" and method. Stops without a word once unwanted.

    Maps of the photo before that are known are there at once. All maps explain the request's target. A method
    that fails says so in its row, and the others go on.
    """
    after = replace(asked, photo=of.edited, digest=of.edited.digest)

    def draw(row: BeforeAfterRow) -> dict[str, Markup]:
        return {row.method.name: draw_row(row, of, controls.look(asked))}

    settings = asked.target, asked.reference, asked.tolerance, asked.engine
    now, step = {}, {"heading": _heading(asked, next(iter(METHODS)))}
    for name, method in METHODS.items():
        finished = explainer.finished(of.photo, name, *settings)
        missing = of.missing(explainer.obstacles(name, asked.engine))
        now[name] = BeforeAfterRow(method, of.columns(finished, BEFORE), note=WAITING, missing=missing)
        step |= draw(now[name])
    yield step
    for name, row in now.items():
        yield {"heading": _heading(asked, name)}
        drawn_at = 0.0
        for when, request in ((BEFORE, asked), (AFTER, after)):
            for maps in explained(explainer, request, [name]):
                if not still_wanted():
                    return
                if maps.error:
                    note = failure(row.method.title, maps.error)
                    row = BeforeAfterRow(row.method, note=note, failed=True)
                    break
                row = replace(row, note=so_far(maps) or row.note).with_maps(when, of.columns(maps.maps, when))
                if so_far(maps) and monotonic() - drawn_at > PACE:
                    yield draw(row)
                    drawn_at = monotonic()
            if row.failed:
                break
        yield draw(row if row.failed else replace(row, note=""))
    yield {"heading": _heading(asked)}


def _heading(asked: ExplanationRequest, method: str = "") -> Markup:
    """What the maps explain, and the method that is being computed, if any."""
    progress = computing(METHODS[method].title) if method else ""
    return Markup(
        '<div class="reading"><div><h2>What the maps do</h2><p>Before and after, why {}: '
        "what speaks for {} and what against, on one scale.</p></div>{}</div>"
    ).format(target_name(asked.target), SPOKEN[asked.target.toward], going_on(progress))
