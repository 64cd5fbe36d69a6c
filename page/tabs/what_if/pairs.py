"""A row for each method: maps of the photo beside those of the edited one, network by network, on one scale.

Under each pair stands how much of the map lay in the part that is now covered, beside how large that part is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup
from torch import Tensor

from carmodel.photo import Photo
from explain import report
from explain.attribution import Attribution
from explain.evidence.regions import Share, share
from explain.report.palette import is_signed
from explain.report.render import overlay
from explain.report.text import METHOD_NAMES, describe, percent
from explain.smoothing import at_detail
from explain.what_if.effect import Change
from page.markup import picture
from page.tabs.explain.grid import FOR, framed, legends, noted, waiting

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


def row(this: Pairs, of: Sides, detail: str, strength: float) -> Markup:
    """The row; all its maps share one scale."""
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
        cells.append(
            Markup('<div class="column"><h4>{}</h4><div class="maps-pair">{}</div>{}</div>').format(
                title, Markup().join(pictures), below
            )
        )
    state = "failed" if this.failed else "busy" if this.note else "finished"
    meanings = [(any(map(is_signed, both.values())), FOR)] if both else []
    return Markup(
        '<section class="card method {}"><header><div><h3>{}</h3>{}</div>{}</header>'
        '<div class="three">{}</div></section>'
    ).format(
        state, METHOD_NAMES[this.method], noted(this.note), legends(scale, meanings), Markup().join(cells)
    )


def _picture(
    attribution: Attribution | None, photo: Photo, scale: float, strength: float, when: str
) -> Markup:
    if attribution is None:
        frame = waiting(photo, SIDE)
    else:
        alt = f"{when.capitalize()}: {describe(attribution)}"
        frame = framed(picture(overlay(attribution, photo, scale, strength, SIDE), alt, "map"))
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(frame, when)


def _share(found: Share) -> Markup:
    bars = (
        Markup('<div><dt>{}</dt><dd><i style="--to:{:.1f}%"></i>{}</dd></div>').format(
            name, 100 * part, percent(part)
        )
        for name, part in (("of the weight", found.attribution), ("of the area", found.area))
    )
    return Markup('<dl class="share"><p>What is covered held, before:</p>{}</dl>').format(Markup().join(bars))
