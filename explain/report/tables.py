"""Tables in HTML, for the page, the report and the survey."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Cell:
    """A cell that is not plain."""

    content: object = ""
    kind: str = ""  # its class
    style: str = ""
    title: str = ""
    scope: str = ""  # what it is the head of: "row", "col", "rowgroup" or "colgroup"; "" for data
    columns: int = 0  # that it spans; 0 if that need not be said
    rows: int = 0
    hidden: bool = False  # from those who are read to: what it shows is said elsewhere


@dataclass(frozen=True)
class Row:
    """A row that is not plain."""

    cells: Sequence[object]
    kind: str  # its class


AnyRow = Row | Sequence[object]
Rows = Iterable[AnyRow]


def table(
    *bodies: Rows, head: Rows = (), foot: Rows = (), kind: str = "", label: str = "", caption: str = ""
) -> Markup:
    """A table. What is no Cell is, in its head, a column's head or nothing; below, the first is the row's."""
    parts = [Markup("<caption>{}</caption>").format(caption)] if caption else []
    for tag, rows in (("thead", head), *(("tbody", body) for body in bodies), ("tfoot", foot)):
        if lines := [_row(row, tag == "thead") for row in rows]:
            parts.append(Markup("<{0}>{1}</{0}>").format(tag, Markup().join(lines)))
    return _tag("table", Markup().join(parts), {"class": kind, "aria-label": label})


def scrolled(table: Markup, name: str) -> Markup:
    """A table in a region, of this name, in which it scrolls by touch or keyboard where it is too wide."""
    return Markup('<div class="scroll" tabindex="0" role="group" aria-label="{}">{}</div>').format(
        name, table
    )


def _row(row: AnyRow, in_head: bool) -> Markup:
    cells = row.cells if isinstance(row, Row) else row
    drawn = [_cell(cell, in_head, number == 0) for number, cell in enumerate(cells)]
    return _tag("tr", Markup().join(drawn), {"class": row.kind if isinstance(row, Row) else ""})


def _cell(cell: object, in_head: bool, first: bool) -> Markup:
    if not isinstance(cell, Cell):
        scope = ("col" if cell != "" else "") if in_head else "row" if first else ""
        cell = Cell(cell, scope=scope)
    attributes = {
        "scope": cell.scope,
        "class": cell.kind,
        "style": cell.style,
        "title": cell.title,
        "colspan": str(cell.columns or ""),
        "rowspan": str(cell.rows or ""),
        "aria-hidden": "true" if cell.hidden else "",
    }
    return _tag("th" if cell.scope else "td", cell.content, attributes)


def _tag(name: str, content: object, attributes: dict[str, str]) -> Markup:
    written = (Markup(' {}="{}"').format(key, value) for key, value in attributes.items() if value)
    return Markup("<{0}{1}>{2}</{0}>").format(name, Markup().join(written), content)
