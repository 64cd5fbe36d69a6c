"""A network as explaining computes it: a chain of layers, without autograd and without hooks.

Batch normalisation is folded into the layer before it and pooling goes before the activation that it commutes
with, so nothing is left but convolutions, products of matrices and little else. A layer shares the network's
weights where it can, never changes them, and is safe to share between threads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_weights, fuse_linear_bn_weights

PLAIN = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}  # of convolutions
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
IDLE = (nn.Flatten, nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d)  # in evaluation, that is


@dataclass(frozen=True, eq=False)
class FusedLayer:
    """A convolution or a fully connected layer, then perhaps ReLU, then perhaps a max pool."""

    weight: Tensor  # (out, in, rows, columns) or (out, in)
    bias: Tensor | None
    rectified: bool = False
    pool: tuple[int, int] | None = None  # rows and columns of a window, which is also the stride

    def linear(self, x: Tensor) -> Tensor:
        """The layer's own outputs z (n, …), before pool and ReLU."""
        if self.weight.ndim == 4:
            return F.conv2d(x, self.weight, self.bias)
        return F.linear(x.flatten(1), self.weight, self.bias)

    def after(self, z: Tensor) -> tuple[Tensor, Tensor | None]:
        """The layer's outputs for z, perhaps in its memory, and where in z the maxima of a pool were."""
        places = None
        if self.pool is not None:
            z, places = F.max_pool2d(z, self.pool, return_indices=True)
        return z.relu_() if self.rectified else z, places

    def transposed(self, multipliers: Tensor, shape: Sequence[int]) -> Tensor:
        """What multipliers of z (n, …) are for one input of `shape` each: (n, *shape)."""
        if self.weight.ndim == 4:
            return F.conv_transpose2d(multipliers, self.weight)
        inputs = (multipliers @ self.weight).reshape(-1, *shape)
        return inputs.contiguous(memory_format=torch.channels_last) if len(shape) == 3 else inputs


def visible_part(layers: Sequence[FusedLayer], x: Tensor) -> Tensor:
    """The part of pictures (…, rows, columns), from the first pixel on, that the scores depend on.

    A pool drops the row and the column that have no partner: of 75 px CarNet sees 68.
    """
    part = x
    for axis in (-2, -1):
        margins_and_windows = [
            (layer.weight.shape[axis] - 1, layer.pool[axis] if layer.pool else 1)
            for layer in layers
            if layer.weight.ndim == 4
        ]
        cells = x.shape[axis]
        for margin, window in margins_and_windows:
            cells = (cells - margin) // window
        for margin, window in reversed(margins_and_windows):
            cells = cells * window + margin
        part = part.narrow(axis, 0, cells)
    return part


def forward(layers: Sequence[FusedLayer], pictures: Tensor) -> Tensor:
    """The logits (n, 4) of pictures (n, 3, size, size), all in one pass."""
    x = visible_part(layers, pictures).contiguous(memory_format=torch.channels_last)
    for layer in layers:
        x = layer.linear(x.to(layer.weight.dtype))
        x = x if layer.pool is None else F.max_pool2d(x, layer.pool)
        x = x.relu_() if layer.rectified else x
    return x


def gradients(layers: Sequence[FusedLayer], z: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of scores by the first layer's outputs z (n, …), and the logits (n, 4). Overwrites z.

    weights (n, 4) are those of the logits in each picture's score.
    """
    outputs, places = layers[0].after(z)
    kept = [(z.shape[1:], outputs, places)]
    for layer in layers[1:]:
        z = layer.linear(outputs)
        outputs, places = layer.after(z)
        kept.append((z.shape[1:], outputs, places))
    logits = outputs.clone()
    multipliers = weights.clone()
    for layer in reversed(layers):
        shape, outputs, places = kept.pop()
        if layer.rectified:
            multipliers.mul_(outputs.sign_())
        if places is not None and layer.pool is not None:
            multipliers = F.max_unpool2d(multipliers, places, layer.pool, output_size=shape[1:])
        if kept:
            multipliers = layer.transposed(multipliers, kept[-1][1].shape[1:])
    return multipliers, logits


def fuse(network: nn.Module) -> tuple[FusedLayer, ...]:
    """The layers of a network whose modules run one after the other, in the order of registration.

    Raises ValueError for a module, or an order of modules, that CarNet does not have.
    """
    layers: list[FusedLayer] = []
    for name, module in network.named_modules():
        if any(module.children()) or isinstance(module, IDLE):
            continue
        if layer := _layer(module):
            layers.append(layer)
        elif layers and (layer := _extended(layers[-1], module)):
            layers[-1] = layer
        else:
            raise ValueError(f"{name} ({type(module).__name__}) is not where CarNet would have it.")
    return tuple(layers)


def _layer(module: nn.Module) -> FusedLayer | None:
    """The layer that begins with a module; None for one that none begins with."""
    if isinstance(module, nn.Linear):
        weight = module.weight.detach()
    elif isinstance(module, nn.Conv2d) and PLAIN.items() <= vars(module).items():
        weight = module.weight.detach().contiguous(memory_format=torch.channels_last)
    else:
        return None
    return FusedLayer(weight, module.bias if module.bias is None else module.bias.detach())


def _extended(layer: FusedLayer, module: nn.Module) -> FusedLayer | None:
    """The layer with one more module at its end; None where it does not go there."""
    if isinstance(module, NORMS) and not layer.rectified and layer.pool is None:
        return _normalised(layer, module)
    if isinstance(module, nn.ReLU) and not layer.rectified and layer.pool is None:
        return replace(layer, rectified=True)
    if isinstance(module, nn.MaxPool2d) and layer.pool is None:
        side, stride = (
            size if isinstance(size, tuple) else (size, size) for size in (module.kernel_size, module.stride)
        )
        plain = (module.padding, module.dilation, module.ceil_mode) == (0, 1, False)
        return replace(layer, pool=side) if side == stride and plain else None
    return None


def _normalised(layer: FusedLayer, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> FusedLayer | None:
    """The layer with batch normalisation in its weights; None where it normalises by the batch itself."""
    fuse = fuse_linear_bn_weights if isinstance(norm, nn.BatchNorm1d) else fuse_conv_bn_weights
    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None:
        return None
    weight, bias = fuse(layer.weight, layer.bias, mean, variance, norm.eps, norm.weight, norm.bias)
    return replace(layer, weight=weight.detach(), bias=bias.detach())
