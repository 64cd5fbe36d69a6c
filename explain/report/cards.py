"""A row of maps as it is to be shown: a card for each, all on one scale, whoever draws them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from PIL import Image

from carmodel.photo import Photo
from explain.attribution import Attribution
from explain.classification import AVERAGE, PRIORITY
from explain.report.palette import Ends, is_signed, meanings, shared_scale
from explain.report.render import SIDE, STRENGTH, overlay
from explain.report.text import describe, fails, idea, network_name
from explain.smoothing import all_smoothed


@dataclass(frozen=True, eq=False)
class MapCard:
    """A map beside others."""

    title: str
    hint: str  # beside the title, if anything
    exact: Attribution  # pixel by pixel, with the figures of its receipt
    shown: Attribution  # as it is drawn
    photo: Photo
    scale: float  # logits per frame pixel in full colour
    failed: bool  # whether it misses its score by more than its method may

    @property
    def alt(self) -> str:
        """Where its weight lies, in words."""
        return describe(self.shown)

    @property
    def signed(self) -> bool:
        return is_signed(self.shown)

    def picture(self, strength: float = STRENGTH, side: int = SIDE) -> Image.Image:
        """The map over its photo, longest side `side` px, the overlay `strength` opaque."""
        return overlay(self.shown, self.photo, self.scale, strength, side)


@dataclass(frozen=True, eq=False)
class CardRow:
    """Cards side by side, with what their colours mean."""

    cards: Mapping[str, MapCard]
    scale: float  # that the cards share, unless each has its own
    meanings: tuple[tuple[bool, Ends], ...]

    @property
    def idea(self) -> str:
        """What the maps show, a sentence; "" where there are none."""
        return next((idea(card.exact) for card in self.cards.values()), "")


Titles = Mapping[str, tuple[str, str]]  # column -> title and hint


def card_row(
    columns: Mapping[str, Attribution],
    photos: Photo | Mapping[str, Photo],
    smoothing: str,
    tolerance: float,
    titles: Titles,
    own_scale: bool = False,
) -> CardRow:
    """The cards of maps by column: of one photo, or of a photo each. `own_scale` gives each map its own."""
    smoothed_maps = all_smoothed(columns, smoothing)
    scale = scale_of(smoothed_maps.values()) if smoothed_maps else 0.0
    cards = {
        column: MapCard(
            *titles[column],
            attribution,
            smoothed_maps[column],
            photos if isinstance(photos, Photo) else photos[column],
            scale_of([smoothed_maps[column]]) if own_scale else scale,
            fails(attribution, columns, tolerance),
        )
        for column, attribution in columns.items()
    }
    return CardRow(cards, scale, tuple(meanings(smoothed_maps.values())))


def scale_of(maps: Iterable[Attribution]) -> float:
    """The one scale of maps side by side, in logits per frame pixel."""
    return shared_scale([attribution.map for attribution in maps])


def column_titles(columns: Collection[str], decided_by: int | str | None) -> dict[str, tuple[str, str]]:
    """What stands over the columns of `columns_of`, where Priority let the network `decided_by` decide."""
    titles = {}
    for column in columns:
        first, _, second = column.partition("-")
        if first in columns and second in columns:
            names = network_name(first), network_name(second)
            titles[column] = f"{names[0]} − {names[1]}", f"red: more in {names[0]}"
        elif column in (AVERAGE, PRIORITY):
            says = f"{network_name(str(decided_by))} decides" if decided_by else AVERAGE
            titles[column] = f"Ensemble: {says}", ""
        else:
            titles[column] = network_name(column), ""
    return titles
