"""CarNet: the small VGG-style network that tells sedans, coupes, SUVs and trucks apart.

One table serves both sizes (75 and 100 px) with and without batch normalisation: seven unpadded 3×3
convolutions (Simonyan & Zisserman 2015, "VGG") with optional batch normalisation (Ioffe & Szegedy 2015),
then three fully connected layers. Every activation and pool is a module of its own, never shared and never
in place, and `forward` returns logits: captum and shap are silently wrong otherwise.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

CLASSES = ("sedan", "coupe", "suv", "truck")
SIZES = (75, 100)  # of the networks that come along
SMALLEST = 44  # pixels on a side of which CarNet's pools leave something
LEAST_SIDE, MOST_SIDE = 32, 300  # pixels that a network may see on a side

CHANNELS = (32, 32, 64, 64, 128, 128, 128)  # output channels of conv1…conv7
POOLED = (2, 4, 7)  # a 2×2 max pool follows these convolutions
HIDDEN = (514, 128)  # widths of fc1 and fc2


class Network(nn.Module):
    """Any classifier of `size`×`size` RGB pictures (n, 3, size, size) in [0, 1], as all other code asks it.

    `forward` returns logits (n, 4), classes in the order of CLASSES. Normalising the pictures is its own
    affair, so that what explains it explains what it does to pictures.
    """

    size: int
    layer = ""  # name of the one that Grad-CAM is to read; "" for the last that can be

    @property
    def stored(self) -> nn.Module:
        """The module whose values a file of weights holds."""
        return self

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next((values.device for values in self.parameters()), torch.device("cpu"))

    @property
    def last_block(self) -> nn.Module | None:
        """The layer that Grad-CAM reads; None where it is to be found by tracing."""
        return None


def last_layer(network: nn.Module) -> nn.Module:
    """The layer with values that comes last, whose outputs are the logits, perhaps rectified or averaged."""
    *_, last = (module for module in network.modules() if list(module.parameters(recurse=False)))
    return last


class CarNet(Network):
    """The VGG-style network of `size`×`size` pixels.

    `features` is the convolutional part, `head` the fully connected one; both are sequences of named
    modules (`conv1`, `batchnorm_conv1`, `relu_conv1`, …, `fc3`).

    Raises ValueError for a size of which the last pool leaves nothing.
    """

    def __init__(self, size: int, batchnorm: bool = True) -> None:
        super().__init__()
        self.size = size
        self.batchnorm = batchnorm
        self.features, channels, side = _features(size, batchnorm)
        if side < 1:
            raise ValueError(f"CarNet needs pictures of at least {SMALLEST} px on a side, not of {size}.")
        self.head = _head(channels * side * side, batchnorm)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, 4) of pictures (n, 3, size, size); classes in the order of CLASSES."""
        return self.head(self.features(x))

    @property
    def last_block(self) -> nn.Module:
        """The activation after the last convolution: the layer that Grad-CAM reads."""
        return self.features.get_submodule(f"relu_conv{len(CHANNELS)}")


def _features(size: int, batchnorm: bool) -> tuple[nn.Sequential, int, int]:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels, side = 3, size
    for i, width in enumerate(CHANNELS, start=1):
        layers[f"conv{i}"] = nn.Conv2d(channels, width, kernel_size=3)
        if batchnorm:
            layers[f"batchnorm_conv{i}"] = nn.BatchNorm2d(width)
        layers[f"relu_conv{i}"] = nn.ReLU()
        channels, side = width, side - 2
        if i in POOLED:
            layers[f"pool{i}"] = nn.MaxPool2d(2)
            side //= 2
    return nn.Sequential(layers), channels, side


def _head(flattened: int, batchnorm: bool) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    width = flattened
    for i, hidden in enumerate(HIDDEN, start=1):
        layers[f"fc{i}"] = nn.Linear(width, hidden)
        if batchnorm:
            layers[f"batchnorm_fc{i}"] = nn.BatchNorm1d(hidden)
        layers[f"relu_fc{i}"] = nn.ReLU()
        width = hidden
    layers[f"fc{len(HIDDEN) + 1}"] = nn.Linear(width, len(CLASSES))
    return nn.Sequential(layers)
