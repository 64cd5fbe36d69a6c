"""How far the maps of every two networks agree: a sentence about those that differ most, and a table."""

from collections.abc import Mapping

from markupsafe import Markup

from explain.attribution import Attribution
from explain.evidence.agreement import Agreement, agreements, least_alike
from explain.report.agreement import figure, sentence
from explain.report.tables import Cell, table
from explain.report.text import percent
from page.markup import finding

HEAD = Markup(
    '<header class="question"><h3>How far do their maps agree? <small>rank correlation, overlap</small></h3>'
    "<p>Large: Spearman’s correlation of all pixels’ ranks, 1 for the same map, 0 for maps that have nothing "
    "in common, −1 for opposites. Small: how much of the tenth of the picture that counts most is common to "
    "both; 10 % by chance.</p></header>"
)


def block(maps: Mapping[str, Attribution]) -> Markup:
    """The sentence and the table; nothing for less than two maps."""
    if len(maps) < 2:
        return Markup()
    matrix = agreements(maps)
    worst = least_alike(matrix)
    names = list(maps)
    rows = [
        [
            maps[row].network,
            *(_cell(matrix[name, row], (name, row) == worst and len(matrix) > 1) for name in names[:at]),
            *[""] * (len(names) - 1 - at),
        ]
        for at, row in enumerate(names)
        if at
    ]
    drawn = table(rows, head=[["", *(maps[name].network for name in names[:-1])]], kind="matrix")
    return Markup(
        '<div class="agreement"><div>{}{}</div>'
        '<div class="wide" tabindex="0" role="region" aria-label="Agreement of every two networks">{}</div>'
        "</div>"
    ).format(HEAD, finding(sentence(maps, matrix)), drawn)


def _cell(agreement: Agreement, worst: bool) -> Cell:
    shade = 100 * max(agreement.rank_correlation or 0.0, 0.0)
    content = Markup("<b>{}</b><span>{}</span>").format(figure(agreement), percent(agreement.overlap))
    return Cell(content, "worst" if worst else "", f"--shade:{shade:.0f}%")
