"""From a photo and its edited version to rows of maps as they fill, those of the photo before first."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from time import monotonic

from carmodel.ensemble import SPOKEN
from explain.attribution import METHODS, Attribution
from explain.explainer import Explainer
from explain.words import METHOD_NAMES, target_name
from page.explain_tab.stream import FAILED, PACE, so_far
from page.visit import Subject
from page.what_if_tab import pairs

log = logging.getLogger(__name__)


def rows(
    explainer: Explainer,
    subject: Subject,
    of: pairs.Sides,
    strength: float,
    before: dict[str, Mapping[str, Attribution]],
    wanted: Callable[[], bool],
) -> Iterator[dict[str, str]]:
    """What changes on the tab, as HTML by "heading" and method. Stops without a word once unwanted.

    `before` holds the maps of the photo before that are known, by method, and is filled. All maps explain
    the subject's target. A method that fails says so in its row, and the others go on.
    """

    def draw(this: pairs.Pairs) -> str:
        return pairs.row(this, of, subject.detail, strength)

    now = {
        method: pairs.Pairs(
            method, of.columns(before[method], after=False) if method in before else {}, note="Waiting"
        )
        for method in METHODS
    }
    yield {method: draw(each) for method, each in now.items()} | {"heading": _heading(subject, METHODS[0])}
    for method, this in now.items():
        yield {"heading": _heading(subject, method)}
        shown_at = 0.0
        try:
            for after, photo in enumerate((of.photo, of.edited)):
                side = "after" if after else "before"
                settings = subject.target, subject.reference, subject.tolerance
                for maps in explainer.refine(photo, method, *settings):
                    if not wanted():
                        return
                    this = replace(this, note=so_far(maps), **{side: of.columns(maps, bool(after))})
                    if this.note and monotonic() - shown_at > PACE:
                        yield {method: draw(this)}
                        shown_at = monotonic()
                if not after:
                    before[method] = maps
            shown = draw(replace(this, note=""))
        except Exception:
            log.exception("%s of an edited photo failed.", method)
            shown = draw(pairs.Pairs(method, note=FAILED, failed=True))
        yield {method: shown}
    yield {"heading": _heading(subject)}


def _heading(subject: Subject, method: str = "") -> str:
    """What the maps explain, and the method that is being computed, if any."""
    progress = f"Computing {METHOD_NAMES[method]} …" if method else ""
    return (
        '<div class="reading"><div><h2>What the maps do</h2>'
        f"<p>Before and after, why {target_name(subject.target)}: "
        f"what speaks for {SPOKEN[subject.target.toward]} and what against, on one scale.</p></div>"
        f'<p class="progress" role="status">{progress}</p></div>'
    )
