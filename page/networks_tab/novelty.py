"""Is it a car at all: how many pictures without a car are flagged, and how many cars are."""

from html import escape

from carmodel.metrics import wilson
from page.markup import finding
from page.networks_tab.measured import Flagged, Novelty
from page.networks_tab.naming import LISTINGS, one_digit, ordered, source_title, split_name
from page.networks_tab.tables import scroll

ALL = "all"  # the pictures of all folders
FEW = 10  # pictures; of smaller folders a share says little


def block(novelty: Novelty) -> str:
    """A bar for the cars of each source and for other pictures, together and by folder."""
    every = novelty.others[ALL]
    source = LISTINGS if LISTINGS in every.auroc else next(iter(every.auroc))
    cars = novelty.cars[source]
    found = (
        f"The cue flags {one_digit(every.flagged)} of {every.n:,} pictures that show no car, and "
        f"{one_digit(cars.flagged)} of {cars.n:,} photos that do; area under the ROC curve "
        f"{every.auroc[source]:.3f} (1 would be perfect, 0.5 chance)."
    )
    rows = "".join(
        _row(f"{source_title(name)} (cars)", novelty.cars[name], "cars") for name in ordered(novelty.cars)
    )
    rows += _row("All other pictures", every, "others")
    folders = {name: row for name, row in novelty.others.items() if name != ALL and row.n >= FEW}
    rows += "".join(
        _row(name, row, "part") for name, row in sorted(folders.items(), key=lambda item: -item[1].flagged)
    )
    return (
        f"{finding(found)}{scroll('Pictures flagged')}"
        '<table class="flagged"><thead><tr><td></td><td></td><th scope="col">Flagged</th>'
        '<th scope="col">95&nbsp;% interval</th><th scope="col">Pictures</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        f"<p class=remark>Collections with fewer than {FEW} pictures are only in the sum. Measured are the "
        "halves of the collections that were not used to choose the layer, and "
        f"{split_name(novelty.split)}.</p>"
    )


def _row(title: str, row: Flagged, kind: str) -> str:
    low, high = wilson(round(row.flagged * row.n), row.n)
    return (
        f'<tr class="{kind}"><th scope="row">{escape(title)}</th>'
        f'<td class="bar" aria-hidden="true"><i style="--to:{100 * row.flagged:.1f}%"></i></td>'
        f"<td>{one_digit(row.flagged)}</td><td class=quiet>{100 * low:.0f}–{100 * high:.0f}</td>"
        f"<td class=quiet>{row.n:,}</td></tr>"
    )
