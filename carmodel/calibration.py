"""Calibrated probabilities: one temperature for each network, folded into its last layer.

Guo et al. 2017, "On Calibration of Modern Neural Networks": dividing all logits by one number, fitted on
validation photos, leaves every verdict as it is and makes the probabilities honest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from carmodel.card import TEMPERATURES
from carmodel.network import Network, last_layer


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature T that minimises the cross-entropy of logits (n, 4) / T against labels (n,).

    It is kept within TEMPERATURES, as the best one of a network that has learnt nothing lies at infinity.
    """
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = F.cross_entropy(logits.double() / log_temperature.exp(), labels)
        value.backward()
        return value

    optimiser.step(loss)
    return float(log_temperature.detach().exp().clamp(*TEMPERATURES))


@torch.no_grad()
def fold_temperature(network: Network, temperature: float) -> None:
    """Divide the last layer of `network` by `temperature`, in place: its logits are calibrated then."""
    for values in last_layer(network).parameters():
        values.div_(temperature)


@dataclass(frozen=True)
class Bin:
    """The photos whose confidence lies in one of several bins of equal width over [0, 1].

    `confidence` and `accuracy` are their means in [0, 1], None where there are no photos.
    """

    count: int
    confidence: float | None
    accuracy: float | None


def reliability(probabilities: Tensor, labels: Tensor, bins: int = 15) -> tuple[Bin, ...]:
    """The points of a reliability diagram, of probabilities (n, classes) in [0, 1] against labels (n,).

    A confidence on the edge of two bins belongs to the lower one (Guo et al. 2017, section 2).
    """
    confidence, verdict = probabilities.max(dim=1)
    edges = torch.linspace(0, 1, bins + 1, dtype=confidence.dtype)[1:-1]
    places = torch.bucketize(confidence, edges)
    counts = torch.bincount(places, minlength=bins).tolist()
    sums, right = (
        torch.zeros(bins, dtype=torch.float64).index_add_(0, places, values.double()).tolist()
        for values in (confidence, verdict == labels)
    )
    return tuple(
        Bin(n, total / n, hits / n) if n else Bin(0, None, None)
        for n, total, hits in zip(counts, sums, right, strict=True)
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: mean |accuracy − confidence|, each bin counting by its share of the photos.

    Naeini et al. 2015; Guo et al. 2017. Raises ZeroDivisionError without a photo.
    """
    surplus = (
        group.count * abs(group.accuracy - group.confidence)
        for group in bins
        if group.accuracy is not None and group.confidence is not None
    )
    return sum(surplus) / sum(group.count for group in bins)
