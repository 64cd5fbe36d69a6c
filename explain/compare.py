"""Where two maps agree: as a ranking of all pixels, and in the pixels that matter most."""

from dataclasses import dataclass

import torch
from torch import Tensor

from explain.maps import Attribution

TOP = 0.1  # the share of the frame's pixels that counts as mattering most


@dataclass(frozen=True)
class Agreement:
    """How far two maps agree."""

    rank_correlation: float | None  # Spearman's, of signed values, -1 to 1; None if a map is constant
    overlap: float  # 0 to 1: share of the tenth with the largest |value| common to both; 0.1 by chance


def agreement(first: Attribution, second: Attribution) -> Agreement:
    """The agreement of two maps, of whatever networks, methods or targets, pixel by pixel of the frame."""
    a, b = _ranks(first.map), _ranks(second.map)
    a, b = a - a.mean(), b - b.mean()
    scale = (a.norm() * b.norm()).item()
    shared = torch.minimum(_membership(first.map), _membership(second.map)).sum().item()
    return Agreement(
        rank_correlation=(a @ b).item() / scale if scale else None,
        overlap=shared / (TOP * first.map.numel()),
    )


def _ranks(map: Tensor) -> Tensor:
    """Ranks from 1 (pixels,) of a map's values; equal ones, as in a block, share the mean of their ranks."""
    _, place, count = map.flatten().unique(return_inverse=True, return_counts=True)
    return (count.cumsum(0) - (count.double() - 1) / 2)[place]


def _membership(map: Tensor) -> Tensor:
    """How far each pixel (pixels,) is in the top tenth, 0 to 1; equal values at its edge share the rest."""
    size = map.abs().double().flatten()
    wanted = TOP * size.numel()
    edge = size.sort(descending=True).values[round(wanted) - 1]
    above, at_edge = size > edge, size == edge
    return above + at_edge * (wanted - above.sum()) / at_edge.sum()
