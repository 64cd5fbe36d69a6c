"""Maps side by side on one scale, each of a network and a photo, with verdict, probabilities and receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from carmodel.ensemble import SPOKEN, Prediction
from carmodel.photo import Photo
from explain.attribution import Attribution
from explain.report.palette import is_signed
from explain.report.render import overlay, upright
from explain.report.report import scale_of
from explain.report.text import describe, fails, named, percent, target_name
from explain.smoothing import shown
from explain.target import Target
from page.markup import going_on, picture
from page.tabs.explain.grid import FOR, HINTS, cell, framed, legends, waiting
from page.tabs.explain.receipt import receipt
from page.tabs.explain.verdict import bars

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


def shown_maps(cells: Mapping[str, Cell], detail: str) -> dict[str, Attribution]:
    """The maps of all cells that have one, as they are to be shown."""
    return {name: shown(each.map, detail) for name, each in cells.items() if each.map}


def grid(
    cells: Mapping[str, Cell],
    maps: Mapping[str, Attribution],
    target: Target,
    method: str,
    tolerance: float,
    strength: float,
    photos: bool = False,
) -> Markup:
    """The legend and a column for each cell; `maps` are `shown_maps` of the cells, all on one scale.

    With `photos`, each map has its photo beside it.
    """
    scale = scale_of(maps) if maps else 0.0
    meanings = [(is_signed(next(iter(maps.values()))), FOR)] if maps else []
    columns = (
        cell(
            _title(each, target),
            _frame(each, maps.get(name), scale, strength, photos),
            Markup('<ul class="bars">{}</ul>{}').format(bars(each.says), _below(each, tolerance)),
        )
        for name, each in cells.items()
    )
    return Markup(
        '<div class="caption"><p>{}</p>{}</div><div class="compared" style="--columns:{}">{}</div>'
    ).format(HINTS[method], legends(scale, meanings), min(len(cells), COLUMNS), Markup().join(columns))


def verdicts(cells: Sequence[Cell]) -> str:
    """What the networks say about a photo, in a sentence: who agrees and who does not."""
    said: dict[str, list[str]] = {}
    for each in cells:
        said.setdefault(each.says.verdict, []).append(each.title)
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
    busy = next((each for each in cells if each.note and not each.failed), None)
    return f"Computing {busy.title} …" if busy else ""


def heading(cells: Sequence[Cell], target: Target) -> Markup:
    """What the tab shows, who says what, how the colours read, and what is being computed."""
    against = f"for {SPOKEN[target.against]}" if target.against else "against it"
    return Markup(
        '<div class="reading"><div><h2>{}</h2><p>What each of them relied on for {}: <b class=for>red</b> '
        "speaks for {}, <b class=against>blue</b> {}.</p></div>{}</div>"
    ).format(verdicts(cells), target_name(target), SPOKEN[target.toward], against, going_on(progress(cells)))


def _title(this: Cell, target: Target) -> Markup:
    other = Markup(' class="other"') if this.says.verdict != target.toward else ""
    return Markup("<span>{}</span><b{}>{} {}</b>").format(
        this.title, other, named(this.says.verdict), percent(this.says.confidence)
    )


def _frame(this: Cell, map: Attribution | None, scale: float, strength: float, photos: bool) -> Markup:
    if map is None:
        frame = Markup('<div class="{}">{}</div>').format("" if this.failed else "busy", waiting(this.photo))
    else:
        frame = framed(picture(overlay(map, this.photo, scale, strength), describe(map), "map"))
    if not photos:
        return frame
    photo = framed(picture(upright(this.photo), this.title, "map"))
    return Markup('<div class="both">{}{}</div>').format(photo, frame)


def _below(this: Cell, tolerance: float) -> Markup:
    kind = "lost" if this.failed else "computing"
    note = Markup('<p class="{}">{}</p>').format(kind, this.note) if this.note else Markup()
    if this.map is None:
        return note
    return note + receipt(this.map, not this.note and fails(this.map, {}, tolerance))
