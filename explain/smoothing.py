"""How fine a map is shown: pixel by pixel, or net of its neighbourhood.

Signed maps alternate between for and against from pixel to pixel, most of which cancels; what remains over a
neighbourhood is what the eye is looking for. Every pixel's attribution is spread by a Gaussian around it (as
SmoothGrad and others smooth for display), and none of it is lost: the sum stays.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from carmodel.frame import FRAME
from explain.attribution import Attribution

SMOOTHINGS = ("regions", "pixels")
SIGMA = 6.0  # px of the 300 px frame, standard deviation: neighbourhoods about 4 % of the picture wide


def gaussian_smooth(map: Tensor, sigma: float = SIGMA) -> Tensor:
    """A map (300, 300) with every pixel shared out around it; what would fall outside stays inside."""
    position = torch.arange(FRAME, dtype=torch.float64)
    weights = torch.exp(-((position[:, None] - position) ** 2) / (2 * sigma**2))
    weights = (weights / weights.sum(dim=0)).to(map.dtype)  # (to, from): each column gives away exactly 1
    return weights @ map @ weights.T


def smoothed(attribution: Attribution, smoothing: str) -> Attribution:
    """A map as it is to be shown; that of a coarse method is never smoothed further.

    Raises ValueError for a smoothing that is not one of SMOOTHINGS.
    """
    if smoothing not in SMOOTHINGS:
        raise ValueError(f"There is no detail {smoothing!r}; there are {', '.join(SMOOTHINGS)}.")
    if smoothing == "pixels" or attribution.method.coarse:
        return attribution
    return replace(attribution, map=gaussian_smooth(attribution.map))


def all_smoothed(columns: Mapping[str, Attribution], smoothing: str) -> dict[str, Attribution]:
    """A row's maps as they are to be shown. Raises ValueError for a smoothing that does not exist."""
    return {name: smoothed(attribution, smoothing) for name, attribution in columns.items()}
