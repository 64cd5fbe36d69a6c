"""The block of regions: how much of each map lies on the border and, of an example, on the car's parts."""

from collections.abc import Mapping

from torch import Tensor

from explain.attribution import METHODS, Attribution
from explain.detail import at_detail
from explain.regions import Share, border, parts, share
from explain.words import percent
from page.markup import finding, untested
from page.trust_tab import findings
from page.trust_tab.blocks import NETWORKS, SHORT

BORDER = "Border"
COARSE = (
    "In this picture only some parts are told apart; “body” is all the rest of the car."  # mask_level "car"
)
FULL = 4.0  # the ratio whose cell is fully shaded


def block(
    maps: Mapping[str, Mapping[str, Attribution]], detail: str, labels: Tensor | None, coarse: bool
) -> str:
    """The block for maps (method -> "75" and "100" -> map) as they are shown at `detail`.

    `labels` (300, 300) are the parts of an example picture, or None; `coarse` says that not all are told
    apart. Methods without maps are left out.
    """
    shares = {
        (method, network): _shares(shown.map, labels)
        for method, pair in maps.items()
        for network, shown in at_detail(pair, detail).items()
    }
    methods = [method for method in METHODS if method in maps]
    regions = next(iter(shares.values())) if shares else {}
    rows = "".join(
        f'<tr><th scope="row">{region.capitalize()}</th><td>{percent(whole.area)}</td>'
        + "".join(_cell(shares[method, network][region]) for method in methods for network in NETWORKS)
        + "</tr>"
        for region, whole in regions.items()
    )
    area = '<th scope="col" rowspan="2">Area</th>'
    groups = "".join(f'<th scope="colgroup" colspan="2">{SHORT[method]}</th>' for method in methods)
    sizes = "".join(
        f'<th scope="col">{network}<span> px</span></th>' for _ in methods for network in NETWORKS
    )
    note = untested(COARSE) if labels is not None and coarse else ""
    found = finding(findings.regions({of: each[BORDER] for of, each in shares.items()}))
    return (
        f'{found}<table class="parts" aria-label="Weight by region"><thead><tr><td></td>{area}{groups}</tr>'
        f"<tr><td></td>{sizes}</tr></thead><tbody>{rows}</tbody></table>{note}"
    )


def _shares(map: Tensor, labels: Tensor | None) -> dict[str, Share]:
    return {BORDER: share(map, border())} | (parts(map, labels) if labels is not None else {})


def _cell(found: Share) -> str:
    shade = f"{100 * min(found.ratio / FULL, 1):.0f}%"
    title = f"{percent(found.attribution)} of the weight on {percent(found.area)} of the picture"
    digits = 0 if found.ratio >= 9.95 else 1
    return f'<td title="{title}" style="--shade:{shade}">{found.ratio:.{digits}f}×</td>'
