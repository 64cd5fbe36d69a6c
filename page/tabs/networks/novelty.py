"""Is it a car at all: how many pictures without a car are flagged, and how many cars are."""

from markupsafe import Markup

from carmodel.metrics import wilson
from explain.report.tables import Cell, Row, scrolled, table
from page.markup import finding, kept_together
from page.results.measured import Flagged, Novelty
from page.results.naming import LISTINGS, one_digit, ordered, source_title, split_name

ALL = "all"  # the pictures of all folders
FEW = 10  # pictures; of smaller folders a share says little


def block(novelty: Novelty) -> Markup:
    """A bar for the cars of each source and for other pictures, together and by folder."""
    every = novelty.others[ALL]
    source = LISTINGS if LISTINGS in every.auroc else next(iter(every.auroc))
    cars = novelty.cars[source]
    sentence = (
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
    heads = ["", "", "Flagged", kept_together("95 % interval"), "Pictures"]
    return Markup(
        "{finding}{table}<p class=remark>Collections with fewer than {few} pictures are only in the sum. "
        "Measured are the halves of the collections that were not used to choose the layer, and {split}.</p>"
    ).format(
        finding=finding(sentence),
        table=scrolled(table(rows, head=[heads], kind="flagged"), "Pictures flagged"),
        few=FEW,
        split=split_name(novelty.split),
    )


def _row(title: str, row: Flagged, kind: str) -> Row:
    low, high = wilson(round(row.flagged * row.n), row.n)
    bar = Cell(Markup('<i style="--to:{:.1f}%"></i>').format(100 * row.flagged), kind="bar", hidden=True)
    interval = Cell(f"{100 * low:.0f}–{100 * high:.0f}", kind="quiet")
    return Row([title, bar, one_digit(row.flagged), interval, Cell(f"{row.n:,}", kind="quiet")], kind)
