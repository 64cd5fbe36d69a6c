"""Random weights that follow the data, for networks without batch normalisation."""

import torch
from torch import Tensor, nn

from carmodel.network import CarNet


@torch.no_grad()
def initialise(network: CarNet, part: nn.Module, x: Tensor) -> None:
    """Random weights for `part` by which every unit's sum has mean 0 and variance 1 on pictures x.

    What batch normalisation does for the others at every step, networks without it get once, at the start
    (Krähenbühl et al. 2016, Data-dependent initializations); with torch's own weights they learn nothing.
    """
    for layer in part.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
            sums: list[Tensor] = []
            hook = layer.register_forward_hook(lambda _, __, out, sums=sums: sums.append(out))
            network(x)
            hook.remove()
            units = sums[0].transpose(0, 1).flatten(1)  # (units, all places in all pictures)
            spread = units.std(dim=1) + 1e-6
            layer.weight /= spread.view(-1, *[1] * (layer.weight.ndim - 1))
            layer.bias.copy_(-units.mean(dim=1) / spread)
