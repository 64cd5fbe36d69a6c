"""From a photo and its edited version to rows of maps as they fill, those of the photo before first."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import monotonic

from markupsafe import Markup

from carmodel.ensemble import SPOKEN
from explain.door import METHODS
from explain.explainer import Explainer
from explain.report.text import METHOD_NAMES, target_name
from page.markup import going_on
from page.session import Subject
from page.tabs.explain.stream import FAILED, PACE, so_far
from page.tabs.what_if import pairs

log = logging.getLogger(__name__)


def rows(
    explainer: Explainer,
    subject: Subject,
    of: pairs.Sides,
    strength: float,
    wanted: Callable[[], bool],
) -> Iterator[dict[str, Markup]]:
    """What changes on the tab, by "heading" and method. Stops without a word once unwanted.

    Maps of the photo before that are known are there at once. All maps explain the subject's target. A method
    that fails says so in its row, and the others go on.
    """

    def draw(this: pairs.Pairs) -> Markup:
        return pairs.row(this, of, subject.detail, strength)

    settings = subject.target, subject.reference, subject.tolerance
    known = {method: explainer.known(of.photo, method, *settings) for method in METHODS}
    now = {
        method: pairs.Pairs(method, of.columns(maps, after=False) if maps else {}, note="Waiting")
        for method, maps in known.items()
    }
    yield {method: draw(each) for method, each in now.items()} | {"heading": _heading(subject, METHODS[0])}
    for method, this in now.items():
        yield {"heading": _heading(subject, method)}
        shown_at = 0.0
        try:
            for after, photo in enumerate((of.photo, of.edited)):
                side = "after" if after else "before"
                for maps in explainer.refine(photo, method, *settings):
                    if not wanted():
                        return
                    this = replace(this, note=so_far(maps), **{side: of.columns(maps, bool(after))})
                    if this.note and monotonic() - shown_at > PACE:
                        yield {method: draw(this)}
                        shown_at = monotonic()
            shown = draw(replace(this, note=""))
        except Exception:
            log.exception("%s of an edited photo failed.", method)
            shown = draw(pairs.Pairs(method, note=FAILED, failed=True))
        yield {method: shown}
    yield {"heading": _heading(subject)}


def _heading(subject: Subject, method: str = "") -> Markup:
    """What the maps explain, and the method that is being computed, if any."""
    progress = f"Computing {METHOD_NAMES[method]} …" if method else ""
    return Markup(
        '<div class="reading"><div><h2>What the maps do</h2><p>Before and after, why {}: '
        "what speaks for {} and what against, on one scale.</p></div>{}</div>"
    ).format(target_name(subject.target), SPOKEN[subject.target.toward], going_on(progress))
