"""Is it a car at all: how many pictures without a car are flagged, and how many cars are."""

from markupsafe import Markup

from carmodel.metrics import wilson
from page.markup import finding
from page.results.measured import Flagged, Novelty
from page.results.naming import LISTINGS, one_digit, ordered, source_title, split_name
from page.tabs.networks.tables import scroll

ALL = "all"  # the pictures of all folders
FEW = 10  # pictures; of smaller folders a share says little


def block(novelty: Novelty) -> Markup:
    """A bar for the cars of each source and for other pictures, together and by folder."""
    every = novelty.others[ALL]
    source = LISTINGS if LISTINGS in every.auroc else next(iter(every.auroc))
    cars = novelty.cars[source]
    found = (
        f"The cue flags {one_digit(every.flagged)} of {every.n:,} pictures that show no car, and "
        f"{one_digit(cars.flagged)} of {cars.n:,} photos that do; area under the ROC curve "
        f"{every.auroc[source]:.3f} (1 would be perfect, 0.5 chance)."
    )
    rows = [
        *(_row(f"{source_title(name)} (cars)", novelty.cars[name], "cars") for name in ordered(novelty.cars)),
        _row("All other pictures", every, "others"),
    ]
    folders = {name: row for name, row in novelty.others.items() if name != ALL and row.n >= FEW}
    rows += (
        _row(name, row, "part") for name, row in sorted(folders.items(), key=lambda item: -item[1].flagged)
    )
    return Markup(
        '{finding}{scroll}<table class="flagged"><thead><tr><td></td><td></td><th scope="col">Flagged</th>'
        '<th scope="col">95&nbsp;% interval</th><th scope="col">Pictures</th></tr></thead>'
        "<tbody>{rows}</tbody></table></div>"
        "<p class=remark>Collections with fewer than {few} pictures are only in the sum. Measured are the "
        "halves of the collections that were not used to choose the layer, and {split}.</p>"
    ).format(
        finding=finding(found),
        scroll=scroll("Pictures flagged"),
        rows=Markup().join(rows),
        few=FEW,
        split=split_name(novelty.split),
    )


def _row(title: str, row: Flagged, kind: str) -> Markup:
    low, high = wilson(round(row.flagged * row.n), row.n)
    return Markup(
        '<tr class="{}"><th scope="row">{}</th>'
        '<td class="bar" aria-hidden="true"><i style="--to:{:.1f}%"></i></td>'
        "<td>{}</td><td class=quiet>{:.0f}–{:.0f}</td><td class=quiet>{:,}</td></tr>"
    ).format(kind, title, 100 * row.flagged, one_digit(row.flagged), 100 * low, 100 * high, row.n)
