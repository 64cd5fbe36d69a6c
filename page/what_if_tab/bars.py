"""Paired bars: the probabilities of one network before and after, class by class, and what changed."""

from collections.abc import Mapping
from html import escape

from carmodel.network import CLASSES
from explain.what_if import Change
from explain.words import named, percent, signed

LEAST = 0.5  # percentage points; less is no change to a reader of whole points


def columns(found: Mapping[str, Change], mode: str) -> str:
    """A column each for 75 px, 100 px and the ensemble `mode`, side by side."""
    titles = {"75": "75 px", "100": "100 px", mode: f"Ensemble: {mode}"}
    return f'<div class="paired">{"".join(paired(titles[name], found[name]) for name in titles)}</div>'


def paired(title: str, change: Change) -> str:
    """One network's bars: before pale, after strong; above them the verdict, highlighted if it changed."""
    rows = zip(CLASSES, change.before.probabilities, change.after.probabilities, change.points, strict=True)
    return (
        f'<div class="column"><h4>{escape(title)} {_verdict(change)}</h4>'
        f'<ul class="pairs">{"".join(_row(*row, change) for row in rows)}</ul></div>'
    )


def _verdict(change: Change) -> str:
    before, after = named(change.before.verdict), named(change.after.verdict)
    if change.other_verdict:
        return f'<mark class="other">{before} → {after}</mark>'
    return f'<span class="same">{after}</span>'


def _row(label: str, before: float, after: float, points: float, change: Change) -> str:
    top = " class=top" if label == change.after.verdict else ""
    moved = signed(points, 0) if abs(points) >= LEAST else "0"
    sense = "" if moved == "0" else " class=more" if points > 0 else " class=less"
    return (
        f"<li{top}><span>{named(label)}</span>"
        f'<i style="--before:{100 * before:.1f}%;--after:{100 * after:.1f}%"></i>'
        f'<b><small class="before">{escape(percent(before))}</small>'
        f'<span class="arrow" aria-label="then">→</span>{escape(percent(after))}</b>'
        f'<em{sense} aria-label="{moved} percentage points">{moved}</em></li>'
    )
