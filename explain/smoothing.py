"""How fine a map is shown: pixel by pixel, or net of its neighbourhood.

The maps of Integrated Gradients and SHAP alternate between for and against from pixel to pixel, most of which
cancels; what remains over a neighbourhood is what the eye is looking for. Every pixel's attribution is spread
by a Gaussian around it (as SmoothGrad and others smooth for display), and none of it is lost: the sum stays.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from carmodel.frame import FRAME
from explain.attribution import Attribution

DETAILS = ("regions", "pixels")
SPREAD = 6.0  # px of the 300 px frame, standard deviation: neighbourhoods about 4 % of the picture wide


def spread(map: Tensor, sigma: float = SPREAD) -> Tensor:
    """A map (300, 300) with every pixel shared out around it; what would fall outside stays inside."""
    position = torch.arange(FRAME, dtype=torch.float64)
    weights = torch.exp(-((position[:, None] - position) ** 2) / (2 * sigma**2))
    weights = (weights / weights.sum(dim=0)).to(map.dtype)  # (to, from): each column gives away exactly 1
    return weights @ map @ weights.T


def shown(attribution: Attribution, detail: str) -> Attribution:
    """A map as it is to be shown; Grad-CAM's, which is coarse, is never spread further.

    Raises ValueError for a detail that is not one of DETAILS.
    """
    if detail not in DETAILS:
        raise ValueError(f"There is no detail {detail!r}; there are {', '.join(DETAILS)}.")
    if detail == "pixels" or attribution.method == "gradcam":
        return attribution
    return replace(attribution, map=spread(attribution.map))


def at_detail(columns: Mapping[str, Attribution], detail: str) -> dict[str, Attribution]:
    """A row's maps as they are to be shown. Raises ValueError for a detail that is not one of DETAILS."""
    return {name: shown(each, detail) for name, each in columns.items()}
