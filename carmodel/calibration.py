"""Calibrated probabilities: one temperature for each network, folded into its last layer.

Guo et al. 2017, "On Calibration of Modern Neural Networks": dividing all logits by one number, fitted on
validation photos, leaves every verdict as it is and makes the probabilities honest.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from carmodel.card import TEMPERATURES
from carmodel.network import CarNet


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
def fold_temperature(network: CarNet, temperature: float) -> None:
    """Divide the last layer of `network` by `temperature`, in place: its logits are calibrated then."""
    for values in network.head[-1].parameters():
        values.div_(temperature)


def calibration_error(probabilities: Tensor, labels: Tensor, bins: int = 15) -> float:
    """Expected calibration error of probabilities (n, classes) in [0, 1]: mean |accuracy − confidence|.

    Confidences are put in `bins` bins of equal width; each bin counts by its share of the photos
    (Naeini et al. 2015; Guo et al. 2017).
    """
    confidence, verdict = probabilities.max(dim=1)
    right = (verdict == labels).double()
    edges = torch.linspace(0, 1, bins + 1, dtype=confidence.dtype)[1:-1]
    surplus = torch.zeros(bins, dtype=torch.float64)
    surplus.index_add_(0, torch.bucketize(confidence, edges), right - confidence.double())
    return float(surplus.abs().sum() / len(labels))
