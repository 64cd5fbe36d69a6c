"""Palettes as data, the scale that neighbouring maps share, and the legend that says both.

Signed maps use one diverging palette, red for and blue against, with a transparent centre: what does not
matter stays photo. Both halves have the same opacity at the same magnitude and nearly the same lightness
(OKLab), so that a value looks as strong for as against, and they differ along blue and yellow, which people
with red-green colour blindness tell apart. Positive-only maps have a sequential palette of their
own, amber to brown, not the red half: beside signed maps, red without blue would say that nothing speaks
against, where the method merely cannot show it. It is less opaque: such maps cover large areas of the photo.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explain.attribution import Attribution
from explain.report.text import compared_networks

Stops = tuple[tuple[float, str, float], ...]  # (magnitude as a fraction of the scale, colour, opacity)

RED: Stops = ((0.0, "#e0674a", 0.0), (0.5, "#cf3f24", 0.62), (1.0, "#a4200f", 0.96))
BLUE: Stops = ((0.0, "#4f8fe0", 0.0), (0.5, "#2a74d2", 0.62), (1.0, "#12509f", 0.96))
POSITIVE: Stops = ((0.0, "#ffce3a", 0.0), (0.5, "#f7a800", 0.60), (1.0, "#b35a00", 0.86))
PAPER = "#e6e6e6"  # what a legend is drawn on in light and dark mode: the grey of a lightened photo

PIXELS_PER_PERCENT = 900  # frame pixels in 1 % of the 300×300 picture


def is_signed(attribution: Attribution) -> bool:
    """Whether a map takes the diverging palette: all do but non-negative ones of unsigned methods."""
    return attribution.method.signed or bool(attribution.parts) or bool((attribution.map < 0).any())


Ends = tuple[str, str]  # what negative and positive values of a map mean
FOR: Ends = ("against", "for")


def meanings(maps: Iterable[Attribution]) -> list[tuple[bool, Ends]]:
    """What colours mean in a row of maps: whether they are signed, and what their ends stand for.

    One meaning if all maps have it; where maps are positive only, their difference has its own.
    """
    row = list(maps)
    own = [attribution for attribution in row if not attribution.parts]
    meant = [(any(map(is_signed, own)), FOR)] if own else []
    if meant and not meant[0][0]:
        differences = [attribution for attribution in row if attribution.parts]
        meant += [(True, compared_networks(attribution)[::-1]) for attribution in differences]
    return meant


def shared_scale(maps: Sequence[Tensor]) -> float:
    """The magnitude drawn in full colour: the 99.5th percentile of |map| over all pixels of `maps`.

    One number for a row of networks, so that equal colours are equal attributions. The largest magnitude if
    fewer than 0.5 % of the pixels are not zero; 0.0 if all are zero.
    """
    magnitude = torch.cat([pixels.flatten() for pixels in maps]).abs()
    return float(magnitude.quantile(0.995)) or float(magnitude.max())


def colours(values: NDArray[np.floating[Any]], scale: float, signed: bool) -> NDArray[np.float64]:
    """RGBA in [0, 1] (..., 4), colours not multiplied by opacity, of attributions `values` (...).

    Linear up to `scale` (from `shared_scale`, in the unit of the values) and full colour beyond it; zero is
    wholly transparent.
    """
    fraction = np.clip(values / scale, -1, 1) if scale else np.zeros_like(values)
    if not signed:
        return _along(POSITIVE, fraction)
    return np.where(fraction[..., None] < 0, _along(BLUE, -fraction), _along(RED, fraction))


@dataclass(frozen=True)
class Legend:
    """A legend as data: the bar as a value of CSS's `background`, and what to write at it."""

    background: str
    labels: tuple[str, str, str]  # below the left end, the middle and the right end
    unit: str


def legend(scale: float, signed: bool, ends: Ends = FOR) -> Legend:
    """The legend of maps drawn at `scale` (logits per frame pixel), which it prints per 1 % of the picture.

    `ends` says what negative and positive values mean. The bar lies on PAPER, so that it reads the same in
    light and dark mode.
    """
    value = readable(scale * PIXELS_PER_PERCENT)
    against = ((-at, colour, opacity) for at, colour, opacity in reversed(BLUE))
    stops = (*against, *RED) if signed else POSITIVE
    low = -1 if signed else 0
    points = ", ".join(
        f"rgb({' '.join(str(round(255 * channel)) for channel in _rgb(colour))} / {opacity:g})"
        f" {100 * (at - low) / (1 - low):g}%"
        for at, colour, opacity in stops
    )
    return Legend(
        background=f"linear-gradient(90deg, {points}), {PAPER}",
        labels=(f"{ends[0]} −{value}" if signed else "0", "0" if signed else "", f"{ends[1]} +{value}"),
        unit="logits per 1 % of the picture",
    )


def readable(value: float) -> str:
    """Two significant figures without an exponent where one is not needed: 0.35, 1.2, 120."""
    return f"{value:.0f}" if abs(value) >= 99.5 else f"{value:.2g}"


def _along(stops: Stops, fraction: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    at = [stop[0] for stop in stops]
    channels = np.array([(*_rgb(colour), opacity) for _, colour, opacity in stops]).T
    return np.stack([np.interp(fraction, at, channel) for channel in channels], axis=-1)


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue
