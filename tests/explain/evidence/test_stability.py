import pytest
import torch
from captum.metrics import sensitivity_max

from carmodel.sampling import area_means
from explain.evidence import stability as module
from explain.evidence.stability import perturbations, stability
from explain.maps import explain
from explain.methods.gradcam import gradcam, place
from explain.methods.receptive_field import receptive_field
from explain.methods.shap import shapley_values
from explain.target import Target
from tests.explain.by_captum import integrated_gradients

SUV = Target("suv")


def maps_of_pixels(network, method, references):
    """What captum disturbs: a function from pictures (n, 3, size, size) to maps (n, side, side)."""

    def one(x):
        if method == "gradcam":
            cells, _ = gradcam(network, SUV.score, x)
            return place(cells, receptive_field(network), network.size)
        if method == "shap":
            return shapley_values(network, x, area_means(references, network.size)).values[2]
        return integrated_gradients(network, x, torch.zeros_like(x), steps=40, target=2).sum(0)

    def every(pictures):  # captum passes a tuple of them at first, a tensor later
        pictures = pictures[0] if isinstance(pictures, tuple) else pictures
        return (torch.stack([one(x) for x in pictures]),)

    return every


@pytest.mark.parametrize("method", ["gradcam", "integrated_gradients", "shap"])
def test_captum_says_the_same(networks, frame, references, method):
    network = networks[75, True]
    noise = perturbations(75, radius=0.05, samples=3, seed=1)
    x = area_means(frame, 75)[None]
    expected = sensitivity_max(
        maps_of_pixels(network, method, references[:1]),
        x,
        perturb_func=lambda inputs, _: inputs + area_means(noise, 75),
        n_perturb_samples=3,
    ).item()
    found = stability(
        network,
        frame,
        SUV,
        method,
        radius=0.05,
        samples=3,
        seed=1,
        reference="black",
        references=references[:1],
    )
    assert found > 0.001
    assert found == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("size", "block"), [(75, 4), (100, 3)])
def test_perturbations_are_uniform_within_the_radius(size, block):
    noise = perturbations(size, radius=0.02, samples=4, seed=0)
    assert noise.shape == (4, 3, 300, 300)
    seen = area_means(noise, size)
    torch.testing.assert_close(seen.repeat_interleave(block, -1).repeat_interleave(block, -2), noise)
    assert seen.abs().max().item() <= 0.02 + 1e-7
    assert seen.mean().item() == pytest.approx(0, abs=2e-4)
    assert seen.std().item() == pytest.approx(0.02 / 3**0.5, rel=0.02)
    assert torch.equal(perturbations(size, 0.02, 4, seed=0), noise)
    assert not torch.equal(perturbations(size, 0.02, 4, seed=1), noise)


@pytest.mark.parametrize("size", [64, 128])
def test_perturbations_of_any_size(size):
    noise = perturbations(size, radius=0.02, samples=4, seed=0)
    inside = (torch.arange(size) * 300 / size).ceil().long()  # a frame pixel that begins in each of them
    within = noise[..., inside[:, None], inside]
    assert within.std().item() == pytest.approx(0.02 / 3**0.5, rel=0.02)
    seen = area_means(noise, size)
    assert seen.abs().max().item() <= 0.02 + 1e-7
    assert torch.corrcoef(torch.stack([seen.flatten(), within.flatten()]))[0, 1] > 0.85


@pytest.mark.parametrize(
    ("maps", "expected"),
    [
        ([3.0, 3.0, 3.0], 0.0),
        ([4.0, 3.0, 2.0], 0.5),
        ([-4.0, 0.0, 1.0], 1.25),
        ([0.0, 0.0, 0.0], 0.0),
        ([0.0, 2.0, 0.0], 600.0),
    ],
)
def test_the_largest_change_counts(networks, frame, monkeypatch, maps, expected):
    some = explain(networks[75, True], frame, SUV, "gradcam")
    values = iter(maps)

    def refine(*_, **__):
        object.__setattr__(some, "map", torch.full((300, 300), next(values)))
        yield some

    monkeypatch.setattr(module, "refine", refine)
    assert stability(networks[75, True], frame, SUV, "gradcam", samples=2) == pytest.approx(expected)


def test_nothing_is_left_behind(networks, frame, references):
    network, photo, others = networks[75, False], frame.clone(), references[:1].clone()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    for method in ("gradcam", "shap"):
        stability(network, photo, SUV, method, samples=1, references=others)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(photo, frame)
    assert torch.equal(others, references[:1])
    assert not photo.requires_grad
    assert not others.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())


def test_errors_are_those_of_explain(networks, frame):
    with pytest.raises(ValueError, match="SHAP needs reference frames"):
        stability(networks[75, True], frame, SUV, "shap")
