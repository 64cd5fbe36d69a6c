"""The block of regions: how much of each map lies on the border and, of an example, on the car's parts."""

from collections.abc import Mapping

from markupsafe import Markup
from torch import Tensor

from explain.attribution import Attribution
from explain.evidence.regions import Share, border, parts, share
from explain.methods.registry import METHODS
from explain.report.tables import Cell, table
from explain.report.text import percent
from explain.smoothing import all_smoothed
from page.markup import finding, untested
from page.tabs.trust import findings
from page.tabs.trust.blocks import column_heading

BORDER = "Border"
COARSE = (
    "In this picture only some parts are told apart; “body” is all the rest of the car."  # mask_level "car"
)
FULL = 4.0  # the ratio whose cell is fully shaded


def block(
    maps: Mapping[str, Mapping[str, Attribution]], smoothing: str, labels: Tensor | None, coarse: bool
) -> Markup:
    """The block for maps (method -> network -> map) as they are shown with `smoothing`.

    `labels` (300, 300) are the parts of an example picture, or None; `coarse` says that not all are told
    apart. Methods without maps are left out, and so are cells of networks that a method has no map of.
    """
    shares = {
        (method, network): _shares(attribution.map, labels)
        for method, pair in maps.items()
        for network, attribution in all_smoothed(pair, smoothing).items()
    }
    methods = [method for method in METHODS if maps.get(method)]
    fullest_first = sorted(maps.values(), key=len, reverse=True)
    networks = list(dict.fromkeys(network for row in fullest_first for network in row))
    regions = next(iter(shares.values())) if shares else {}
    rows = [
        [
            region.capitalize(),
            percent(whole.area),
            *(
                _cell(shares[method, network][region]) if (method, network) in shares else "–"
                for method in methods
                for network in networks
            ),
        ]
        for region, whole in regions.items()
    ]
    groups = [
        Cell(column_heading(METHODS[method]), scope="colgroup", columns=len(networks)) for method in methods
    ]
    sizes = [Markup("{}<span> px</span>").format(network) for network in networks] * len(methods)
    head: list[list[object]] = [["", Cell("Area", scope="col", rows=2), *groups], ["", *sizes]]
    return Markup("{}{}{}").format(
        finding(findings.regions({of: parts[BORDER] for of, parts in shares.items()})),
        table(rows, head=head, kind="parts", label="Weight by region"),
        untested(COARSE) if labels is not None and coarse else "",
    )


def _shares(map: Tensor, labels: Tensor | None) -> dict[str, Share]:
    return {BORDER: share(map, border())} | (parts(map, labels) if labels is not None else {})


def _cell(part: Share) -> Cell:
    title = f"{percent(part.attribution)} of the weight on {percent(part.area)} of the picture"
    digits = 0 if part.ratio >= 9.95 else 1
    shade = 100 * min(part.ratio / FULL, 1)
    return Cell(f"{part.ratio:.{digits}f}×", style=f"--shade:{shade:.0f}%", title=title)
