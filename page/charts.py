"""Line charts as inline SVG, drawn by matplotlib in inks that the style sheet fills in, so dark mode follows.

The figure is drawn without pyplot, whose state is global. Text, axes and grid take `currentColor`; a line
takes the CSS variable of its name, and is told apart by its dashes and marks as well as by its colour.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from io import StringIO
from itertools import count
from threading import Lock

TEXT = "#010101"  # stands for currentColor until the SVG is written
MARGINS = 0.5, 0.12, 0.24, 0.1  # inches: left, right, bottom, top
UNITS = 72  # of the SVG in an inch
TEXT_SIZE = 11  # units
DASHES = {"solid": "-", "dashed": (0, (4, 2)), "dotted": (0, (1, 1.6))}

_drawing = Lock()  # the settings that savefig reads are global


@dataclass(frozen=True)
class Line:
    """A line of a chart; a value that is None leaves a gap."""

    ink: str  # name of a CSS variable, without "--"
    y: Sequence[float | None]
    dashes: str = "solid"  # one of DASHES
    mark: str = ""  # one of matplotlib's markers, such as "o"
    every: int = 1  # a mark at each point, or at every so many


@dataclass(frozen=True)
class Axis:
    """An axis from the first tick to the last, with what to write at its ticks and what it says."""

    ticks: Sequence[float]
    labels: Sequence[str]
    title: str = ""


def chart(
    alt: str,
    lines: Sequence[Line],
    x: Sequence[float],
    across: Axis,
    up: Axis,
    size: tuple[float, float] = (3.5, 1.95),
) -> str:
    """Lines over common `x` as an <svg> that fills the width it is given; `alt` says in words what it shows.

    `size` is in inches of 72 units; the text's size is the style sheet's, about TEXT_SIZE units.
    """
    from matplotlib import rc_context  # imported here: it takes seconds, which the page's start need not wait
    from matplotlib.figure import Figure

    left, right, bottom, top = MARGINS
    bottom += 0.2 if across.title else 0.0
    width, height = size
    figure = Figure(figsize=size, dpi=UNITS)
    box = left / width, bottom / height, (width - left - right) / width, (height - bottom - top) / height
    axes = figure.add_axes(box)
    inks = {}
    for line, number in zip(lines, count(2)):
        inks[colour := f"#0101{number:02x}"] = line.ink
        y = [float("nan") if value is None else value for value in line.y]
        axes.plot(
            x,
            y,
            color=colour,
            linestyle=DASHES[line.dashes],
            linewidth=1.8,
            marker=line.mark,
            markevery=line.every,
            markersize=4.5,
            clip_on=False,
        )
    axes.set_xlim(across.ticks[0], across.ticks[-1])
    axes.set_ylim(up.ticks[0], up.ticks[-1])
    axes.set_xticks(across.ticks, across.labels, fontsize=TEXT_SIZE)
    axes.set_yticks(up.ticks, up.labels, fontsize=TEXT_SIZE)
    axes.set_xlabel(across.title, fontsize=TEXT_SIZE)
    axes.tick_params(length=0, pad=5)
    axes.grid(axis="y", color=TEXT, alpha=0.14, linewidth=0.8)
    axes.spines[:].set_visible(False)
    axes.set_axisbelow(True)
    file = StringIO()
    with _drawing, rc_context({"svg.fonttype": "none", "svg.hashsalt": ""}):
        figure.savefig(file, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator")))
    return _inline(file.getvalue(), alt, inks)


def _inline(svg: str, alt: str, inks: dict[str, str]) -> str:
    """The figure's own SVG as a part of a page: named, without a size, style or fonts of its own."""
    own = sha256((alt + svg).encode()).hexdigest()[:8]  # ids must differ from those of the other charts
    body = svg[svg.index("<defs>", svg.index("<svg")) :]
    body = re.sub(r"<style.*?</style>|<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r" ?font-(size|family): [^;\"]*;?", "", body)
    used = set(re.findall(r"#(\w+)\"|url\(#(\w+)\)", body))
    kept = {first or second for first, second in used}
    body = re.sub(r' id="([^"]*)"', lambda found: f' id="{found[1]}-{own}"' if found[1] in kept else "", body)
    body = re.sub(r'(xlink:href="#|url\(#)(\w+)', rf"\1\2-{own}", body).replace("xlink:href", "href")
    for colour, ink in {TEXT: "currentColor", **{c: f"var(--{ink})" for c, ink in inks.items()}}.items():
        body = body.replace(colour, ink)
    box = re.search(r'viewBox="[^"]*"', svg)[0]
    return f'<svg class="chart" role="img" aria-label="{escape(alt)}" {box}>{body}'
