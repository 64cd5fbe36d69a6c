"""A row for each method: maps of the photo beside those of the edited one, network by network, on one scale.

Under each pair stands how much of the map lay in the part that is now covered, beside how large that part is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from markupsafe import Markup
from torch import Tensor

from carmodel.photo import Photo
from explain.attribution import Attribution
from explain.evidence.regions import Share, share
from explain.explainer import Explainer
from explain.methods.method import Method
from explain.report.cards import MapCard, card_row
from explain.report.text import network_name, percent
from explain.request import ExplanationRequest, column_names, columns_of, missing_columns
from explain.what_if.effect import Change
from page.map_card import Look, legends, map_picture, noted, waiting, why_missing

SIDE = 300  # longest side of a picture in px: six stand side by side
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class BeforeAfter:
    """The two photos whose maps are compared, and who decides about each."""

    photo: Photo
    edited: Photo
    mask: Tensor  # (300, 300), bool: the part covered, where it lies in the photo
    networks: tuple[str, ...]
    titles: Mapping[str, str]  # column -> its title
    ensemble: str
    decided_by: Mapping[str, str | None]  # BEFORE and AFTER -> network whose map is the ensemble's
    members: tuple[str, ...] = ()  # networks whose maps' mean it is otherwise; () for all

    def columns(self, maps: Mapping[str, Attribution], when: str) -> dict[str, Attribution]:
        """The maps of the networks, of the photo before or after, and with them that of the ensemble."""
        decided_by = self.decided_by[when]
        every = columns_of(maps, self.ensemble, decided_by, self.networks, self.members)
        return {column: map for column, map in every.items() if column in self.titles}

    def missing(self, obstacles: Mapping[str, str]) -> dict[str, str]:
        """Why columns have no map before or after, where `obstacles` say so of some networks."""
        every: dict[str, str] = {}
        for decided_by in self.decided_by.values():
            every |= missing_columns(obstacles, self.ensemble, decided_by, self.networks, self.members)
        return every


def before_after(
    explainer: Explainer, asked: ExplanationRequest, edited: Photo, mask: Tensor, decision: Change
) -> BeforeAfter:
    """What is compared where the ensemble's `decision` is of the photo and of the edited one."""
    first, then = decision.before.decided_by, decision.after.decided_by
    later = "" if first == then else f", then {then} px"
    decides = f"{first} px decides{later}" if first else "average"
    networks = list(explainer.networks)
    titles = {name: network_name(name) for name in networks}
    for column in column_names(networks, asked.ensemble):
        if column == asked.ensemble and len(networks) > 1:
            titles[column] = f"Ensemble: {decides}"
    by = {BEFORE: first, AFTER: then}
    return BeforeAfter(
        asked.photo,
        edited,
        mask,
        tuple(networks),
        titles,
        asked.ensemble,
        {when: str(size) if size else None for when, size in by.items()},
        explainer.members,
    )


@dataclass(frozen=True)
class BeforeAfterRow:
    """One method's row as it stands: maps by column, or none as long as they are not there."""

    method: Method
    before: Mapping[str, Attribution] = field(default_factory=dict)
    after: Mapping[str, Attribution] = field(default_factory=dict)
    note: str = ""  # what is being computed, or why there is nothing to see if it `failed`
    failed: bool = False
    missing: Mapping[str, str] = field(default_factory=dict)  # column -> why it has no map, or only one

    def with_maps(self, when: str, maps: Mapping[str, Attribution]) -> "BeforeAfterRow":
        """The same with these maps BEFORE or AFTER."""
        return replace(self, before=maps) if when == BEFORE else replace(self, after=maps)


def draw_row(row: BeforeAfterRow, of: BeforeAfter, look: Look) -> Markup:
    """The row; all its maps share one scale."""
    sides = {BEFORE: (row.before, of.photo), AFTER: (row.after, of.edited)}
    maps = {(when, column): map for when, (columns, _) in sides.items() for column, map in columns.items()}
    drawn = card_row(
        {f"{when} {column}": map for (when, column), map in maps.items()},
        {f"{when} {column}": sides[when][1] for when, column in maps},
        look.smoothing,
        look.tolerance,
        {f"{when} {column}": (of.titles[column], "") for when, column in maps},
    )
    cells = []
    for column, title in of.titles.items():
        pictures = (
            _picture(drawn.cards.get(f"{when} {column}"), photo, look.strength, when)
            for when, (_, photo) in sides.items()
        )
        before = drawn.cards.get(f"{BEFORE} {column}")
        below = _share(share(before.shown.map, of.mask)) if before and of.mask.any() else Markup()
        below += why_missing(row.missing.get(column, ""))
        cells.append(
            Markup('<div class="column"><h4>{}</h4><div class="maps-pair">{}</div>{}</div>').format(
                title, Markup().join(pictures), below
            )
        )
    state = "failed" if row.failed else "busy" if row.note else "finished"
    return Markup(
        '<section class="card method {}"><header><div><h3>{}</h3>{}</div>{}</header>'
        '<div class="three">{}</div></section>'
    ).format(state, row.method.title, noted(row.note), legends(drawn), Markup().join(cells))


def _picture(card: MapCard | None, photo: Photo, strength: float, when: str) -> Markup:
    frame = waiting(photo, SIDE)
    if card is not None:
        frame = map_picture(card, strength, SIDE, f"{when.capitalize()}: ")
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(frame, when)


def _share(part: Share) -> Markup:
    bars = (
        Markup('<div><dt>{}</dt><dd><i style="--to:{:.1f}%"></i>{}</dd></div>').format(
            name, 100 * fraction, percent(fraction)
        )
        for name, fraction in (("of the weight", part.attribution), ("of the area", part.area))
    )
    return Markup('<dl class="share"><p>What is covered held, before:</p>{}</dl>').format(Markup().join(bars))
