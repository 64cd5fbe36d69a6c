"""SHAP: the score shared out over the pixels, averaged over many references (Lundberg & Lee 2017).

shap's `DeepExplainer` follows DeepLIFT's rescale rule (Shrikumar et al. 2017) from every reference to the
picture. Its values add up exactly for the modules that CarNet is made of.
"""

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from carmodel.network import CarNet


@dataclass(frozen=True, eq=False)
class ShapleyValues:
    """The values of all classes: those of a contrast of two classes are their difference."""

    values: Tensor  # (4, size, size), logits, summed over colour
    logits: Tensor  # (4,), of the picture
    reference_logits: Tensor  # (4,), mean over the references


@torch.enable_grad()
def shapley_values(network: CarNet, x: Tensor, references: Tensor) -> ShapleyValues:
    """The values of one picture x (3, size, size) for references (n, 3, size, size), each of equal weight."""
    from shap import DeepExplainer  # takes seconds to import: only when it is used

    network = deepcopy(network).eval().requires_grad_(False)
    x, references = x[None].detach().clone(), references.detach().clone()
    with torch.no_grad():
        logits = network(x)[0]
    method = DeepExplainer(network, references)
    # The gap is shown with the map, so shap need not refuse one that it finds too large.
    values = method.shap_values(x, check_additivity=False)  # (1, 3, size, size, 4)
    return ShapleyValues(
        values=torch.from_numpy(values[0]).float().sum(0).permute(2, 0, 1).contiguous(),
        logits=logits,
        reference_logits=torch.from_numpy(method.expected_value),
    )
