"""Where the cells of a layer look: measured by gradients, once for each network.

What a cell sees lies around a centre that padding, strides and pools decide (Araujo et al. 2019, "Computing
Receptive Fields of Convolutional Neural Networks"). It is measured on a copy whose weights are positive and
the same all over a kernel, and whose pools take means: no two paths cancel, and the window is symmetric
whatever the network has learnt. The picture of the probe is so large that the window is not cut off. A gate
by the mean of the whole picture answers to all pixels alike; that share is taken away.
"""

from copy import deepcopy
from threading import Lock
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from carmodel.architectures import AdaptedNetwork
from carmodel.network import Network
from explain.methods.layers import NoGridError, grid_layer, outputs_of

LARGEST = 320  # pixels on a side of a probe, about
STEP = 192  # pixels that a larger picture has more; distances of cells divide it
APART = f"Its cells are not 1, 2, 3, 4, 6, 8 … pixels apart, which divide {STEP}."
VISIBLE = 1e-6  # of the strongest row of pixels: what a row of the window has at least


class ReceptiveField(NamedTuple):
    """What the cells of a layer see, in pixels of the network's input, the same along both axes."""

    size: int  # width of the window that one cell sees
    jump: int  # distance between the windows of neighbouring cells
    first: float  # pixel index of the centre of the first window; negative inside padding


_known: WeakKeyDictionary[nn.Module, ReceptiveField] = WeakKeyDictionary()
_lock = Lock()


def receptive_field(network: Network) -> ReceptiveField:
    """The receptive field of the cells that Grad-CAM reads, measured when it is first asked for.

    Raises NoGridError for a network without such cells.
    """
    with _lock:
        if network not in _known:
            _known[network] = measured(network)
        return _known[network]


@torch.enable_grad()
def measured(network: Network) -> ReceptiveField:
    """The receptive field of the layer that `grid_layer` finds, by the gradient of one cell.

    Raises NoGridError, also where the distance of cells does not divide STEP.
    """
    probe = deepcopy(network).cpu().eval().requires_grad_(False)
    layer = grid_layer(probe)
    _simplify(probe)
    cells = [outputs_of(probe, layer, _grey(side)).shape[-1] for side in (network.size, network.size + STEP)]
    more = cells[1] - cells[0]
    if not more or STEP % more:
        raise NoGridError(APART)
    jump = STEP // more
    for side in (network.size, 2 * network.size, LARGEST):
        added = max(0, (side - network.size) // jump)  # cells beside the network's own
        added += (cells[0] + added + 1) % 2  # an odd number: one lies in the middle
        rows, middle = _seen(probe, layer, network.size + added * jump)
        if rows[0] == rows[-1] == 0 or side >= LARGEST:  # the window lies within, or nearly
            break
    centre, (further, _) = _centre(rows), _seen(probe, layer, len(rows), 1)
    if abs(_centre(further) - centre - jump) > max(0.5, jump / 20):
        raise NoGridError(APART)
    rows -= rows.min()
    window = (rows > VISIBLE * rows.max()).nonzero()[:, 0]
    first = round(2 * (centre - middle * jump)) / 2  # centres lie on a pixel or between two
    return ReceptiveField(int(window[-1] - window[0]) + 1, jump, first)


def _centre(rows: Tensor) -> float:
    """Where rows (n,) have their weight; what is cut off at the ends counts little."""
    weights = ((rows - rows.min()) / rows.max()) ** 4
    return float(weights @ torch.arange(len(rows), dtype=torch.float64) / weights.sum())


def _seen(probe: Network, layer: nn.Module, side: int, further: int = 0) -> tuple[Tensor, int]:
    """How much every row of a picture of so many pixels tells the cell in the middle, and that cell's row.

    Or a cell so much `further`, where there is one.
    """
    pixels = _grey(side).requires_grad_()
    outputs = outputs_of(probe, layer, pixels)
    middle = min(outputs.shape[-1] // 2 + further, outputs.shape[-1] - 1)
    channels = torch.linspace(0.5, 1.5, outputs.shape[1])  # a plain sum of all may be constant
    (gradient,) = torch.autograd.grad(outputs[0, :, middle, middle] @ channels, pixels)
    return gradient[0].abs().sum((0, 2)).double(), middle


def _grey(size: int) -> Tensor:
    return torch.full((1, 3, size, size), 1e-4)  # so little that nothing saturates


@torch.no_grad()
def _simplify(network: Network) -> None:
    """Weights that are positive and even over each kernel, nothing else learnt, means in place of maxima."""
    for module in list(network.modules()):
        if isinstance(module, AdaptedNetwork):
            module.mean.zero_()
            module.std.fill_(1)
        elif isinstance(module, nn.Conv2d | nn.Linear):
            outputs, inputs, *kernel = module.weight.shape
            weights = torch.linspace(0.5, 1.5, outputs)[:, None] * torch.linspace(1.5, 0.5, inputs)
            even = (weights / weights.sum(1, keepdim=True)).view(outputs, inputs, *[1] * len(kernel))
            module.weight.copy_(even.expand_as(module.weight) / max(1, torch.Size(kernel).numel()))
            if module.bias is not None:
                module.bias.zero_()
        elif callable(reset := getattr(module, "reset_parameters", None)):
            reset()
        else:
            for values in module.parameters(recurse=False):  # such as a block's share in its sum
                values.fill_(1)
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                mean = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(module, name, mean)
