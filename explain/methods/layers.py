"""The layer of any network that Grad-CAM can read: the last convolution, found by watching a picture pass."""

from collections import Counter

import torch
from torch import Tensor, nn

from carmodel.network import Network


class NoGridError(ValueError):
    """A network without a layer that Grad-CAM could read; the message says why."""


class _ReachedError(Exception):
    """Ends a forward pass at the layer that was looked for."""


def grid_layer(network: Network) -> nn.Module:
    """The layer whose cells Grad-CAM reads: `network.last_block` or, without one, what a trace finds.

    That is the last module, from the last convolution on, whose outputs lie on that convolution's grid: with
    its normalisation and activation, and in a residual network with what was added to them. Modules that run
    more than once are passed over, as nobody could say which of their outputs is meant. The network must not
    be in use by another thread.

    Raises NoGridError where there is no such layer, or but one that cuts the picture into patches.
    """
    if network.last_block is not None:
        return network.last_block
    trace = _trace(network)
    runs = Counter(id(module) for module, _ in trace)
    passed = [(module, shape) for module, shape in trace if runs[id(module)] == 1]
    grids = [shape for module, shape in passed if isinstance(module, nn.Conv2d) and shape[2:].numel() > 1]
    if not grids:
        raise NoGridError("It has no convolution of one use whose outputs lie on a grid: nothing to read.")
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if len(convolutions) == 1 and convolutions[0].kernel_size == convolutions[0].stride:
        raise NoGridError(
            "Its only convolution cuts the picture into patches: what it does with them is no grid to read."
        )
    last = max(
        i for i, (module, shape) in enumerate(passed) if isinstance(module, nn.Conv2d) and shape == grids[-1]
    )
    return [module for module, shape in passed[last:] if shape[2:] == grids[-1][2:]][-1]


def outputs_of(network: nn.Module, layer: nn.Module, x: Tensor) -> Tensor:
    """What a layer of a network gives for pictures x (n, 3, rows, columns); nothing after it is computed."""
    outputs: list[Tensor] = []

    def stop(_: nn.Module, __: object, output: Tensor) -> None:
        outputs.append(output)
        raise _ReachedError

    handle = layer.register_forward_hook(stop)
    try:
        network(x)
    except _ReachedError:
        pass
    finally:
        handle.remove()
    return outputs[0]


def _trace(network: Network) -> list[tuple[nn.Module, torch.Size]]:
    """Modules in the order in which they end, with the shape of their outputs where these have four axes."""
    passed: list[tuple[nn.Module, torch.Size]] = []

    def note(module: nn.Module, _: object, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == 4:
            passed.append((module, output.shape))

    handles = [module.register_forward_hook(note) for module in network.modules()]
    try:
        with torch.no_grad():
            network(torch.full((1, 3, network.size, network.size), 0.5, device=network.device))
    finally:
        for handle in handles:
            handle.remove()
    return passed
