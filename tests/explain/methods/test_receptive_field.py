"""Receptive fields by gradients against those by arithmetic, layer by layer."""

import pytest
import torch
from torch import nn

from carmodel.architectures import adapted
from carmodel.network import CarNet, Network
from carmodel.vision import models
from explain.methods.layers import NoGridError, grid_layer
from explain.methods.receptive_field import ReceptiveField, measured, receptive_field


def by_arithmetic(layers):
    """Araujo et al. 2019, equations for one path of convolutions and pools."""
    size, jump, first = 1, 1, 0.0
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            kernel, stride, padding = (
                value[0] if isinstance(value, tuple) else value
                for value in (layer.kernel_size, layer.stride, layer.padding)
            )
            first += ((kernel - 1) / 2 - padding) * jump
            size += (kernel - 1) * jump
            jump *= stride
    return ReceptiveField(size, jump, first)


@pytest.mark.parametrize("size", [64, 75, 100, 128, 150, 300])
@pytest.mark.parametrize("batchnorm", [True, False])
def test_carnet(size, batchnorm):
    network = CarNet(size, batchnorm).eval()
    names = [name for name, _ in network.features.named_children()]
    path = list(network.features)[: names.index("relu_conv7") + 1]
    assert receptive_field(network) == by_arithmetic(path) == ReceptiveField(40, 4, 19.5)


class Path(Network):
    """Layers one after the other, then a mean over the picture."""

    def __init__(self, *layers, size=64):
        super().__init__()
        self.size = size
        self.layers = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 4))

    def forward(self, x):
        return self.head(self.layers(x))


class Residual(nn.Module):
    """What goes in is added to what a padded convolution makes of it."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        return x + self.convolution(x)


class Gated(nn.Module):
    """Every pixel is weighted by the mean of the whole picture."""

    def forward(self, x):
        return x * x.mean((2, 3), keepdim=True).sigmoid()


@pytest.mark.parametrize(
    "layers",
    [
        (nn.Conv2d(3, 3, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(3, 3, 3)),
        (nn.Conv2d(3, 3, 7, stride=2, padding=3), nn.MaxPool2d(3, 2, 1), nn.Conv2d(3, 3, 3, padding=1)),
        (nn.Conv2d(3, 3, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(3, 3, 3, padding=1)),
        (nn.Conv2d(3, 3, 4, stride=4), nn.Conv2d(3, 3, 2, stride=2)),
        (nn.Conv2d(3, 3, 3, stride=3, padding=1), nn.Conv2d(3, 3, 3, padding=1)),
    ],
    ids=["stride", "stem", "padding", "even", "thirds"],
)
def test_padding_and_strides(layers):
    assert measured(Path(*layers).eval()) == by_arithmetic(layers)


def test_a_residual_block_sees_as_far_as_its_longest_path():
    network = Path(nn.Conv2d(3, 3, 3, stride=2, padding=1), Residual(), Residual()).eval()
    straight = [nn.Conv2d(3, 3, 3, stride=2, padding=1), *[nn.Conv2d(3, 3, 3, padding=1)] * 2]
    assert measured(network) == by_arithmetic(straight)


def test_a_gate_by_the_whole_picture_moves_no_centre():
    layers = nn.Conv2d(3, 3, 3, stride=2, padding=1), Gated(), nn.Conv2d(3, 3, 3, padding=1)
    field = measured(Path(*layers).eval())
    assert (field.jump, field.first) == (2, 0.0)


@pytest.mark.parametrize(
    ("name", "jump", "first"),
    # Odd kernels padded by half of them begin at pixel 0. A kernel of 2 with stride 2 moves by half its
    # jump: vgg11_bn's four pools by 0.5 + 1 + 2 + 4, densenet121's three transitions by 2 + 4 + 8.
    [
        ("resnet18", 32, 0.0),
        ("mobilenet_v3_small", 32, 0.0),
        ("densenet121", 32, 14.0),
        ("vgg11_bn", 16, 7.5),
    ],
)
def test_networks_of_torchvision(name, jump, first):
    field = measured(adapted(models.get_model(name, weights=None, num_classes=4), {"size": 64}))
    assert (field.jump, field.first) == (jump, first)


def test_what_was_learnt_makes_no_difference():
    one, other = CarNet(75).eval(), CarNet(75).eval()
    for values in other.parameters():
        values.data.mul_(-3)
    assert measured(one) == measured(other)


def test_a_reused_activation_is_not_read():
    relu = nn.ReLU()
    layers = nn.Conv2d(3, 3, 3, 2, 1), relu, nn.Conv2d(3, 3, 3, 2, 1), relu
    network = Path(*layers).eval()
    assert grid_layer(network) is network.layers  # the second run of relu, and the only one of the whole
    assert measured(network) == by_arithmetic(layers)


def test_a_distance_that_cannot_be_told_is_no_map():
    with pytest.raises(NoGridError, match="pixels apart"):
        measured(Path(nn.Conv2d(3, 3, 17, stride=15), size=92).eval())


def test_no_grid():
    patches = Path(nn.Conv2d(3, 3, 16, stride=16)).eval()
    with pytest.raises(NoGridError, match="cuts the picture into patches"):
        receptive_field(patches)
    with pytest.raises(NoGridError, match="no convolution of one use whose outputs lie on a grid"):
        receptive_field(Path(nn.Identity()).eval())


def test_it_is_measured_where_others_want_no_gradients():
    network = CarNet(64).eval()
    with torch.no_grad():
        assert measured(network) == measured(CarNet(64).eval())
