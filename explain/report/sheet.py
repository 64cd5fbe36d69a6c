"""The contact sheet: a photo, what each network saw and said, and all maps with their receipts, on one page.

Drawn with matplotlib's Figure alone, without pyplot and its global state, so it may run in threads. Lengths
are in pixels of the sheet, and one pixel of a picture is one of the sheet: nothing is resampled.
"""

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from carmodel.network import CLASSES
from explain.methods.registry import METHODS
from explain.report.palette import FOR, PAPER, Ends, colours, legend
from explain.report.render import SIDE, seen, upright
from explain.report.report import Report
from explain.report.text import (
    named,
    network_name,
    percent,
    reason,
    receipt,
    sentence,
    target_name,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 150
MARGIN, GAP = 60, 40
HEADER, HEADING, CAPTION = 150, 84, 84  # heights: of the sheet's title, above a row and below its pictures
LETTERS = 60  # of a sentence in a line of a column, about
LEAST = 250  # height of the first row's chart, however flat the photo
INK, QUIET, FAILED = "#1b1f24", "#5c6570", "#a4200f"


def contact_sheet(report: Report) -> "Figure":
    """The sheet of a report, to be saved at its own resolution, 150 dpi."""
    from matplotlib.figure import Figure  # slow, and the page draws without it

    pictures = [upright(report.photo), *(seen(report.photo, card.size) for card in report.cards.values())]
    tall = pictures[0].height
    first = max(tall, LEAST)
    height = HEADER + first + CAPTION + len(report.rows) * (HEADING + tall + CAPTION) + MARGIN
    figure = Figure(figsize=(_width(report) / DPI, height / DPI), dpi=DPI, facecolor="white")

    name = report.name.encode("latin-1", "replace").decode("latin-1")  # what the built-in font can draw
    said = report.classification, report.ensemble
    _write(figure, MARGIN, MARGIN - 6, sentence(*said), size=17, weight="bold")
    explained = f"{reason(*said)} The maps explain {target_name(report.target)}."
    if (cue := report.classification.cue) and not cue.looks_like_car:
        _write(figure, MARGIN, MARGIN + 72, cue.sentence, colour=FAILED)
    _write(figure, MARGIN, MARGIN + 46, explained, colour=QUIET)
    _write(figure, _width(report) - MARGIN, MARGIN + 46, name, colour=QUIET, align="right")

    captions = ["Photo", *(f"What the {card.size} px network sees" for card in report.cards.values())]
    for column, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        _show(figure, _left(column), HEADER, picture)
        _write(figure, _left(column), HEADER + tall + 10, caption, weight="bold")
    _probabilities(figure, report, first)
    for index, method in enumerate(report.rows):
        _row(figure, report, method, HEADER + first + CAPTION + index * (HEADING + tall + CAPTION))
    return figure


def _row(figure: "Figure", report: Report, method: str, top: int) -> None:
    row = report.card_rows[method]
    _write(figure, MARGIN, top, METHODS[method].title, size=13, weight="bold")
    _write(figure, MARGIN, top + 34, row.idea, colour=QUIET)
    for column, (signed, ends) in enumerate(reversed(row.meanings)):
        _legend(figure, _columns(report) - 1 - column, top, row.scale, signed, ends)
    for column, (name, (heading, _)) in enumerate(report.titles.items()):
        if name not in row.cards:
            reason = fill(report.missing[method][name], LETTERS)
            _write(figure, _left(column), top + HEADING, heading, weight="bold")
            _write(figure, _left(column), top + HEADING + 24, reason, size=7.5, colour=QUIET)
            continue
        card = row.cards[name]
        picture = card.picture()
        _show(figure, _left(column), top + HEADING, picture)
        below = top + HEADING + picture.height + 10
        title = f"{card.title} ({card.hint})" if card.hint else card.title
        _write(figure, _left(column), below, title, weight="bold")
        text = f"Fails: {receipt(card.exact)}" if card.failed else receipt(card.exact)
        _write(figure, _left(column), below + 24, text, size=7.5, colour=FAILED if card.failed else QUIET)


def _probabilities(figure: "Figure", report: Report, height: int) -> None:
    """Bars of each class for the networks and the ensemble, in the column after the pictures."""
    axes = _axes(figure, _left(len(report.cards) + 1) + 84, HEADER, SIDE - 84 - 60, height)
    names = list(dict.fromkeys([*report.cards, report.ensemble]))
    step = 0.78 / len(names)
    for index, name in enumerate(names):
        probabilities = report.classification.predictions[name].probabilities
        at = np.arange(len(CLASSES)) + step * (index - (len(names) - 1) / 2)
        colour = str(0.7 - 0.55 * index / max(1, len(names) - 1))  # greys from light to dark
        axes.barh(at, probabilities, height=0.92 * step, color=colour, label=network_name(name).capitalize())
        for y, probability in zip(at, probabilities, strict=True):
            axes.text(probability + 0.02, y, percent(probability), va="center", fontsize=7, color=INK)
    axes.set(xlim=(0, 1), ylim=(len(CLASSES) - 0.5, -0.5), xticks=[])
    axes.set_yticks(range(len(CLASSES)), [named(label) for label in CLASSES], fontsize=9, color=INK)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(QUIET)
    axes.legend(
        loc="upper left", bbox_to_anchor=(-0.28, -0.02), ncols=3, frameon=False, fontsize=8, handlelength=1
    )


def _legend(
    figure: "Figure",
    column: int,
    top: int,
    scale: float,
    signed: bool,
    ends: Ends = FOR,
) -> None:
    """The legend at the right end of a column: a bar, its labels below, its unit above."""
    width, key = 330, legend(scale, signed, ends)
    left = _left(column) + SIDE - width
    axes = _axes(figure, left, top + 18, width, 16)
    bar = colours(np.linspace(-scale if signed else 0, scale, width)[None], scale, signed)
    axes.set_facecolor(PAPER)
    axes.imshow(bar, aspect="auto", interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    _write(figure, left, top - 4, key.unit, size=7, colour=QUIET)
    for share, align, text in zip((0, 0.5, 1), ("left", "center", "right"), key.labels, strict=True):
        _write(figure, left + share * width, top + 38, text, size=7.5, align=align)


def _columns(report: Report) -> int:
    """How many stand side by side at most: photo, what each network sees and the chart, or a row's maps."""
    return max(len(report.cards) + 2, len(report.titles) if report.rows else 0)


def _width(report: Report) -> int:
    return 2 * MARGIN + _columns(report) * (SIDE + GAP) - GAP


def _left(column: int) -> int:
    return MARGIN + column * (SIDE + GAP)


def _show(figure: "Figure", left: int, top: int, picture: Image.Image) -> None:
    axes = _axes(figure, left, top, picture.width, picture.height)
    axes.imshow(picture, aspect="auto", interpolation="nearest")
    axes.axis("off")


def _axes(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    across, down = figure.bbox.width, figure.bbox.height
    return figure.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))


def _write(
    figure: "Figure",
    left: float,
    top: float,
    text: str,
    size: float = 9,
    weight: str = "normal",
    colour: str = INK,
    align: str = "left",
) -> None:
    figure.text(
        left / figure.bbox.width,
        1 - top / figure.bbox.height,
        text,
        fontsize=size,
        fontweight=weight,
        color=colour,
        ha=align,
        va="top",
        parse_math=False,
    )
