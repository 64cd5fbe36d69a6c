"""What disturbances cost: how the accuracy of every network and ensemble changes, in points."""

from markupsafe import Markup

from explain.report.text import signed
from page.markup import CELL, COLUMN_HEAD, finding, repeated
from page.results.measured import Robustness
from page.results.naming import classifier_name, one_digit, ordered, source_name, source_title
from page.tabs.networks.tables import scroll

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
        rows = [each[source].change for each in robustness.rows.values()]
        worst = min(rows[0], key=lambda name: sum(row[name] for row in rows))
        changes = sorted(row[worst] for row in rows)
        parts.append(
            f"on {source_name(source)} “{worst}”, {signed(changes[-1], 1)} to {signed(changes[0], 1)} points"
        )
    return f"What costs most: {'; '.join(parts)}."


def _table(robustness: Robustness, source: str) -> Markup:
    rows = {name: each[source] for name, each in robustness.rows.items()}
    first = next(iter(rows.values()))
    clean = next(name for name in first.accuracy if name not in first.change)
    body = Markup('<tr class="clean"><th scope="row">{}</th>{}</tr>').format(
        clean.capitalize(), repeated(CELL, (one_digit(row.accuracy[clean]) for row in rows.values()))
    )
    for name in first.change:
        hint = Markup(' title="{}"').format(HINTS[name]) if name in HINTS else ""
        cells = Markup().join(_cell(row.change[name]) for row in rows.values())
        body += Markup('<tr><th scope="row"{}>{}</th>{}</tr>').format(hint, name[0].upper() + name[1:], cells)
    title = source_title(source)
    return Markup(
        "<h4>{title} <small>{n:,} photos, change of accuracy in points</small></h4>"
        '{scroll}<table class="changed">'
        "<thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    ).format(
        title=title,
        n=first.n,
        scroll=scroll(f"Disturbances, {title}"),
        heads=repeated(COLUMN_HEAD, map(classifier_name, rows)),
        body=body,
    )


def _cell(change: float) -> Markup:
    shade = min(abs(change) / STRONGEST, 1)
    kind = "worse" if change < 0 else "better"
    return Markup('<td class="{}" style="--shade:{:.0f}%">{}</td>').format(
        kind, 100 * shade, signed(change, 1)
    )
