from copy import deepcopy

import pytest
import torch
from captum.attr import LayerGradCam
from torch import nn

from carmodel.sampling import area_means
from explain.methods.gradcam import gradcam, place
from explain.methods.receptive_field import ReceptiveField, receptive_field
from explain.target import Target


class Tiny(nn.Module):
    """Pictures (n, 3, 1, 2); the last block has the channels red and green − blue, both above zero."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 2, 1, bias=False), nn.ReLU())
        self.features[0].weight.data = torch.tensor([[1.0, 0, 0], [0, 1, -1]]).reshape(2, 3, 1, 1)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(4, 4, bias=False))
        self.head[1].weight.data = torch.tensor(
            [[2.0, 4, 0, 0], [0, 0, 1, 3], [1, 1, -1, -1], [0, 0, 0, 0]]  # on red, red, green − blue, twice
        )

    @property
    def last_block(self):
        return self.features[1]

    def forward(self, x):
        return self.head(self.features(x))


PICTURE = torch.tensor(
    [[[1.0, 2.0]], [[3.0, 0.0]], [[1.0, 5.0]]]
)  # the block's red (1, 2), green − blue (2, 0)

SCORES = {"sedan": 10.0, "coupe": 2.0, "suv": 1.0, "sedan − coupe": 8.0, "truck": 0.0}


@pytest.mark.parametrize(
    ("target", "cells"),
    [
        (Target("sedan"), [[3.0, 6.0]]),  # red counts (2 + 4) / 2 = 3
        (Target("coupe"), [[4.0, 0.0]]),  # green − blue counts (1 + 3) / 2 = 2
        (Target("suv"), [[0.0, 2.0]]),  # red − (green − blue) is −1 at the left, shown as 0
        (Target("sedan", "coupe"), [[0.0, 6.0]]),  # 3 · 1 − 2 · 2 is −1 at the left
        (Target("truck"), [[0.0, 0.0]]),
    ],
)
def test_by_hand(target, cells):
    found, score = gradcam(Tiny(), target.score, PICTURE)
    assert found.tolist() == cells
    assert score == SCORES[target.label]


@pytest.mark.parametrize("size", [75, 100])
@pytest.mark.parametrize("batchnorm", [True, False])
def test_cells_are_those_of_captum(networks, frame, size, batchnorm):
    network, x = deepcopy(networks[size, batchnorm]), area_means(frame, size)
    for index, name in enumerate(("sedan", "coupe", "suv", "truck")):
        cells, score = gradcam(networks[size, batchnorm], Target(name).score, x)
        expected = LayerGradCam(network, network.last_block).attribute(
            x[None], target=index, relu_attributions=True
        )
        torch.testing.assert_close(cells, expected[0, 0].detach())
        assert score == pytest.approx(network(x[None])[0, index].item(), abs=1e-4)


def window(network, cell, axis):
    """First and last input pixel along an axis that a cell of the last block depends on."""
    network = deepcopy(network)
    for parameter in network.parameters():
        parameter.abs_()  # all paths alive, and none cancels another
    torch.manual_seed(0)  # each picture opens other ways through the pools
    x = torch.rand(16, 3, network.size, network.size, requires_grad=True)
    block = network.features[: list(network.features).index(network.last_block) + 1](x)
    gradient = torch.autograd.grad(block[:, :, cell[0], cell[1]].sum(), x)[0]
    used = gradient.abs().sum(dim=(0, 1, 3 - axis)).nonzero()
    return used.min().item(), used.max().item()


@pytest.mark.parametrize(("size", "cell"), [(75, (0, 8)), (75, (3, 5)), (100, (0, 15)), (100, (9, 4))])
def test_cells_are_placed_where_the_network_looks(networks, size, cell):
    network = networks[size, False]
    field = receptive_field(network)
    count = {75: 9, 100: 16}[size]
    lit = torch.zeros(count, count)
    lit[cell] = 1.0
    on_frame = place(lit, field, size)
    for axis in (0, 1):
        first, last = window(network, cell, axis)
        assert last - first + 1 == field.size
        centre = (first + last + 1) / 2 * 300 / size  # in frame pixels from the edge
        profile = on_frame.sum(1 - axis)
        if 0 < cell[axis] < count - 1:
            weight = profile / profile.sum()
            assert (weight @ (torch.arange(300) + 0.5)).item() == pytest.approx(centre, abs=1e-3)
        # Brightest at the pixels on both sides of the centre, which is an edge between pixels.
        assert profile[int(centre) - 1].item() == pytest.approx(profile.max().item(), rel=0.1)
        assert profile[int(centre)].item() == pytest.approx(profile.max().item(), rel=0.1)


@pytest.mark.parametrize(("size", "count", "area"), [(75, 9, 256), (100, 16, 144)])
def test_placed_cells_are_densities(size, count, area):
    field = ReceptiveField(40, 4, 19.5)
    lit = torch.zeros(count, count)
    lit[4, 5] = 2.0
    assert place(lit, field, size).sum().item() == pytest.approx(2.0)  # 4 · 4 network pixels a cell
    between = place(torch.ones(count, count), field, size)[80:208, 80:208]  # the outermost centres of 75 px
    torch.testing.assert_close(between, torch.full((128, 128), 1 / area))


def test_the_nearest_cell_fades_outside_the_outermost_centres():
    cells = torch.arange(81.0).reshape(9, 9)
    on_frame = place(cells, ReceptiveField(40, 4, 19.5), 75)
    # Centres lie at 80, 96, …, 208 px of the frame and see 80 px to each side.
    row = on_frame[80 + 3 * 16 - 1 : 80 + 3 * 16 + 1].mean(dim=0)  # through the centres of cells 27 to 35
    assert row[39:41].mean().item() == pytest.approx(27 * 0.5 / 256)  # half-way out to the left
    assert row[247:249].mean().item() == pytest.approx(35 * 0.5 / 256)  # and to the right
    assert row[:2].max() < 27 * 0.02 / 256
    assert (row[288:] == 0).all()
    # Half-way between the centres of the first two columns, at 80 and 96 px, is the mean of both.
    assert row[87:89].mean().item() == pytest.approx(27.5 / 256)


def test_nothing_is_left_behind(networks, frame):
    network, x = networks[75, True], area_means(frame, 75)
    before = x.clone()
    gradcam(network, Target("suv").score, x)
    assert not x.requires_grad
    assert torch.equal(x, before)
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())
