"""A row for each method: maps of the photo beside those of the edited one, network by network, on one scale.

Under each pair stands how much of the map lay in the part that is now covered, beside how large that part is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from torch import Tensor

from carmodel.photo import Photo
from explain import report
from explain.detail import at_detail
from explain.maps import Attribution
from explain.palette import is_signed, legend
from explain.regions import Share, share
from explain.render import overlay, upright
from explain.what_if import Change
from explain.words import METHOD_NAMES, describe, percent
from page.markup import legend_bar, picture

SIDE = 300  # longest side of a picture in px: six stand side by side


@dataclass(frozen=True)
class Sides:
    """The two photos whose maps are compared, and what the ensemble `mode` says of each."""

    photo: Photo
    edited: Photo
    mask: Tensor  # (300, 300), bool: the part covered, where it lies in the photo
    mode: str
    ensemble: Change

    @property
    def titles(self) -> dict[str, str]:
        """Column -> its title."""
        before, after = self.ensemble.before.decided_by, self.ensemble.after.decided_by
        then = "" if before == after else f", then {after} px"
        decides = f"{before} px decides{then}" if before else "average"
        return {"75": "75 px", "100": "100 px", self.mode: f"Ensemble: {decides}"}

    def columns(self, maps: Mapping[str, Attribution], after: bool) -> dict[str, Attribution]:
        """The maps of both networks, of the photo before or after, and with them that of the ensemble."""
        prediction = self.ensemble.after if after else self.ensemble.before
        whole = report.row(maps, self.mode, prediction.decided_by)
        return {name: whole[name] for name in self.titles}


@dataclass(frozen=True)
class Pairs:
    """One method's row as it stands: maps by column of Sides, or none as long as they are not there."""

    method: str
    before: Mapping[str, Attribution] = field(default_factory=dict)
    after: Mapping[str, Attribution] = field(default_factory=dict)
    note: str = ""  # what is being computed, or why there is nothing to see if it `failed`
    failed: bool = False


def row(this: Pairs, of: Sides, detail: str, strength: float) -> str:
    """The row as HTML; all its maps share one scale."""
    before, after = (at_detail(maps, detail) for maps in (this.before, this.after))
    both = {f"{name} {when}": each for when, maps in ((0, before), (1, after)) for name, each in maps.items()}
    scale = report.scale_of(both) if both else 0.0
    cells = []
    for name, title in of.titles.items():
        pictures = (
            _picture(maps.get(name), photo, scale, strength, when)
            for maps, photo, when in ((before, of.photo, "before"), (after, of.edited, "after"))
        )
        below = _share(share(before[name].map, of.mask)) if name in before and of.mask.any() else ""
        pair = f'<div class="maps-pair">{"".join(pictures)}</div>'
        cells.append(f'<div class="column"><h4>{escape(title)}</h4>{pair}{below}</div>')
    state = "failed" if this.failed else "busy" if this.note else "finished"
    note = f'<span class="note">{escape(this.note)}</span>' if this.note else ""
    return (
        f'<section class="card method {state}"><header><div><h3>{METHOD_NAMES[this.method]}</h3>{note}</div>'
        f'{_legend(both, scale)}</header><div class="three">{"".join(cells)}</div></section>'
    )


def _picture(attribution: Attribution | None, photo: Photo, scale: float, strength: float, when: str) -> str:
    if attribution is None:  # the faint photo keeps the place, so that nothing jumps when the map arrives
        frame = f'<div class="frame waiting">{picture(upright(photo, SIDE), "", "map", quality=30)}</div>'
    else:
        alt = f"{when.capitalize()}: {describe(attribution)}"
        image = overlay(attribution, photo, scale, strength, SIDE)
        frame = f'<div class="frame">{picture(image, alt, "map")}</div>'
    return f"<figure>{frame}<figcaption>{when}</figcaption></figure>"


def _share(found: Share) -> str:
    bars = "".join(
        f'<div><dt>{name}</dt><dd><i style="--to:{100 * part:.1f}%"></i>{escape(percent(part))}</dd></div>'
        for name, part in (("of the weight", found.attribution), ("of the area", found.area))
    )
    return f'<dl class="share"><p>What is covered held, before:</p>{bars}</dl>'


def _legend(maps: Mapping[str, Attribution], scale: float) -> str:
    if not maps:
        return '<div class="legends"></div>'
    words = legend(scale, any(map(is_signed, maps.values())))
    return (
        f'<div class="legends">{legend_bar(words.background, words.labels)}<p>{escape(words.unit)}</p></div>'
    )
