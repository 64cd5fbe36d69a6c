"""A row for each method: maps of 75 px, 100 px, ensemble and 75 − 100, with receipts and a legend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from carmodel.photo import Photo
from explain.attribution import Attribution
from explain.detail import at_detail
from explain.palette import PIXELS_PER_PERCENT, is_signed, legend, readable, shared_scale
from explain.render import overlay, upright
from explain.report import scale_of
from explain.words import METHOD_NAMES, describe, fails
from page.explain_tab.receipt import receipt
from page.markup import legend_bar, picture

HINTS = {
    "gradcam": "Which regions the last convolutions relied on. Fast and coarse; shows only what speaks for.",
    "integrated_gradients": "How much each pixel added to the score, from the reference to the photo.",
    "shap": "How much each pixel added to the score, compared with 16 typical training photos.",
}
FOR, DIFFERENCE = ("against", "for"), ("100 px", "75 px")  # what negative and positive values mean


@dataclass(frozen=True)
class Row:
    """One method's row as it stands.

    `maps` is what `explain.report.row` gives, or nothing as long as there is no map. `note` says what is
    being computed, or why there is nothing to see if it `failed`; it is "" when the row is finished.
    `decided_by` is the network whose map stands for the ensemble (Priority), or None. `tests` is what stands
    under the receipts of a finished row, as HTML by column.
    """

    method: str
    maps: Mapping[str, Attribution] = field(default_factory=dict)
    note: str = ""
    failed: bool = False
    decided_by: int | None = None
    tests: Mapping[str, str] = field(default_factory=dict)


def row(this: Row, photo: Photo, tolerance: float, detail: str, strength: float, own_scale: bool) -> str:
    """The row as HTML.

    `tolerance` is the gap that a finished map may have, `detail` how fine it is shown, `strength` in [0, 1]
    the opacity of the overlay. All maps share one scale, printed in the legend, unless each gets its
    `own_scale`.
    """
    shown = at_detail(this.maps, detail)
    shared = scale_of(shown) if shown else 0.0
    ensemble = f"Ensemble: {this.decided_by} px decides" if this.decided_by else "Ensemble: average"
    titles = ("75 px", "100 px", ensemble, "75 px − 100 px <small>red: more in 75 px</small>")
    cells = [] if this.maps else [cell(title, waiting(photo), "") for title in titles]
    meanings = []
    if this.maps:  # two where the networks' own maps are positive only and their difference is signed
        meanings = [(True, FOR)] if is_signed(this.maps["75"]) else [(False, FOR), (True, DIFFERENCE)]
    for title, column in zip(titles, shown, strict=bool(shown)):
        attribution = this.maps[column]
        scale = shared_scale([shown[column].map]) if own_scale else shared
        image = picture(overlay(shown[column], photo, scale, strength), describe(shown[column]), "map")
        full = f"{'±' if is_signed(attribution) else ''}{readable(scale * PIXELS_PER_PERCENT)}"
        own = f"<p>Full colour at {full}</p>" if own_scale else ""
        failed = not this.note and fails(attribution, this.maps, tolerance)  # until then it may get better
        below = own + receipt(attribution, failed) + this.tests.get(column, "") + _save(this.method, column)
        cells.append(cell(title, f'<div class="frame">{image}</div>', below))
    state = "failed" if this.failed else "busy" if this.note else "finished"
    note = f'<span class="note">{escape(this.note)}</span>' if this.note else ""
    return (
        f'<section class="card method {state}" id="{this.method}">'
        f"<header><div><h3>{METHOD_NAMES[this.method]}</h3>{note}<p>{HINTS[this.method]}</p></div>"
        f"{legends(shared, meanings, own_scale)}</header>"
        f'<div class="columns">{"".join(cells)}</div></section>'
    )


def _save(method: str, column: str) -> str:
    return (
        f'<button type="button" class="save" data-map="{method}-{column}" '
        f'aria-label="Save PNG of {METHOD_NAMES[method]}, {column}">Save PNG</button>'
    )


def cell(title: str, image: str, text: str) -> str:
    """A column of a row: what it is, the map, and what stands under it."""
    return f'<figure class="column"><h4>{title}</h4>{image}<figcaption>{text}</figcaption></figure>'


def waiting(photo: Photo) -> str:
    """The faint photo that keeps a map's place, in its proportions, so that nothing jumps when it arrives."""
    return f'<div class="frame waiting">{picture(upright(photo), "", "map", quality=30)}</div>'


def legends(scale: float, meanings: Sequence[tuple[bool, tuple[str, str]]], own_scale: bool = False) -> str:
    """A bar for each of `meanings`: whether maps are signed, and what negative and positive values mean."""
    if not meanings:
        return '<div class="legends"></div>'
    bars = []
    for signed, ends in meanings:
        words = legend(scale, signed, ends)
        labels = (ends[0] if signed else "0", "0" if signed else "", ends[1]) if own_scale else words.labels
        bars.append(legend_bar(words.background, labels))
    unit = f"each map on its own scale, {words.unit}" if own_scale else words.unit
    return f'<div class="legends">{"".join(bars)}<p>{escape(unit)}</p></div>'
