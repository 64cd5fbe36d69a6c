"""Probabilities as bars, class by class: of one prediction, of two beside each other, and of a change."""

from markupsafe import Markup

from carmodel.ensemble import Prediction
from carmodel.network import CLASSES
from explain.report.text import named, network_name, percent, signed
from explain.what_if.effect import Change, Changes

LEAST = 0.5  # percentage points; less is no change to a reader of whole points


def bars(prediction: Prediction) -> Markup:
    """The probabilities of all classes as list items, the largest one marked."""
    return Markup().join(
        Markup('<li{}><span>{}</span><i style="--from:0%;--to:{:.1f}%"></i><b>{}</b></li>').format(
            " class=top" if label == prediction.verdict else "",
            named(label),
            100 * probability,
            percent(probability),
        )
        for label, probability in zip(CLASSES, prediction.probabilities, strict=True)
    )


def difference_bars(first: Prediction, second: Prediction) -> Markup:
    """How much more the first gives to each class, as bars to the right, or less, to the left."""
    pairs = zip(CLASSES, first.probabilities, second.probabilities, strict=True)
    return Markup().join(_difference(label, a - b) for label, a, b in pairs)


def _difference(label: str, change: float) -> Markup:
    # The bar runs from the middle (0) to the right for +100 points and to the left for −100.
    low, high = sorted((50.0, 50 + 50 * change))
    return Markup(
        '<li class="change"><span>{}</span><i style="--from:{:.1f}%;--to:{:.1f}%"></i><b>{}</b></li>'
    ).format(named(label), low, high, signed(100 * change, 0))


def paired_columns(moved: Changes, ensemble: str) -> Markup:
    """A column for each network and for the ensemble, before and after, side by side."""
    titles = {name: network_name(name) for name in moved.networks}
    if ensemble in moved.ensembles:
        titles[ensemble] = f"Ensemble: {ensemble}"
    columns = (paired(title, moved.all[name]) for name, title in titles.items())
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
