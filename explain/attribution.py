"""An attribution map as data, and the arithmetic of maps: mean and difference."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from explain.methods.method import Method
from explain.target import Target

FUSED = "the fused engine"  # the fast lane's
MINUS = " − "  # between the names of two networks whose maps are subtracted


@dataclass(frozen=True, eq=False)
class Attribution:
    """A map of what spoke for (positive) and against (negative) a score, and how far it adds up."""

    map: Tensor  # (300, 300), logits per frame pixel; sums to the whole attribution
    cells: Tensor  # the method's own map before it went to the frame; of combined maps the same as `map`
    method: Method
    network: str  # the name of a network, such as "75", or "average", or of two "75 − 100"
    target: Target
    reference: str  # name of what the photo is compared with, or "none"
    score: float  # of the photo, in logits
    reference_score: float | None  # of the reference, or the mean over several; None without one
    gap: float | None  # see completeness_gap; None if it has no sum to check
    steps: int  # of a method that refines its maps, 1 for others; of combined maps the larger
    seconds: float  # of computing
    made_by: str = FUSED  # what computed it; of combined maps each of them once
    not_fast: str = ""  # why that is not the fused engine, where it was to be if it could; likewise

    @property
    def parts(self) -> tuple[str, ...]:
        """The two networks of a difference, the first less the second; none for any other map."""
        names = self.network.split(MINUS)
        return tuple(names) if len(names) == 2 else ()

    @property
    def total(self) -> float:
        """The sum of the map, in logits."""
        return self.map.sum(dtype=torch.float64).item()


def completeness_gap(map: Tensor, score: float, reference_score: float) -> float:
    """How far a map is from adding up: |sum − change of score| / max(|change of score|, 1 logit)."""
    change = score - reference_score
    return abs(map.sum(dtype=torch.float64).item() - change) / max(abs(change), 1.0)


def mean(attributions: Sequence[Attribution]) -> Attribution:
    """The map of the average ensemble, whose score is the mean of the networks' scores: exactly their mean.

    Raises ValueError for maps of different methods, targets or references.
    """
    return _combine(attributions, [1 / len(attributions)] * len(attributions), "average")


def difference(first: Attribution, second: Attribution) -> Attribution:
    """What spoke for the score in the first network rather than in the second: first − second.

    The gap is relative to the difference of the changes, as for any map; it can be large where both
    networks' own gaps are small, because the changes cancel and the errors need not.

    Raises ValueError for maps of different methods, targets or references.
    """
    return _combine([first, second], [1.0, -1.0], f"{first.network}{MINUS}{second.network}")


def _combine(parts: Sequence[Attribution], weights: Sequence[float], network: str) -> Attribution:
    if len({(part.method, part.target, part.reference) for part in parts}) != 1:
        raise ValueError("Only maps of the same method, target and reference can be combined.")
    maps = (weight * part.map for weight, part in zip(weights, parts, strict=True))
    map = sum(maps, start=torch.zeros_like(parts[0].map))
    score = sum(weight * part.score for weight, part in zip(weights, parts, strict=True))
    reference_score = gap = None
    if reference_scores := [part.reference_score for part in parts if part.reference_score is not None]:
        reference_score = sum(weight * base for weight, base in zip(weights, reference_scores, strict=True))
        gap = completeness_gap(map, score, reference_score)
    return replace(
        parts[0],
        map=map,
        cells=map,
        network=network,
        score=score,
        reference_score=reference_score,
        gap=gap,
        steps=max(part.steps for part in parts),
        seconds=sum(part.seconds for part in parts),
        made_by=" and ".join(dict.fromkeys(part.made_by for part in parts)),
        not_fast=" ".join(dict.fromkeys(part.not_fast for part in parts if part.not_fast)),
    )
