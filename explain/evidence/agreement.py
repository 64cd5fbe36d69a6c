"""Where maps agree: as a ranking of all pixels, and in the pixels that matter most."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from explain.attribution import Attribution

TOP = 0.1  # the share of the frame's pixels that counts as mattering most


@dataclass(frozen=True)
class Agreement:
    """How far two maps agree."""

    rank_correlation: float | None  # Spearman's, of signed values, -1 to 1; None if a map is constant
    overlap: float  # 0 to 1: share of the tenth with the largest |value| common to both; 0.1 by chance


Matrix = Mapping[tuple[str, str], Agreement]  # the names of two maps, in the order of the maps


def agreement(first: Attribution, second: Attribution) -> Agreement:
    """The agreement of two maps, of whatever networks, methods or targets, pixel by pixel of the frame."""
    return agreements({"first": first, "second": second})["first", "second"]


def agreements(maps: Mapping[str, Attribution]) -> Matrix:
    """The agreement of every two of the maps, each of which is ranked once."""
    ranks = {name: _ranks(attribution.map) for name, attribution in maps.items()}
    members = {name: _membership(attribution.map) for name, attribution in maps.items()}
    return {(a, b): _agreement(ranks[a], ranks[b], members[a], members[b]) for a, b in combinations(maps, 2)}


def least_alike(matrix: Matrix) -> tuple[str, str]:
    """The two maps with the lowest rank correlation; a constant map, which has none, counts as 0."""
    return min(matrix, key=lambda pair: matrix[pair].rank_correlation or 0.0)


def _agreement(a: Tensor, b: Tensor, in_a: Tensor, in_b: Tensor) -> Agreement:
    scale = (a.norm() * b.norm()).item()
    shared = torch.minimum(in_a, in_b).sum().item()
    return Agreement(
        rank_correlation=(a @ b).item() / scale if scale else None,
        overlap=shared / (TOP * a.numel()),
    )


def _ranks(map: Tensor) -> Tensor:
    """Centred ranks (pixels,) of a map's values; equal ones, as in a block, share the mean of their ranks."""
    _, place, count = map.flatten().unique(return_inverse=True, return_counts=True)
    ranks = (count.cumsum(0) - (count.double() - 1) / 2)[place]
    return ranks - ranks.mean()


def _membership(map: Tensor) -> Tensor:
    """How far each pixel (pixels,) is in the top tenth, 0 to 1; equal values at its edge share the rest."""
    size = map.abs().double().flatten()
    count = TOP * size.numel()
    edge = size.sort(descending=True).values[round(count) - 1]
    above, at_edge = size > edge, size == edge
    return above + at_edge * (count - above.sum()) / at_edge.sum()
