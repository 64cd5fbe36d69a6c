"""What disturbances cost: how the accuracy of every network and ensemble changes, in points."""

from html import escape

from explain.words import signed
from page.markup import finding
from page.networks_tab.measured import Robustness
from page.networks_tab.naming import classifier_name, one_digit, ordered, source_name, source_title
from page.networks_tab.tables import scroll

STRONGEST = 10  # points of loss that are drawn in full colour
HINTS = {
    "border of another photo": "The outer 12 % are those of a photo of another class",
    "grey border": "The outer 12 % are grey",
    "blurred border": "The outer 12 % are blurred, so that a banner’s letters are gone",
    "at two thirds of its size": "The photo is shown smaller, its edges continued outwards",
    "JPEG quality 30": "Strong compression",
}  # disturbance -> what was done


def block(robustness: Robustness) -> str:
    """A table for each photo source: disturbances down, classifiers across."""
    first = next(iter(robustness.rows.values()))
    sources = ordered(first)
    tables = "".join(_table(robustness, source) for source in sources)
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


def _table(robustness: Robustness, source: str) -> str:
    rows = {name: each[source] for name, each in robustness.rows.items()}
    first = next(iter(rows.values()))
    heads = "".join(f'<th scope="col">{escape(classifier_name(name))}</th>' for name in rows)
    clean = next(name for name in first.accuracy if name not in first.change)
    body = "".join(f"<td>{one_digit(row.accuracy[clean])}</td>" for row in rows.values())
    body = f'<tr class="clean"><th scope="row">{escape(clean.capitalize())}</th>{body}</tr>'
    for name in first.change:
        cells = "".join(_cell(row.change[name]) for row in rows.values())
        hint = f' title="{escape(HINTS[name])}"' if name in HINTS else ""
        body += f'<tr><th scope="row"{hint}>{escape(name[0].upper() + name[1:])}</th>{cells}</tr>'
    title = escape(source_title(source))
    return (
        f"<h4>{title} <small>{first.n:,} photos, change of accuracy in points</small></h4>"
        f'{scroll(f"Disturbances, {source_title(source)}")}<table class="changed">'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(change: float) -> str:
    shade = min(abs(change) / STRONGEST, 1)
    kind = "worse" if change < 0 else "better"
    return f'<td class="{kind}" style="--shade:{100 * shade:.0f}%">{signed(change, 1)}</td>'
