"""Maps side by side in HTML: a method's row of cards, with receipts, legends and what tests found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from carmodel.photo import Photo
from explain.attribution import FUSED, Attribution
from explain.methods.method import Method
from explain.report.cards import CardRow, MapCard, card_row
from explain.report.palette import PIXELS_PER_PERCENT, Ends, legend, readable
from explain.report.render import SIDE, upright
from explain.report.text import gap_in_percent, signed
from page.markup import legend_bar, picture

TIME = "Computing this map took so long; of several networks together, the sum of all."


@dataclass(frozen=True)
class Look:
    """How maps are to be drawn."""

    smoothing: str
    tolerance: float  # the gap that a finished map may have
    strength: float = 1.0  # opacity of the overlay, 0 to 1
    own_scale: bool = False  # whether each map has a scale of its own


@dataclass(frozen=True)
class MethodRow:
    """One method's row as it stands.

    `maps` are those of its columns, or none as long as there are none. `note` says what is being computed, or
    why there is nothing to see if it `failed`; it is "" when the row is finished. `tests` is what stands
    under the receipts of a finished row, by column; `missing` says of columns why they will have no map.
    """

    method: Method
    titles: Mapping[str, tuple[str, str]]  # column -> title and hint
    maps: Mapping[str, Attribution] = field(default_factory=dict)
    note: str = ""
    failed: bool = False
    tests: Mapping[str, Markup] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


def method_row(row: MethodRow, photo: Photo, look: Look) -> Markup:
    """The row as HTML. All maps share one scale, printed in the legend, unless each gets its own."""
    drawn = card_row(row.maps, photo, look.smoothing, look.tolerance, row.titles, look.own_scale)
    cells = (
        _column(row, column, drawn.cards[column], look)
        if column in drawn.cards
        else column_of(heading(*title), waiting(photo), why_missing(row.missing.get(column, "")))
        for column, title in row.titles.items()
    )
    state = "failed" if row.failed else "busy" if row.note else "finished"
    return Markup(
        '<section class="card method {state}{kind}" id="{method}">'
        "<header><div><h3>{name}</h3>{note}<p>{hint}</p></div>{legends}</header>"
        '<div class="columns">{cells}</div></section>'
    ).format(
        state=state,
        kind="" if row.method.complete else " incomplete",
        method=row.method.name,
        name=row.method.title,
        note=noted(row.note),
        hint=row.method.hint,
        legends=legends(drawn, look.own_scale),
        cells=Markup().join(cells),
    )


def _column(row: MethodRow, column: str, card: MapCard, look: Look) -> Markup:
    save = Markup(
        '<button type="button" class="save" data-map="{method}-{column}" '
        'aria-label="Save PNG of {name}, {column}">Save PNG</button>'
    ).format(method=row.method.name, column=column, name=row.method.title)
    failed = card.failed and not row.note  # until it is finished it may get better
    below = _own_scale(card, look) + receipt(card.exact, failed) + row.tests.get(column, "") + save
    return column_of(heading(card.title, card.hint), map_picture(card, look.strength), below)


def _own_scale(card: MapCard, look: Look) -> Markup:
    if not look.own_scale:
        return Markup()
    full = f"{'±' if card.signed else ''}{readable(card.scale * PIXELS_PER_PERCENT)}"
    return Markup("<p>Full colour at {}</p>").format(full)


def heading(title: str, hint: str) -> Markup:
    """What stands over a map, the hint smaller."""
    return Markup("{} <small>{}</small>").format(title, hint) if hint else Markup.escape(title)


def column_of(title: Markup, image: Markup, text: Markup) -> Markup:
    """A column of a row: what it is, the map, and what stands under it."""
    return Markup('<figure class="column"><h4>{}</h4>{}<figcaption>{}</figcaption></figure>').format(
        title, image, text
    )


def map_picture(card: MapCard, strength: float, side: int = SIDE, before: str = "") -> Markup:
    """The map in its frame, with its alt text; `before` begins that."""
    return framed(picture(card.picture(strength, side), before + card.alt, "map"))


def framed(image: Markup) -> Markup:
    """A picture in the frame of a map."""
    return Markup('<div class="frame">{}</div>').format(image)


def waiting(photo: Photo, side: int = SIDE) -> Markup:
    """The faint photo that keeps a map's place, in its proportions, so that nothing jumps when it arrives."""
    return Markup('<div class="frame waiting">{}</div>').format(
        picture(upright(photo, side), "", "map", quality=30)
    )


def why_missing(reason: str) -> Markup:
    """Why there is no map, where its receipt would stand; nothing as long as one may come."""
    return Markup('<p class="missing">{}</p>').format(reason) if reason else Markup()


def noted(note: str) -> Markup:
    """What is being computed, beside the name of its method; nothing when nothing is."""
    return Markup('<span class="note">{}</span>').format(note) if note else Markup()


def legends(row: CardRow, own_scale: bool = False) -> Markup:
    """A bar for each meaning of the colours of a row."""
    return legend_bars(row.scale, row.meanings, own_scale)


def legend_bars(scale: float, meanings: Sequence[tuple[bool, Ends]], own_scale: bool = False) -> Markup:
    """A bar for each of `meanings`: whether maps are signed, and what negative and positive values mean."""
    if not meanings:
        return Markup('<div class="legends"></div>')
    bars = []
    for is_signed, ends in meanings:
        words = legend(scale, is_signed, ends)
        own = (ends[0] if is_signed else "0", "0" if is_signed else "", ends[1])
        bars.append(legend_bar(words.background, own if own_scale else words.labels))
    unit = f"each map on its own scale, {words.unit}" if own_scale else words.unit
    return Markup('<div class="legends">{}<p>{}</p></div>').format(Markup().join(bars), unit)


def receipt(attribution: Attribution, failed: bool) -> Markup:
    """The receipt of a map: sum, change of score and gap, red and with a warning if it `failed`.

    Below it, small, stand the time that the map took to compute and what computed it.
    """
    time = _made(attribution)
    if attribution.gap is None or attribution.reference_score is None:
        nothing = Markup("<p>No receipt: {} does not add up to the score.</p>")
        return nothing.format(attribution.method.title) + time
    change = attribution.score - attribution.reference_score
    warning = Markup("<p>This map does not add up to the score: read it with caution.</p>")
    return Markup(
        '<dl class="receipt{failed}"><div><dt>Σ map</dt><dd>{total}</dd></div>'
        "<div><dt>f(x) − f(reference)</dt><dd>{change}</dd></div>"
        "<div><dt>Gap{steps}</dt><dd>{gap}</dd></div></dl>{warning}{time}"
    ).format(
        failed=" failed" if failed else "",
        total=signed(attribution.total),
        change=signed(change),
        steps=f" · {attribution.steps} steps" if attribution.method.refines else "",
        gap=gap_in_percent(attribution.gap),
        warning=warning if failed else "",
        time=time,
    )


def _made(attribution: Attribution) -> Markup:
    """The time and the engine; where that is not the fused one though it was to be, folded away, why."""
    by = "" if attribution.made_by == FUSED else f", by {attribution.made_by}"
    text = f"{_seconds(attribution.seconds)}{by}"
    if not attribution.not_fast:
        return Markup('<p class="time" title="{}">{}</p>').format(TIME, text)
    return Markup(
        '<details class="time"><summary title="{}">{}</summary><p>Not by {}: {}</p></details>'
    ).format(TIME, text, FUSED, attribution.not_fast)


def _seconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 0.1 else f"{seconds:.2g} s"
