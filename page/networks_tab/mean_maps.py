"""Where the networks look on average: the mean |map| of each method, network and class over a survey."""

from collections.abc import Mapping
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from carmodel.ensemble import SPOKEN
from explain.attribution import METHODS
from explain.palette import colours, legend
from explain.words import METHOD_NAMES, NETWORK_NAMES, REGIONS, named, percent
from page.markup import finding, picture
from page.networks_tab.surveyed import GROUPS, MapKey, Survey

NETWORKS = ("75", "100", "average")
NINTHS = 3
FULL = 0.995  # quantile of the densities that is drawn in full colour


def block(survey: Survey) -> str:
    """A grid for each method: networks down, all photos and each class across."""
    groups = [group for group in GROUPS if any(key[2] == group for key in survey.maps)]
    grids = "".join(_grid(method, survey.maps, groups) for method in METHODS)
    return (
        f"{finding(_found(survey))}{_scale()}{grids}<p class=remark>Means over {survey.measured_on}, "
        "by the class that was explained; each shows 20 photos or more, so that no single one can be "
        "made out. A method’s maps share one scale: full colour is what its most heavily weighted places "
        "reach.</p>"
    )


def _found(survey: Survey) -> str:
    """How much of the weight lies in the centre ninth, by network, for the method that sums to the score."""
    shares = {
        network: float(_ninths(survey.maps["shap", network, "all"])[4])
        for network in NETWORKS[:2]
        if ("shap", network, "all") in survey.maps
    }
    if len(shares) < 2:
        return ""
    small, large = (percent(share) for share in shares.values())
    return (
        f"The centre ninth of the picture holds {small} of the SHAP weight of 75 px and {large} of that of "
        f"100 px; an even share would be {percent(1 / NINTHS**2)}."
    )


def _scale() -> str:
    bar = legend(1.0, signed=False).background
    return (
        f'<div class="swatch"><i style="background:{bar}"></i><span>no weight</span><span>most</span></div>'
    )


def _grid(method: str, maps: Mapping[MapKey, NDArray[np.float32]], groups: list[str]) -> str:
    own = [array for key, array in maps.items() if key[0] == method]
    if not own:
        return ""
    scale = float(np.quantile(np.stack(own), FULL)) or 1.0
    heads = "".join(f"<span>{_group_name(group)}</span>" for group in groups)
    rows = ""
    for network in NETWORKS:
        cells = "".join(_cell((method, network, group), maps, scale) for group in groups)
        rows += f"<b>{NETWORK_NAMES[network].capitalize().replace(' px', '&nbsp;px')}</b>{cells}"
    return (
        f'<h4>{METHOD_NAMES[method]}</h4><div class="means" '
        f'style="--groups:{len(groups)}"><span></span>{heads}'
        f"{rows}</div>"
    )


def _cell(key: MapKey, maps: Mapping[MapKey, NDArray[np.float32]], scale: float) -> str:
    if key not in maps:
        return "<span class=none>too few</span>"
    rgba = colours(maps[key], scale, signed=False)
    image = Image.fromarray(np.uint8(np.rint(255 * rgba)), "RGBA")
    return f'<div class="frame">{picture(image, _alt(key, maps[key]), "mean", quality=80)}</div>'


def _alt(key: MapKey, density: NDArray[np.float32]) -> str:
    """ "SHAP, 75 px, SUV: 31 % of the weight in the centre, 4 % in the upper left." """
    method, network, group = key
    shares = _ninths(density)
    most, least = int(shares.argmax()), int(shares.argmin())
    return escape(
        f"{METHOD_NAMES[method]}, {NETWORK_NAMES[network]}, {SPOKEN.get(group, 'all photos')}: "
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
