"""Line charts as inline SVG in inks that the style sheet fills in, so dark mode follows.

Text, axes and grid take `currentColor`; a line takes the CSS variable of its name, and is told apart by its
dashes and marks as well as by its colour. Nothing is imported for it, and charts need no ids.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

UNITS = 72  # of the SVG in an inch
LEFT, RIGHT, TOP, BOTTOM = 36.0, 8.6, 7.2, 17.3  # margins, units
TITLE = 14.4  # height of the title under the axis, units
PAD, DROP = 5.0, 13.0  # units from the axes to their labels: leftwards, and down to the base line
DASHES = {"solid": "", "dashed": "7.2 3.6", "dotted": "1.8 2.9"}
MARKS = {
    "o": Markup('<circle cx="{x}" cy="{y}" r="{r}" style="fill: var(--{ink})"/>'),
    "s": Markup('<rect x="{left}" y="{above}" width="{d}" height="{d}" style="fill: var(--{ink})"/>'),
    "^": Markup('<path d="M {x} {above} L {right} {below} L {left} {below} Z" style="fill: var(--{ink})"/>'),
}
RADIUS = 2.4  # of a mark, units


@dataclass(frozen=True)
class Line:
    """A line of a chart; a value that is None leaves a gap."""

    ink: str  # name of a CSS variable, without "--"
    y: Sequence[float | None]
    dashes: str = "solid"  # one of DASHES, or "" for marks alone
    mark: str = ""  # one of MARKS, or "" for none
    every: int = 1  # a mark at each point, or at every so many
    x: Sequence[float] | None = None  # where the values lie, if not where the chart's do
    sizes: Sequence[float] = ()  # of its marks, in usual ones; empty if all are usual


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
    rules: Sequence[float] = (),
) -> Markup:
    """Lines over common `x` as an <svg> that fills the width it is given; `alt` says in words what it shows.

    `size` is in inches of 72 units; the text's size is the style sheet's. `rules` are places across where an
    upright line divides the chart.
    """
    width, height = (UNITS * side for side in size)
    floor = height - BOTTOM - (TITLE if across.title else 0.0)

    def place(values: Sequence[float], axis: Axis, start: float, end: float) -> list[float]:
        low, high = axis.ticks[0], axis.ticks[-1]
        return [start + (end - start) * (value - low) / (high - low) for value in values]

    def at(values: Sequence[float]) -> list[float]:
        return place(values, across, LEFT, width - RIGHT)

    def level(values: Sequence[float]) -> list[float]:
        return place(values, up, floor, TOP)

    grid = "".join(f"M {LEFT} {y:.1f} H {width - RIGHT:.1f}" for y in level(up.ticks))
    grid += "".join(f"M {place:.1f} {TOP} V {floor:.1f}" for place in at(rules))
    body = [
        Markup(
            '<path d="{}" fill="none" style="stroke-width: 0.8; stroke: currentColor; opacity: 0.14"/>'
        ).format(grid),
        *_texts(across, [(place, floor + DROP) for place in at(across.ticks)], "middle"),
        _text(across.title, (LEFT + width - RIGHT) / 2, height - 4, "middle") if across.title else "",
        *_texts(up, [(LEFT - PAD, y + 3.8) for y in level(up.ticks)], "end"),
    ]
    for line in lines:
        values = {number: value for number, value in enumerate(line.y) if value is not None}
        places = at(x if line.x is None else line.x)
        levels = dict(zip(values, level([*values.values()]), strict=True))
        body += _drawn(line, {number: (places[number], levels[number]) for number in values})
    return Markup('<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {:g} {:g}">{}</svg>').format(
        alt, width, height, Markup().join(body)
    )


def _drawn(line: Line, points: dict[int, tuple[float, float]]) -> Iterator[Markup]:
    if line.dashes:
        steps = " ".join(
            f"{'L' if number - 1 in points else 'M'} {x:.1f} {y:.1f}" for number, (x, y) in points.items()
        )
        dashes = f"stroke-dasharray: {DASHES[line.dashes]}; " if DASHES[line.dashes] else ""
        style = f"{dashes}stroke-width: 1.8; stroke-linejoin: round; stroke: var(--{line.ink})"
        yield Markup('<path d="{}" fill="none" style="{}"/>').format(steps, style)
    for number, (x, y) in points.items():
        if line.mark and number % line.every == 0:
            r = RADIUS * (line.sizes[number] if line.sizes else 1)
            edges = {"left": x - r, "right": x + r, "above": y - r, "below": y + r}
            figures = {name: f"{value:.1f}" for name, value in {"x": x, "y": y, "d": 2 * r, **edges}.items()}
            yield MARKS[line.mark].format(**figures, r=f"{r:.2f}", ink=line.ink)


def _texts(axis: Axis, places: Sequence[tuple[float, float]], anchor: str) -> Iterator[Markup]:
    for label, place in zip(axis.labels, places, strict=True):
        if label:
            yield _text(label, *place, anchor)


def _text(text: str, x: float, y: float, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, text)
