from copy import deepcopy

import pytest
import torch
from torch import nn

from carmodel.sampling import area_means
from explain.methods.fused import fuse, gradients, visible_part

NETWORKS = [(75, True), (75, False), (100, True), (100, False)]


def run(layers, x):
    for layer in layers:
        x, _ = layer.after(layer.linear(x))
    return x


@pytest.mark.parametrize("network", NETWORKS)
def test_a_folded_network_says_the_same(networks, references, network):
    pictures = area_means(references, network[0])
    layers = fuse(networks[network])
    assert len(layers) == 7 + 3
    assert [i for i, layer in enumerate(layers, start=1) if layer.pool == (2, 2)] == [2, 4, 7]
    assert [layer.rectified for layer in layers] == [True] * 9 + [False]
    torch.testing.assert_close(run(layers, pictures), networks[network](pictures), atol=1e-4, rtol=1e-4)


def test_folding_is_in_evaluation_and_leaves_the_network_alone(networks, references):
    pictures, expected = area_means(references, 75), networks[75, True](area_means(references, 75))
    network = deepcopy(networks[75, True]).train().requires_grad_(True)
    network.head.flatten = nn.Sequential(nn.Flatten(), nn.Dropout(0.5))
    state = deepcopy(network.state_dict())
    found = run(fuse(network), pictures)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert not found.requires_grad
    assert network.training
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


def test_transposed_is_the_adjoint(networks):
    torch.manual_seed(0)
    for layer, shape in (
        (fuse(networks[75, True])[2], (32, 35, 35)),
        (fuse(networks[75, True])[7], (128, 4, 4)),
    ):
        x = torch.randn(2, *shape)
        bias = layer.linear(torch.zeros_like(x))
        y = torch.randn_like(bias)
        forward = ((layer.linear(x) - bias) * y).sum().item()
        back = layer.transposed(y, shape)
        assert back.shape == x.shape
        assert (x * back).sum().item() == pytest.approx(forward, rel=1e-3)


@pytest.mark.parametrize(("size", "sees"), [(75, 68), (100, 100)])
def test_seen_is_what_the_scores_depend_on(networks, references, size, sees):
    network, pictures = networks[size, True], area_means(references, size)
    part = visible_part(fuse(network), pictures)
    assert torch.equal(part, pictures[..., :sees, :sees])
    other = torch.rand_like(pictures)
    other[..., :sees, :sees] = part
    torch.testing.assert_close(network(other), network(pictures), atol=1e-4, rtol=1e-4)
    # The last row and column of it do count.
    inputs = pictures.clone().requires_grad_()
    gradient = torch.autograd.grad(network(inputs).sum(), inputs)[0].abs().sum((0, 1))
    for counts in (gradient.sum(0), gradient.sum(1)):
        assert counts.nonzero().max() == sees - 1


def test_seen_along_each_axis():
    layers = fuse(nn.Sequential(nn.Conv2d(1, 1, (2, 1)), nn.MaxPool2d((1, 3)), nn.Flatten(), nn.Linear(6, 4)))
    assert visible_part(layers, torch.rand(4, 1, 4, 8)).shape == (4, 1, 4, 6)
    assert visible_part(fuse(nn.Sequential(nn.Linear(8, 4))), torch.rand(1, 2, 4)).shape == (1, 2, 4)


def test_after_a_layer_by_hand():
    layer = fuse(nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.MaxPool2d((1, 2))))[0]
    outputs, places = layer.after(torch.tensor([[[[1.0, 3.0, -1.0, -2.0, 5.0]]]]))
    assert outputs.tolist() == [[[[3.0, 0.0]]]]  # the fifth has no partner
    assert places.tolist() == [[[[1, 2]]]]


@pytest.mark.parametrize("network", NETWORKS)
def test_gradients_are_those_of_autograd(networks, references, network):
    pictures = area_means(references, network[0])
    weights = torch.tensor([[0.0, 0, 1, 0], [1, 0, 0, -1], [0.5, 0, 0, 0]])
    layers = fuse(networks[network])
    found, logits = gradients(layers, layers[0].linear(pictures), weights)
    found = layers[0].transposed(found, pictures.shape[1:])
    inputs = pictures.clone().requires_grad_()
    outputs = networks[network](inputs)
    expected = torch.autograd.grad((outputs * weights).sum(), inputs)[0]
    torch.testing.assert_close(logits, outputs.detach(), atol=1e-4, rtol=1e-4)
    # Rounding may turn single gates of the network.
    assert (found - expected).abs().sum() < 1e-3 * expected.abs().sum()
    assert weights.tolist()[1] == [1, 0, 0, -1]


def test_gradients_of_a_rectified_score():
    layers = fuse(nn.Sequential(nn.Linear(2, 1), nn.ReLU()))
    z = torch.tensor([[3.0], [-3.0]])
    found, logits = gradients(layers, z, torch.tensor([[2.0], [2.0]]))
    assert found.tolist() == [[2.0], [0.0]]
    assert logits.tolist() == [[3.0], [0.0]]


@pytest.mark.parametrize(
    ("modules", "refused"),
    [
        ([nn.ReLU(), nn.Linear(2, 2)], "0 .ReLU."),
        ([nn.Linear(2, 2), nn.Sigmoid()], "1 .Sigmoid."),
        ([nn.Linear(2, 2), nn.ReLU(), nn.BatchNorm1d(2)], "2 .BatchNorm1d."),
        ([nn.Linear(2, 2), nn.BatchNorm1d(2, track_running_stats=False)], "1 .BatchNorm1d."),
        ([nn.Conv2d(1, 1, 3, padding=1)], "0 .Conv2d."),
        ([nn.Conv2d(1, 1, 3, stride=2)], "0 .Conv2d."),
        ([nn.Conv2d(1, 1, 3), nn.MaxPool2d(3, 2)], "1 .MaxPool2d."),
        ([nn.Conv2d(1, 1, 3), nn.MaxPool2d(2, ceil_mode=True)], "1 .MaxPool2d."),
        ([nn.Conv2d(1, 1, 3), nn.MaxPool2d(2), nn.MaxPool2d(2)], "2 .MaxPool2d."),
    ],
)
def test_other_networks_are_refused(modules, refused):
    with pytest.raises(ValueError, match=refused):
        fuse(nn.Sequential(*modules))
