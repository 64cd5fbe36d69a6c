from copy import deepcopy

import pytest
import torch

from carmodel.frame import FRAME
from carmodel.network import CarNet
from explain.evidence.occlusion import covered_logits
from explain.references import reference_frame
from tests.explain.fine_grid import seen

SIZES_AND_SIDES = [
    *((75, 75), (75, 100), (100, 100), (100, 75), (75, 60), (100, 10)),
    *((48, 48), (80, 80), (48, 75), (75, 80), (80, 48), (90, 12)),  # some of which do not divide 300
]


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    """A processor without bfloat16, so that the tolerance can be a small one."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)


def network_of(size):
    torch.manual_seed(0)
    network = CarNet(size).eval()
    network.head.fc3.weight.data.mul_(30)  # else random weights answer everything alike
    return network.requires_grad_(False)


@pytest.mark.parametrize(("size", "side"), SIZES_AND_SIDES)
def test_covers_cells_of_the_frame_whatever_pixels_the_network_has(size, side):
    network, frame = network_of(size), torch.rand(3, FRAME, FRAME)
    exact, fill = deepcopy(network).double(), reference_frame("mean", frame)
    covered = torch.rand(2, 2, side * side) < 0.4
    (photo, filled), logits = covered_logits(network, frame, "mean", covered)
    every = torch.stack([torch.zeros(side * side) > 0, torch.ones(side * side) > 0, *covered.flatten(0, 1)])
    pictures = [seen(frame, fill, cells.reshape(side, side), size) for cells in every]
    expected = exact(torch.stack(pictures)).float()
    found = torch.cat([photo, filled, logits.flatten(0, 1)])
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert logits.std() > 0.02  # the tolerance could hide a mistake otherwise


@pytest.mark.parametrize("sizes", [(75, 100), (64, 75, 128)])
def test_several_networks_answer_with_their_mean(sizes):
    torch.manual_seed(0)
    networks = [CarNet(size).eval() for size in sizes]
    frame, covered = torch.rand(3, FRAME, FRAME), torch.rand(2, 100 * 100) < 0.5
    _, together = covered_logits(networks, frame, "blur", covered)
    single = [covered_logits(network, frame, "blur", covered)[1] for network in networks]
    torch.testing.assert_close(together, sum(single) / len(sizes))


def test_unknown_fill_is_one_sentence():
    with pytest.raises(ValueError, match="no fill 'white'"):
        covered_logits(CarNet(75), torch.rand(3, FRAME, FRAME), "white", torch.ones(1, 75 * 75) > 0)
