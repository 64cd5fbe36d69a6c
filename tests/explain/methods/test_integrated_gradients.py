import pytest
import torch
from captum.attr import IntegratedGradients
from torch import nn

from carmodel.sampling import area_means
from explain.methods import integrated_gradients as module
from explain.methods.fused import gradients
from explain.methods.integrated_gradients import Line, least_steps, refined
from explain.references import reference_frame
from explain.target import Target
from tests.explain.by_captum import integrated_gradients

SUV = Target("suv").score


def linear_network(weights):
    """Pictures (n, 3, 1, 2) -> four logits; weights (4, 6)."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(6, 4))
    network[1].weight.data = torch.tensor(weights)
    return network


def relu_network(bias):
    """Pictures (n, 3, 1, 2) -> SUV relu(left + right + bias) of the red channel, the other classes zero."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(6, 1), nn.ReLU(), nn.Linear(1, 4, bias=False))
    network[1].weight.data = torch.tensor([[1.0, 1, 0, 0, 0, 0]])
    network[1].bias.data = torch.tensor([bias])
    network[3].weight.data = torch.tensor([[0.0], [0], [1], [0]])
    return network


def red(left, right):
    picture = torch.zeros(3, 1, 2)
    picture[0, 0] = torch.tensor([left, right])
    return picture


def doubled(network, x, reference, until, score=SUV):
    integral = refined(network, score, Line(x, reference))
    yield integral
    while integral.steps < until:
        integral = refined(network, score, integral)
        yield integral


def test_linear_network_is_exact_at_once():
    network = linear_network([[0.0] * 6, [1.0] * 6, [1.0, 2, 3, 4, 5, 6], [0.0] * 6])
    x = torch.tensor([[[1.0, 0.5]], [[0.0, 1.0]], [[0.5, 0.0]]])
    reference = torch.full((3, 1, 2), 0.5)
    suv, contrast = (
        refined(network, target.score, Line(x, reference)).values
        for target in (Target("suv"), Target("suv", "coupe"))
    )
    # weight · (x − reference), and (weight − 1) · (x − reference) against the coupe
    torch.testing.assert_close(suv, torch.tensor([[[0.5, 0.0]], [[-1.5, 2.0]], [[0.0, -3.0]]]))
    torch.testing.assert_close(contrast, torch.tensor([[[0.0, 0.0]], [[-1.0, 1.5]], [[0.0, -2.5]]]))


def test_the_larger_network_takes_twice_the_steps_at_least():
    assert [least_steps(size) for size in (2, 75, 100)] == [40, 40, 80]


def test_two_pixels_by_hand():
    # relu(4α − 1.4) on the way from (0, 0) to (3, 1): slope 1 from α = 0.35 on, so exactly 0.65 of (3, 1).
    # α = s (1 + 2 s) / 3 passes 0.35 at s = 0.516, and counts (1 + 4 s) / 3. Of five steps 3/5 and 4/5 count,
    # 17/75 and 21/75, and half of 5/5, 12.5/75: in all 101/150 of (3, 1). Of ten 6/10 … 9/10 (17 + 19 + 21 +
    # 23 of 150) and half of the last (12.5): 37/60. Of twenty 11/20 … 19/20 (16 … 24 of 300), 12.5: 77/120.
    network, shares = relu_network(-1.4), {5: 101 / 150, 10: 37 / 60, 20: 77 / 120}
    found = list(doubled(network, red(3.0, 1.0), red(0.0, 0.0), until=20))
    assert [integral.steps for integral in found] == list(shares)
    for integral in found:
        torch.testing.assert_close(integral.values, red(3.0, 1.0) * shares[integral.steps])
        assert (integral.score, integral.reference_score) == pytest.approx((2.6, 0.0))
    *_, last = doubled(network, red(3.0, 1.0), red(0.0, 0.0), until=1280)
    torch.testing.assert_close(last.values, red(3.0, 1.0) * 0.65, atol=1e-3, rtol=0)


def test_doubling_keeps_what_is_computed(monkeypatch):
    asked = []

    def watched(layers, z, weights):
        asked.extend(z[:, 0].tolist())
        return gradients(layers, z, weights)

    monkeypatch.setattr(module, "gradients", watched)
    network = relu_network(0.0)  # its first layer tells 2 α on the way from (0, 0) to (1, 1)
    counts = [(integral.steps, len(asked)) for integral in doubled(network, red(1.0, 1.0), red(0.0, 0.0),
    until=80)] assert counts == [(n, n + 1) for n in (5, 10, 20, 40, 80)] points = [2 * k / 80 * (1 + 2 * k /
    80) / 3 for k in range(81)]  # of the trapezoid rule, each once assert sorted(asked) ==
    pytest.approx(points)


def test_large_pictures_come_in_small_numbers(networks, frame, monkeypatch):
    sizes = []

    def watched(layers, z, weights):
        sizes.append(len(z))
        return gradients(layers, z, weights)

    monkeypatch.setattr(module, "gradients", watched)
    for size in (75, 100):
        x = area_means(frame, size)
        *_, last = doubled(networks[size, True], x, torch.zeros_like(x), until=20)
    assert last.steps == 20
    # 66 x 66 cells of the first layer, 18 at once, and 98 x 98 cells, 8 at once.
    assert sizes == [6, 5, 10, 6, 5, 5, 5]


@pytest.mark.parametrize(("size", "batchnorm"), [(75, True), (75, False), (100, True), (100, False)])
def test_equals_captum_for_the_same_points(networks, frame, size, batchnorm):
    network, x, steps = networks[size, batchnorm], area_means(frame, size), 20
    reference = torch.full_like(x, 0.5)
    *_, found = doubled(network, x, reference, until=steps)
    expected = integrated_gradients(network, x, reference, steps, target=2)
    # Rounding may turn single gates of the network, whose gradient is not continuous.
    assert (found.values - expected).abs().sum() < 1e-3 * expected.abs().sum()


@pytest.mark.parametrize(("size", "batchnorm"), [(75, True), (75, False), (100, True)])
def test_equals_the_trapezoid_rule_written_out(networks, frame, size, batchnorm):
    network, x, steps = networks[size, batchnorm], area_means(frame, size), 10
    reference = torch.full_like(x, 0.5)
    *_, integral = doubled(network, x, reference, until=steps, score=Target("coupe", "truck").score)
    even = torch.arange(steps + 1)[:, None, None, None] / steps
    path = (reference + even * (1 + 2 * even) / 3 * (x - reference)).requires_grad_()
    logits = network(path)
    gradient = torch.autograd.grad((logits[:, 1] - logits[:, 3]).sum(), path)[0]
    expected = (x - reference) * torch.trapezoid(gradient * (1 + 4 * even) / 3, dx=1 / steps, dim=0)
    # Rounding may turn single gates of the network, whose gradient is not continuous.
    assert (integral.values - expected).norm() < 0.02 * expected.norm()


def test_approaches_another_rule_of_captum(networks, frame):
    network, x = networks[75, False], area_means(frame, 75)
    expected = IntegratedGradients(network).attribute(
        x[None], x[None] * 0, target=2, n_steps=64, method="gausslegendre", internal_batch_size=8
    )[0]
    found = [integral.values for integral in doubled(network, x, x * 0, until=40)]
    distances = [((values - expected).norm() / expected.norm()).item() for values in found]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.1
    assert found[-1].sum().item() == pytest.approx(expected.sum().item(), rel=0.05)


def test_black_and_mean_references(frame):
    assert torch.equal(reference_frame("black", frame), torch.zeros(3, 300, 300))
    mean = reference_frame("mean", frame)
    assert mean.shape == frame.shape
    for channel in range(3):
        torch.testing.assert_close(mean[channel], torch.full((300, 300), frame[channel].mean().item()))


def test_blur_reference_is_a_gaussian_of_20_pixels():
    dot = torch.zeros(3, 300, 300)
    dot[:, 150, 150] = 1.0
    blurred = reference_frame("blur", dot)[1]
    assert blurred.sum().item() == pytest.approx(1.0, abs=1e-4)
    for down, right in ((20, 0), (0, 40), (30, 10)):
        ratio = torch.exp(torch.tensor(-(down**2 + right**2) / (2 * 20**2))).item()
        found = blurred[150 + down, 150 + right] / blurred[150, 150]
        assert found.item() == pytest.approx(ratio, rel=1e-3)
    grey = torch.full((3, 300, 300), 0.3)
    torch.testing.assert_close(reference_frame("blur", grey), grey)


def test_nothing_is_left_behind(networks, frame):
    network, x = networks[75, True], area_means(frame, 75)
    line = Line(x.clone(), torch.zeros_like(x))
    first = refined(network, SUV, line)
    values = first.values.clone()
    refined(network, SUV, first)
    assert torch.equal(line.x, x)
    assert not line.x.requires_grad
    assert not line.reference.requires_grad
    assert torch.equal(first.values, values)
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())
