"""Figures about verdicts on labelled photos: accuracy with its interval, recall, precision, disagreement."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from carmodel.calibration import Bin, calibration_error, reliability
from carmodel.network import CLASSES

Z95 = 1.959964  # standard normal quantile of a two-sided 95 % interval


@dataclass(frozen=True)
class Scores:
    """How a classifier did on `n` photos; shares are in [0, 1] and None where there is nothing to divide by.

    `confusion[i][j]` counts photos of class i that were called j; `recall` and `precision` are by class name.
    """

    n: int
    accuracy: float
    ci95: tuple[float, float]
    recall: dict[str, float | None]
    precision: dict[str, float | None]
    confusion: tuple[tuple[int, ...], ...]
    ece: float
    bins: tuple[Bin, ...]  # of the reliability diagram, from confidence 0 to 1


def scores(probabilities: Tensor, labels: Tensor) -> Scores:
    """The scores of probabilities (n, 4) against class indices (n,), n > 0."""
    verdicts = probabilities.argmax(dim=1)
    classes = len(CLASSES)
    confusion = torch.bincount(labels * classes + verdicts, minlength=classes**2).reshape(classes, classes)
    right, by_label, by_verdict = confusion.diag(), confusion.sum(dim=1), confusion.sum(dim=0)
    total = int(right.sum())
    bins = reliability(probabilities, labels)
    return Scores(
        n=len(labels),
        accuracy=total / len(labels),
        ci95=wilson(total, len(labels)),
        recall=_shares(right, by_label),
        precision=_shares(right, by_verdict),
        confusion=tuple(map(tuple, confusion.tolist())),
        ece=calibration_error(bins),
        bins=bins,
    )


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927), which stays within [0, 1] and fits small n."""
    share, z2 = successes / n, Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def _shares(parts: Tensor, wholes: Tensor) -> dict[str, float | None]:
    pairs = zip(CLASSES, parts.tolist(), wholes.tolist(), strict=True)
    return {name: part / whole if whole else None for name, part, whole in pairs}


@dataclass(frozen=True)
class Disagreement:
    """How often two networks give different verdicts, out of `n`, and which of them is then right."""

    n: int
    differ: int
    small_right: int
    large_right: int
    neither_right: int


def disagreement(logits_75: Tensor, logits_100: Tensor, labels: Tensor) -> Disagreement:
    """Compare the verdicts of logits (n, 4) of both networks on photos of classes (n,)."""
    small, large = logits_75.argmax(dim=1), logits_100.argmax(dim=1)
    differ = small != large
    small_right, large_right = (int((differ & (verdicts == labels)).sum()) for verdicts in (small, large))
    count = int(differ.sum())
    return Disagreement(len(labels), count, small_right, large_right, count - small_right - large_right)
