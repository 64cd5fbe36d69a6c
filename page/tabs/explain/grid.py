"""A row for each method: maps of 75 px, 100 px, ensemble and 75 − 100, with receipts and a legend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from carmodel.photo import Photo
from explain.door import Attribution
from explain.report.palette import PIXELS_PER_PERCENT, is_signed, legend, readable, shared_scale
from explain.report.render import SIDE, overlay, upright
from explain.report.report import scale_of
from explain.report.text import METHOD_NAMES, describe, fails
from explain.smoothing import at_detail
from page.markup import legend_bar, picture
from page.tabs.explain.receipt import receipt

HINTS = {
    "gradcam": "Which regions the last convolutions relied on. Fast and coarse; shows only what speaks for.",
    "integrated_gradients": "How much each pixel added to the score, from the reference to the photo.",
    "shap": "How much each pixel added to the score, compared with 16 typical training photos.",
}
FOR, DIFFERENCE = ("against", "for"), ("100 px", "75 px")  # what negative and positive values mean


@dataclass(frozen=True)
class Row:
    """One method's row as it stands.

    `maps` is what `explain.report.report.row` gives, or nothing as long as there is no map. `note` says what
    is being computed, or why there is nothing to see if it `failed`; it is "" when the row is finished.
    `decided_by` is the network whose map stands for the ensemble (Priority), or None. `tests` is what stands
    under the receipts of a finished row, by column.
    """

    method: str
    maps: Mapping[str, Attribution] = field(default_factory=dict)
    note: str = ""
    failed: bool = False
    decided_by: int | None = None
    tests: Mapping[str, Markup] = field(default_factory=dict)


def row(this: Row, photo: Photo, tolerance: float, detail: str, strength: float, own_scale: bool) -> Markup:
    """The row as HTML.

    `tolerance` is the gap that a finished map may have, `detail` how fine it is shown, `strength` in [0, 1]
    the opacity of the overlay. All maps share one scale, printed in the legend, unless each gets its
    `own_scale`.
    """
    shown = at_detail(this.maps, detail)
    shared = scale_of(shown) if shown else 0.0
    ensemble = f"Ensemble: {this.decided_by} px decides" if this.decided_by else "Ensemble: average"
    difference = Markup("75 px − 100 px <small>red: more in 75 px</small>")
    titles = ("75 px", "100 px", ensemble, difference)
    cells = [] if this.maps else [cell(title, waiting(photo), Markup()) for title in titles]
    meanings = []
    if this.maps:  # two where the networks' own maps are positive only and their difference is signed
        meanings = [(True, FOR)] if is_signed(this.maps["75"]) else [(False, FOR), (True, DIFFERENCE)]
    for title, column in zip(titles, shown, strict=bool(shown)):
        attribution = this.maps[column]
        scale = shared_scale([shown[column].map]) if own_scale else shared
        image = picture(overlay(shown[column], photo, scale, strength), describe(shown[column]), "map")
        full = f"{'±' if is_signed(attribution) else ''}{readable(scale * PIXELS_PER_PERCENT)}"
        own = Markup("<p>Full colour at {}</p>").format(full) if own_scale else Markup()
        failed = not this.note and fails(attribution, this.maps, tolerance)  # until then it may get better
        below = own + receipt(attribution, failed) + this.tests.get(column, "") + _save(this.method, column)
        cells.append(cell(title, framed(image), below))
    state = "failed" if this.failed else "busy" if this.note else "finished"
    return Markup(
        '<section class="card method {state}" id="{method}">'
        "<header><div><h3>{name}</h3>{note}<p>{hint}</p></div>{legends}</header>"
        '<div class="columns">{cells}</div></section>'
    ).format(
        state=state,
        method=this.method,
        name=METHOD_NAMES[this.method],
        note=noted(this.note),
        hint=HINTS[this.method],
        legends=legends(shared, meanings, own_scale),
        cells=Markup().join(cells),
    )


def _save(method: str, column: str) -> Markup:
    return Markup(
        '<button type="button" class="save" data-map="{method}-{column}" '
        'aria-label="Save PNG of {name}, {column}">Save PNG</button>'
    ).format(method=method, column=column, name=METHOD_NAMES[method])


def cell(title: str, image: Markup, text: Markup) -> Markup:
    """A column of a row: what it is, the map, and what stands under it."""
    return Markup('<figure class="column"><h4>{}</h4>{}<figcaption>{}</figcaption></figure>').format(
        title, image, text
    )


def framed(image: Markup) -> Markup:
    """A picture in the frame of a map."""
    return Markup('<div class="frame">{}</div>').format(image)


def waiting(photo: Photo, side: int = SIDE) -> Markup:
    """The faint photo that keeps a map's place, in its proportions, so that nothing jumps when it arrives."""
    return Markup('<div class="frame waiting">{}</div>').format(
        picture(upright(photo, side), "", "map", quality=30)
    )


def noted(note: str) -> Markup:
    """What is being computed, beside the name of its method; nothing when nothing is."""
    return Markup('<span class="note">{}</span>').format(note) if note else Markup()


def legends(
    scale: float, meanings: Sequence[tuple[bool, tuple[str, str]]], own_scale: bool = False
) -> Markup:
    """A bar for each of `meanings`: whether maps are signed, and what negative and positive values mean."""
    if not meanings:
        return Markup('<div class="legends"></div>')
    bars = []
    for signed, ends in meanings:
        words = legend(scale, signed, ends)
        labels = (ends[0] if signed else "0", "0" if signed else "", ends[1]) if own_scale else words.labels
        bars.append(legend_bar(words.background, labels))
    unit = f"each map on its own scale, {words.unit}" if own_scale else words.unit
    return Markup('<div class="legends">{}<p>{}</p></div>').format(Markup().join(bars), unit)
