"""What disturbances cost: how the accuracy of every network and ensemble changes, in points."""

from markupsafe import Markup

from explain.report.tables import AnyRow, Cell, Row, scrolled, table
from explain.report.text import signed
from page.markup import finding
from page.results.measured import Robustness
from page.results.naming import classifier_name, one_digit, ordered, source_name, source_title

STRONGEST = 10  # points of loss that are drawn in full colour
HINTS = {
    "border of another photo": "The outer 12 % are those of a photo of another class",
    "grey border": "The outer 12 % are grey",
    "blurred border": "The outer 12 % are blurred, so that a banner’s letters are gone",
    "at two thirds of its size": "The photo is shown smaller, its edges continued outwards",
    "JPEG quality 30": "Strong compression",
}  # disturbance -> what was done


def block(robustness: Robustness) -> Markup:
    """A table for each photo source: disturbances down, classifiers across."""
    first = next(iter(robustness.rows.values()))
    sources = ordered(first)
    tables = Markup().join(_table(robustness, source) for source in sources)
    return finding(_found(robustness, sources)) + tables


def _found(robustness: Robustness, sources: list[str]) -> str:
    """What costs most, and how much in the best and in the worst case."""
    parts = []
    for source in sources:
        rows = [row[source].change for row in robustness.rows.values()]
        worst = min(rows[0], key=lambda name: sum(row[name] for row in rows))
        changes = sorted(row[worst] for row in rows)
        parts.append(
            f"on {source_name(source)} “{worst}”, {signed(changes[-1], 1)} to {signed(changes[0], 1)} points"
        )
    return f"What costs most: {'; '.join(parts)}."


def _table(robustness: Robustness, source: str) -> Markup:
    rows = {name: sources[source] for name, sources in robustness.rows.items()}
    first = next(iter(rows.values()))
    clean = next(name for name in first.accuracy if name not in first.change)
    body: list[AnyRow] = [
        Row([clean.capitalize(), *(one_digit(row.accuracy[clean]) for row in rows.values())], "clean"),
        *(
            [
                Cell(name[0].upper() + name[1:], title=HINTS.get(name, ""), scope="row"),
                *(_cell(row.change[name]) for row in rows.values()),
            ]
            for name in first.change
        ),
    ]
    title = source_title(source)
    drawn = table(body, head=[["", *map(classifier_name, rows)]], kind="changed")
    return Markup("<h4>{} <small>{:,} photos, change of accuracy in points</small></h4>{}").format(
        title, first.n, scrolled(drawn, f"Disturbances, {title}")
    )


def _cell(change: float) -> Cell:
    shade = 100 * min(abs(change) / STRONGEST, 1)
    return Cell(signed(change, 1), "worse" if change < 0 else "better", f"--shade:{shade:.0f}%")
