"""Paired bars: the probabilities of one network before and after, class by class, and what changed."""

from collections.abc import Mapping

from markupsafe import Markup

from carmodel.network import CLASSES
from explain.report.text import named, percent, signed
from explain.what_if.effect import Change

LEAST = 0.5  # percentage points; less is no change to a reader of whole points


def columns(found: Mapping[str, Change], mode: str) -> Markup:
    """A column each for 75 px, 100 px and the ensemble `mode`, side by side."""
    titles = {"75": "75 px", "100": "100 px", mode: f"Ensemble: {mode}"}
    columns = (paired(title, found[name]) for name, title in titles.items())
    return Markup('<div class="paired">{}</div>').format(Markup().join(columns))


def paired(title: str, change: Change) -> Markup:
    """One network's bars: before pale, after strong; above them the verdict, highlighted if it changed."""
    rows = zip(CLASSES, change.before.probabilities, change.after.probabilities, change.points, strict=True)
    return Markup('<div class="column"><h4>{} {}</h4><ul class="pairs">{}</ul></div>').format(
        title, _verdict(change), Markup().join(_row(*row, change) for row in rows)
    )


def _verdict(change: Change) -> Markup:
    before, after = named(change.before.verdict), named(change.after.verdict)
    if change.other_verdict:
        return Markup('<mark class="other">{} → {}</mark>').format(before, after)
    return Markup('<span class="same">{}</span>').format(after)


def _row(label: str, before: float, after: float, points: float, change: Change) -> Markup:
    top = " class=top" if label == change.after.verdict else ""
    moved = signed(points, 0) if abs(points) >= LEAST else "0"
    sense = "" if moved == "0" else " class=more" if points > 0 else " class=less"
    return Markup(
        "<li{top}><span>{name}</span>"
        '<i style="--before:{before:.1f}%;--after:{after:.1f}%"></i>'
        '<b><small class="before">{was}</small><span class="arrow" aria-label="then">→</span>{now}</b>'
        '<em{sense} aria-label="{moved} percentage points">{moved}</em></li>'
    ).format(
        top=top,
        name=named(label),
        before=100 * before,
        after=100 * after,
        was=percent(before),
        now=percent(after),
        sense=sense,
        moved=moved,
    )
