"""Where the networks look on average: the mean |map| of each method, network and class over a survey."""

from collections.abc import Mapping

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from carmodel.ensemble import SPOKEN
from explain.methods.registry import METHODS
from explain.report.palette import colours, legend
from explain.report.text import REGIONS, listed, named, network_name, percent
from page.markup import finding, kept_together, picture, repeated
from page.results.surveyed import GROUPS, MapKey, Survey

NINTHS = 3
FULL = 0.995  # quantile of the densities that is drawn in full colour


def block(survey: Survey) -> Markup:
    """A grid for each method: networks down, all photos and each class across."""
    groups = [group for group in GROUPS if any(key[2] == group for key in survey.maps)]
    grids = Markup().join(_grid(method, survey, groups) for method in survey.methods)
    return Markup(
        "{}{}{}<p class=remark>Means over {}, "
        "by the class that was explained; each shows 20 photos or more, so that no single one can be "
        "made out. A method’s maps share one scale: full colour is what its most heavily weighted places "
        "reach.</p>"
    ).format(finding(_found(survey)), _scale(), grids, survey.measured_on)


def _found(survey: Survey) -> str:
    """How much of the weight lies in the centre ninth, by network, for the method that sums to the score."""
    complete = [name for name in survey.methods if METHODS[name].complete and not METHODS[name].refines]
    shares = {
        network: float(_ninths(survey.maps[complete[-1], network, "all"])[NINTHS**2 // 2])
        for network in survey.networks
        if complete and (complete[-1], network, "all") in survey.maps
    }
    if len(shares) < 2:
        return ""
    held = listed(f"{percent(share)} for {network_name(name)}" for name, share in shares.items())
    return (
        f"Of the weight that {METHODS[complete[-1]].title} finds, the centre ninth of the picture holds "
        f"{held}; an even share would be {percent(1 / NINTHS**2)}."
    )


def _scale() -> Markup:
    return Markup(
        '<div class="swatch"><i style="background:{}"></i><span>no weight</span><span>most</span></div>'
    ).format(legend(1.0, signed=False).background)


def _grid(method: str, survey: Survey, groups: list[str]) -> Markup:
    maps = survey.maps
    own = [array for key, array in maps.items() if key[0] == method]
    if not own:
        return Markup()
    scale = float(np.quantile(np.stack(own), FULL)) or 1.0
    heads = repeated(Markup("<span>{}</span>"), map(_group_name, groups))
    rows = Markup()
    for network in survey.figures:
        if method not in survey.figures[network]:
            continue
        cells = Markup().join(_cell((method, network, group), maps, scale) for group in groups)
        rows += Markup("<b>{}</b>{}").format(kept_together(network_name(network).capitalize()), cells)
    return Markup('<h4>{}</h4><div class="means" style="--groups:{}"><span></span>{}{}</div>').format(
        METHODS[method].title, len(groups), heads, rows
    )


def _cell(key: MapKey, maps: Mapping[MapKey, NDArray[np.float32]], scale: float) -> Markup:
    if key not in maps:
        return Markup("<span class=none>too few</span>")
    rgba = colours(maps[key], scale, signed=False)
    image = Image.fromarray(np.rint(255 * rgba).astype(np.uint8), "RGBA")
    return Markup('<div class="frame">{}</div>').format(
        picture(image, _alt(key, maps[key]), "mean", quality=80)
    )


def _alt(key: MapKey, density: NDArray[np.float32]) -> str:
    """ "SHAP, 75 px, SUV: 31 % of the weight in the centre, 4 % in the upper left." """
    method, network, group = key
    shares = _ninths(density)
    most, least = int(shares.argmax()), int(shares.argmin())
    return (
        f"{METHODS[method].title}, {network_name(network)}, {SPOKEN.get(group, 'all photos')}: "
        f"{percent(shares[most])} of the weight in {REGIONS[most]}, "
        f"{percent(shares[least])} in {REGIONS[least]}."
    )


def _ninths(density: NDArray[np.float32]) -> NDArray[np.float64]:
    """The share of the weight (9,) in each ninth of the picture, row by row."""
    side = len(density) // NINTHS
    sums = density.astype(np.float64).reshape(NINTHS, side, NINTHS, side).sum((1, 3)).flatten()
    return sums / (sums.sum() or 1)


def _group_name(group: str) -> str:
    return "All" if group == "all" else named(group)
