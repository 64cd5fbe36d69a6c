"""Maps side by side on one scale, each of a network and a photo, with verdict, probabilities and receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from carmodel.ensemble import SPOKEN, Prediction
from carmodel.photo import Photo
from explain.attribution import Attribution
from explain.methods.method import Method
from explain.report.cards import CardRow, MapCard, card_row
from explain.report.render import upright
from explain.report.text import named, percent, target_name
from explain.request import ExplanationRequest
from explain.target import Target
from page.bars import bars
from page.map_card import column_of, framed, legends, map_picture, receipt, waiting
from page.markup import going_on, picture
from page.progress import computing

COLUMNS = 4  # side by side at most


@dataclass(frozen=True, eq=False)
class Cell:
    """A map as it stands: of a network and a photo, and what that network says about it.

    `note` says what is being computed, or why there is nothing to see if it `failed`; "" when finished.
    """

    title: str
    photo: Photo
    says: Prediction
    map: Attribution | None = None
    note: str = ""
    failed: bool = False


def cards_of(cells: Mapping[str, Cell], asked: ExplanationRequest) -> CardRow:
    """The cards of all cells that have a map, on one scale."""
    done = {name: cell for name, cell in cells.items() if cell.map}
    return card_row(
        {name: cell.map for name, cell in done.items() if cell.map},
        {name: cell.photo for name, cell in done.items()},
        asked.smoothing,
        asked.tolerance,
        {name: (cell.title, "") for name, cell in done.items()},
    )


def grid(
    cells: Mapping[str, Cell],
    row: CardRow,
    target: Target,
    method: Method,
    strength: float,
    photos: bool = False,
) -> Markup:
    """The legend and a column for each cell; `row` holds the `cards_of` the cells.

    With `photos`, each map has its photo beside it.
    """
    columns = (
        column_of(
            _title(cell, target),
            _frame(cell, row.cards.get(name), strength, photos),
            Markup('<ul class="bars">{}</ul>{}').format(bars(cell.says), _below(cell, row.cards.get(name))),
        )
        for name, cell in cells.items()
    )
    return Markup(
        '<div class="caption"><p>{}</p>{}</div><div class="compared" style="--columns:{}">{}</div>'
    ).format(method.hint, legends(row), min(len(cells), COLUMNS), Markup().join(columns))


def verdicts(cells: Sequence[Cell]) -> str:
    """What the networks say about a photo, in a sentence: who agrees and who does not."""
    said: dict[str, list[str]] = {}
    for cell in cells:
        said.setdefault(cell.says.verdict, []).append(cell.title)
    if len(said) == 1:
        everyone = "Both networks" if len(cells) == 2 else f"All {len(cells)} networks"
        return f"{everyone} say {SPOKEN[cells[0].says.verdict]}."
    groups = sorted(said.items(), key=lambda group: -len(group[1]))
    parts = [
        f"{' and '.join(filter(None, [', '.join(titles[:-1]), titles[-1]]))} "
        f"{'says' if len(titles) == 1 else 'say'} {SPOKEN[label]}"
        for label, titles in groups
    ]
    return f"The networks disagree: {'; '.join(parts)}."


def progress(cells: Sequence[Cell]) -> str:
    """What is being computed; "" if nothing is."""
    busy = next((cell for cell in cells if cell.note and not cell.failed), None)
    return computing(busy.title) if busy else ""


def heading(cells: Sequence[Cell], target: Target) -> Markup:
    """What the tab shows, who says what, how the colours read, and what is being computed."""
    against = f"for {SPOKEN[target.against]}" if target.against else "against it"
    return Markup(
        '<div class="reading"><div><h2>{}</h2><p>What each of them relied on for {}: <b class=for>red</b> '
        "speaks for {}, <b class=against>blue</b> {}.</p></div>{}</div>"
    ).format(verdicts(cells), target_name(target), SPOKEN[target.toward], against, going_on(progress(cells)))


def _title(cell: Cell, target: Target) -> Markup:
    other = Markup(' class="other"') if cell.says.verdict != target.toward else ""
    return Markup("<span>{}</span><b{}>{} {}</b>").format(
        cell.title, other, named(cell.says.verdict), percent(cell.says.confidence)
    )


def _frame(cell: Cell, card: MapCard | None, strength: float, photos: bool) -> Markup:
    if card is None:
        frame = Markup('<div class="{}">{}</div>').format("" if cell.failed else "busy", waiting(cell.photo))
    else:
        frame = map_picture(card, strength)
    if not photos:
        return frame
    photo = framed(picture(upright(cell.photo), cell.title, "map"))
    return Markup('<div class="both">{}{}</div>').format(photo, frame)


def _below(cell: Cell, card: MapCard | None) -> Markup:
    kind = "lost" if cell.failed else "computing"
    note = Markup('<p class="{}">{}</p>').format(kind, cell.note) if cell.note else Markup()
    return note if card is None else note + receipt(card.exact, card.failed and not cell.note)
