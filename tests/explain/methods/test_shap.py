from contextlib import nullcontext
from copy import deepcopy

import pytest
import torch
from shap import DeepExplainer
from torch import nn

from carmodel.network import CLASSES, Network
from carmodel.sampling import area_means
from explain.methods import library
from explain.methods.shap import ShapleyValues, background, shapley_values
from explain.target import Target


class Pixels(Network):
    """Pictures (n, 3, 1, 2) -> what `function` makes of the two red pixels (n, 1, 1, 2), for SUV alone."""

    def __init__(self, *function):
        super().__init__()
        self.red = nn.Conv2d(3, 1, 1, bias=False)
        self.red.weight.data = torch.tensor([1.0, 0, 0]).reshape(1, 3, 1, 1)
        self.function = nn.Sequential(*function, nn.Flatten())
        self.classes = nn.Linear(1, 4)
        self.classes.weight.data = torch.tensor([[0.0], [0], [1], [0]])
        self.classes.bias.data = torch.tensor([1.0, 2, 0, 0])

    def forward(self, x):
        return self.classes(self.function(self.red(x)))


def red(*pairs):
    pictures = torch.rand(len(pairs), 3, 1, 2, generator=torch.Generator().manual_seed(0))
    pictures[:, 0, 0] = torch.tensor(pairs)
    return pictures


def by_shap(network, x, references):
    """The library lane's values of every class."""
    known = library.background(network, references)
    made = [library.shapley_values(network, Target(label).score, x, known) for label in CLASSES]
    assert {by for *_, by in made} == {library.DEEP}
    values, scores, reference_scores = zip(*(each[:3] for each in made), strict=True)
    return ShapleyValues(torch.stack(values), torch.tensor(scores), torch.tensor(reference_scores))


both_lanes = pytest.mark.parametrize("lane", [shapley_values, by_shap])


def sum_minus_one():
    sum_ = nn.Conv2d(1, 1, (1, 2))
    sum_.weight.data.fill_(1.0)
    sum_.bias.data.fill_(-1.0)
    return sum_


@both_lanes
def test_linear_network(lane):
    found = lane(Pixels(sum_minus_one()), red((2.0, 1.0))[0], red((0.0, 0.0), (1.0, 3.0)))
    # x − the mean reference (0.5, 1.5)
    torch.testing.assert_close(found.values[2], torch.tensor([[1.5, -0.5]]))
    assert (found.values[[0, 1, 3]] == 0).all()
    assert found.logits.tolist() == [1.0, 2.0, 2.0, 0.0]
    assert found.reference_logits.tolist() == [1.0, 2.0, 1.0, 0.0]  # −1 and 3


@both_lanes
@pytest.mark.parametrize(
    ("x", "references", "expected"),
    [
        # From (0, 0), relu(−1) = 0, to (2, 1), relu(2) = 2: slope 2/3, so (4/3, 2/3).
        # From (1, 1), relu(1) = 1: slope 1, so (1, 0). The mean of both:
        ((2.0, 1.0), [(0.0, 0.0), (1.0, 1.0)], (7 / 6, 1 / 3)),
        # The sum is the same, 3 − 1: the slope is the gradient, 1.
        ((2.0, 1.0), [(1.0, 2.0)], (1.0, -1.0)),
        # Both below zero, −0.5: the gradient is 0. And at zero itself, too.
        ((0.5, 0.0), [(0.0, 0.5)], (0.0, 0.0)),
        ((1.0, 0.0), [(0.0, 1.0)], (0.0, 0.0)),
        # Nearly the same, 2 and 2 + 2e-7.
        ((2.0, 1.0), [(1.0, 2.0000002)], (1.0, -1.0)),
    ],
)
def test_relu_by_hand(lane, x, references, expected):
    found = lane(Pixels(sum_minus_one(), nn.ReLU()), red(x)[0], red(*references))
    torch.testing.assert_close(found.values[2], torch.tensor([expected]))
    sums = [max(0.0, sum(each) - 1) for each in references]
    torch.testing.assert_close(found.reference_logits, torch.tensor([1.0, 2.0, sum(sums) / len(sums), 0.0]))


@both_lanes
@pytest.mark.parametrize(
    ("x", "references", "expected"),
    [
        # From (0, 2) to (3, 1): the maximum rises from 2 to 3 because of the left pixel.
        # From (1, 5): it falls by 2 because of the right one.
        ((3.0, 1.0), [(0.0, 2.0), (1.0, 5.0)], (0.5, -1.0)),
        # Both pixels reach the new maximum: it counts for the first.
        ((2.0, 2.0), [(0.0, 1.0)], (1.0, 0.0)),
        # The maximum stays: so nothing counts, whatever the pixels do.
        ((1.0, 3.0), [(3.0, 1.0)], (0.0, 0.0)),
    ],
)
def test_max_pool_by_hand(lane, x, references, expected):
    found = lane(Pixels(nn.MaxPool2d((1, 2))), red(x)[0], red(*references))
    torch.testing.assert_close(found.values[2], torch.tensor([expected]))


@both_lanes
def test_relu_and_max_pool_by_hand(lane):
    network = Pixels(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.MaxPool2d((1, 2)))
    network.function[0].weight.data.fill_(2.0)
    network.function[0].bias.data.fill_(-4.0)
    # z from (−2, −4) to (2, 1): the maximum rises from 0 to 2 because of the left pixel.
    # z from (6, 2): it falls from 6 to 2 because of the left pixel.
    found = lane(network, red((3.0, 2.5))[0], red((1.0, 0.0), (5.0, 3.0)))
    torch.testing.assert_close(found.values[2], torch.tensor([[(2.0 - 4.0) / 2, 0.0]]))


@pytest.mark.parametrize(("size", "batchnorm"), [(75, True), (75, False), (100, True), (100, False)])
def test_adds_up_for_all_classes(networks, frame, references, size, batchnorm):
    network, x = networks[size, batchnorm], area_means(frame, size)
    found = shapley_values(network, x, area_means(references[:1], size))
    exact = deepcopy(network).double()
    for logits, pictures in (
        (found.logits, x[None]),
        (found.reference_logits, area_means(references[:1], size)),
    ):
        expected = exact(pictures.double())[0]
        # Rounded in seven convolutions, in an order that differs from processor to processor.
        rounding = 1e-5 * expected.abs().max().item()
        torch.testing.assert_close(logits.double(), expected, rtol=0, atol=rounding)
    change = found.logits - found.reference_logits
    gap = (found.values.sum(dim=(1, 2)) - change).abs() / change.abs().clamp(min=1)
    assert gap.max().item() < 1e-4


@pytest.mark.parametrize(("size", "batchnorm"), [(75, True), (75, False), (100, True), (100, False)])
def test_equals_shap_called_directly(networks, frame, references, size, batchnorm):
    network, x, others = networks[size, batchnorm], area_means(frame, size), area_means(references, size)
    direct = DeepExplainer(deepcopy(network), others).shap_values(x[None], check_additivity=False)
    expected = torch.from_numpy(direct[0]).float().sum(0).movedim(-1, 0)
    found = shapley_values(network, x, others).values
    assert ((found - expected).abs().sum((1, 2)) < 1e-4 * expected.abs().sum((1, 2))).all()
    if (size, batchnorm) == (75, True):
        torch.testing.assert_close(by_shap(network, x, others).values, expected, rtol=1e-4, atol=1e-6)


def test_one_score(networks, frame, references):
    network, x, others = networks[75, True], area_means(frame, 75), area_means(references, 75)
    coupe, contrast = Target("coupe").score, Target("coupe", "truck").score
    everything = shapley_values(network, x, others)
    assert everything.of(contrast).shape == (75, 75)
    for score in (coupe, contrast):
        only = shapley_values(network, x, others, score=score)
        assert only.values.shape == (1, 75, 75)
        torch.testing.assert_close(only.of(score), everything.of(score), atol=1e-5, rtol=1e-4)
        assert torch.equal(only.logits, everything.logits)
    network = Pixels(sum_minus_one(), nn.ReLU())
    pictures = red((2.0, 1.0))[0], red((0.0, 0.0), (1.0, 1.0))
    known = library.background(network, pictures[1])
    values, *_ = library.shapley_values(network, Target("coupe", "suv").score, pictures[0], known)
    torch.testing.assert_close(values, torch.tensor([[-7 / 6, -1 / 3]]))


def test_a_background_serves_many_pictures(networks, frame, references):
    network, others = networks[100, True], area_means(references, 100)
    known = background(network, others)
    for picture in (frame, references[1] / 2):
        x = area_means(picture, 100)
        assert torch.equal(
            shapley_values(network, x, known).values, shapley_values(network, x, others).values
        )


@both_lanes
def test_works_where_gradients_are_off(lane):
    with torch.no_grad():
        found = lane(Pixels(sum_minus_one()), red((2.0, 1.0))[0], red((0.0, 0.0)))
        assert not torch.is_grad_enabled()
    torch.testing.assert_close(found.values[2], torch.tensor([[2.0, 1.0]]))
    assert not found.values.requires_grad
    assert not found.logits.requires_grad


def test_errors():
    pictures = red((2.0, 1.0))[0], red((0.0, 0.0))
    with pytest.raises(ValueError, match=r"function.0 \(Sigmoid\)"):
        shapley_values(Pixels(nn.Sigmoid(), sum_minus_one()), *pictures)


class Refusing(nn.Module):
    """Fails for four pictures: two references, and the photo once for each, when shap has set its hooks."""

    def forward(self, x):
        if len(x) == 4:
            raise RuntimeError("four pictures")
        return x


def by_deep(network, x, references):
    library._deep(network, Target("suv").score, x, references)


@pytest.mark.parametrize(("lane", "fails"), [(shapley_values, False), (by_shap, False), (by_deep, True)])
def test_nothing_is_left_behind(lane, fails):
    network = Pixels(sum_minus_one(), nn.ReLU(), Refusing() if fails else nn.Identity())
    keys, x, references = list(network.state_dict()), red((2.0, 1.0))[0], red((0.0, 0.0), (1.0, 1.0))
    copies = x.clone(), references.clone()
    with pytest.raises(RuntimeError, match="four pictures") if fails else nullcontext():
        lane(network, x, references)
    assert list(network.state_dict()) == keys
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())
    assert not any({"x", "y"} & {*vars(module), *module._parameters} for module in network.modules())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in network.parameters())
    assert torch.equal(x, copies[0])
    assert torch.equal(references, copies[1])
    assert not x.requires_grad
    assert not references.requires_grad
