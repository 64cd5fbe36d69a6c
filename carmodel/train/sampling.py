"""How often each photo is drawn: shares of sources, balance of classes, and what is left out.

A source, or a whole data folder, may be given its share of all pictures that training shows; photos of the
sources that are not named have what remains. Inside a source a class is drawn as often as the root of its
number of photos says: rare classes more often than they come, common ones less, as Mikolov et al. 2013 do
with words. No photo is drawn more than six times as often as the average one, because a few photos that come
again and again are learnt by heart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from carmodel.network import CLASSES
from carmodel.train.samples import NO_LABEL, UNLABELLED, DataError, Sample

CAP = 6.0  # times the average photo's weight
REST = ""  # the name of what has no share of its own


@dataclass(frozen=True)
class Mixture:
    """What is drawn: the share in [0, 1] of each source or folder that has one, and what is left out.

    `left_out` has sources, "parts", or classes of them, "parts:sedan" and "parts:unlabelled".
    """

    shares: dict[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def sampling_weights(
    samples: Sequence[Sample], classes: Tensor, mixture: Mixture, classless: bool = True
) -> Tensor:
    """How likely each photo (n,) is to be drawn, summing to 1, float64.

    classes (n,) are the class indices that are balanced: labels, or what a teacher says where there is none;
    photos of class −1 count as a class of their own, or are not drawn unless `classless`. Raises DataError
    for shares of what is not there or of more than all, and where nothing is left to draw.
    """
    groups = _groups(samples, mixture.shares)
    kept = ~left_out(samples, mixture.left_out) & (classless | (classes != NO_LABEL))
    weights = torch.zeros(len(samples), dtype=torch.float64)
    shares = {REST: 1 - sum(mixture.shares.values())} | mixture.shares
    if shares[REST] < -1e-9 or min(mixture.shares.values(), default=0) < 0:
        raise DataError("The shares of --share must be positive and at most 1 together.")
    for name, share in shares.items():
        member = kept & torch.tensor([group == name for group in groups])
        balanced = torch.zeros_like(weights)
        for label in range(NO_LABEL, len(CLASSES)):
            chosen = member & (classes == label)
            balanced[chosen] = float(chosen.sum()) ** -0.5 if chosen.any() else 0.0
        if member.any():
            weights += share * balanced / balanced.sum()
    if not weights.any():
        raise DataError("No photo is left to draw; give other shares or leave out less.")
    weights = weights / weights.sum()
    weights = weights.clamp(max=CAP / int((weights > 0).sum()))
    return weights / weights.sum()


def _groups(samples: Sequence[Sample], shares: Mapping[str, float]) -> list[str]:
    """For each photo the name that has a share: its source's before its folder's, "" for neither."""
    named = {name for sample in samples for name in (sample.source, sample.folder)}
    for name in shares:
        if name not in named:
            raise DataError(
                f"No photo is of the source or folder {name}; there are {', '.join(sorted(named))}."
            )
    return [
        next((name for name in (sample.source, sample.folder) if name in shares), REST) for sample in samples
    ]


def left_out(samples: Sequence[Sample], names: Sequence[str]) -> Tensor:
    """Which photos (n,) are left out by the names of sources, or of classes of them. Raises DataError."""
    spoken = (*CLASSES, UNLABELLED)  # the last for −1
    chosen = torch.zeros(len(samples), dtype=torch.bool)
    for name in names:
        source, _, label = name.partition(":")
        part = [
            sample.source == source and (not label or spoken[sample.label] == label) for sample in samples
        ]
        if not any(part):
            raise DataError(f"--leave-out {name} leaves out nothing; write SOURCE or SOURCE:LABEL.")
        chosen |= torch.tensor(part)
    return chosen


def draw(weights: Tensor, count: int, *seed: int) -> np.ndarray:
    """The rows (count,) of different photos, drawn by weights (n,) from the numbers of `seed` alone.

    Raises DataError where there are fewer photos than that.
    """
    possible = int((weights > 0).sum())
    if not 1 <= count <= possible:
        raise DataError(f"There are {possible} photos to train on; choose a --batch from 1 to that.")
    return np.random.default_rng(seed).choice(len(weights), count, replace=False, p=weights.numpy())
