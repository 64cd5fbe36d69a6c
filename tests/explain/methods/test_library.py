"""captum and shap: the same maps as the fast lane's, copies of their own, many threads, nothing left."""

import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shap
import torch
from torch import nn

from carmodel.architectures import adapted
from carmodel.network import CarNet
from carmodel.photo import Photo
from carmodel.vision import models
from carmodel.weights import available, load, load_references
from explain.attribution import FUSED
from explain.explainer import Explainer
from explain.methods import library
from explain.methods.lanes import FAST, LIBRARY, NoMapError
from explain.methods.registry import METHODS
from explain.target import Target

SUV = Target("suv").score
ALIKE = {"gradcam": 1e-3, "integrated_gradients": 0.02, "shap": 1e-3}  # relative L1


@pytest.fixture(scope="module")
def explainers():
    references = load_references()
    return {name: Explainer({"0": load(name)[0]}, references) for name in available()}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", available())
def test_both_lanes_make_the_same_map(explainers, frame, name, method):
    photo = Photo(frame, 300, 300)
    maps = {}
    for lane in (FAST, LIBRARY):
        *_, made = explainers[name].refine(photo, method, Target("coupe"), engine=lane)
        maps[lane] = made["0"]
    fast, slow = maps[FAST], maps[LIBRARY]
    assert (fast.made_by, slow.made_by != FUSED) == (FUSED, True)
    difference = (fast.map - slow.map).abs().sum() / slow.map.abs().sum()
    assert difference.item() <= ALIKE[method]
    assert fast.score == pytest.approx(slow.score, abs=1e-4)


def small(*modules):
    torch.manual_seed(1)
    layers = nn.Conv2d(3, 4, 3, 2), *modules, nn.Flatten(), nn.Linear(4 * 16 * 16, 4)
    return adapted(nn.Sequential(*layers), {"size": 33})


@pytest.fixture
def x():
    return torch.rand(3, 33, 33, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def references():
    return torch.rand(3, 3, 33, 33, generator=torch.Generator().manual_seed(1))


def test_shap_says_which_explainer_it_was(x, references):
    for module, expected in ((nn.ReLU(), library.DEEP), (nn.SiLU(), library.EXPECTED)):
        network = small(module)
        known = library.background(network, references)
        values, score, before, made_by = library.shapley_values(network, SUV, x, known)
        assert made_by == expected
        assert score == pytest.approx(network(x[None])[0, 2].item(), abs=1e-6)
        assert before == pytest.approx(network(references)[:, 2].mean().item(), abs=1e-6)
        assert values.shape == (33, 33)


def test_a_reused_module_is_not_explained_in_silence(x, references):
    relu = nn.ReLU()
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 3, 2), relu, nn.Conv2d(4, 4, 3, 2), relu, nn.Flatten(), nn.Linear(4 * 7 * 7, 4)
    network = adapted(nn.Sequential(*layers), {"size": 33})
    *_, made_by = library.shapley_values(network, SUV, x, library.background(network, references))
    assert made_by == library.EXPECTED


def test_gradient_explainer_leaves_numpys_numbers_alone(x, references):
    network = small(nn.SiLU())
    known = library.background(network, references)
    np.random.seed(7)
    expected = np.random.RandomState(7).rand()
    first = library.shapley_values(network, SUV, x, known)[0]
    assert np.random.rand() == expected
    assert torch.equal(first, library.shapley_values(network, SUV, x, known)[0])


def everything(network, x, references):
    cells, _ = library.gradcam(network, SUV, x)
    points = torch.linspace(0, 1, 5)
    total, ends = library.integrate(network, SUV, x, references[0], points, torch.full((5,), 0.2))
    values, *_ = library.shapley_values(network, SUV, x, library.background(network, references))
    return cells, total, ends, values


@pytest.mark.parametrize("inplace", [False, True])
def test_eight_threads(x, references, inplace):
    network = small(nn.ReLU(inplace))
    pictures = [x * shade for shade in torch.linspace(0.3, 1, 8)]
    expected = [everything(network, picture, references) for picture in pictures]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda picture: everything(network, picture, references), pictures * 2))
    for one, other in zip(found, expected * 2, strict=True):
        for map, map_alone in zip(one, other, strict=True):
            assert torch.equal(map, map_alone)
    clean(network)


def clean(network):
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())
    assert not any({"x", "y"} & vars(module).keys() for module in network.modules())
    assert not any(values.requires_grad for values in network.parameters())


class Failing(nn.Module):
    """Refuses the second picture and all later ones."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.append(len(x))
        if len(self.seen) > 2:
            raise RuntimeError("no more")
        return x


def test_an_exception_leaves_nothing_behind(x, references):
    calls = (
        lambda network: library.gradcam(network, SUV, x),
        lambda network: library.integrate(network, SUV, x, x / 2, torch.rand(50), torch.rand(50)),
        lambda network: library._deep(network, SUV, x, references),
        lambda network: library._expected(network, SUV, x, references),
    )
    for call in calls:
        network = small(nn.ReLU(), Failing())
        network.module[2].seen[:] = [0, 0]
        with pytest.raises(RuntimeError, match="no more"):
            call(network)
        clean(network)


ARCHITECTURES = (
    "resnet18",
    "mobilenet_v3_small",
    "efficientnet_b0",
    "densenet121",
    "convnext_tiny",
    "vgg11_bn",
    "squeezenet1_1",
    "shufflenet_v2_x1_0",
    "vit_b_16",
)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_networks_of_torchvision(name, frame, monkeypatch):
    monkeypatch.setattr(library, "SAMPLES", 16)  # of GradientExplainer
    torch.manual_seed(0)
    sized = {"image_size": 64} if name.startswith("vit") else {}
    module = models.get_model(name, weights=None, num_classes=4, **sized)
    *_, last = (values for values in module.parameters() if values.ndim > 1)
    nn.init.normal_(last, 0, 0.3)  # logits some units apart
    network = adapted(module, {"size": 64, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]})
    explainer = Explainer({"64": network}, torch.rand(2, 3, 300, 300))
    photo, target = Photo(frame, 300, 300), Target("suv", "sedan")
    assert explainer.lane("64") == LIBRARY
    for method in METHODS:
        if name == "vit_b_16" and method == "gradcam":
            with pytest.raises(NoMapError, match="Grad-CAM cannot explain the network of 64 px"):
                explainer.refine(photo, method, target)
            continue
        *_, maps = explainer.refine(photo, method, target, tolerance=0.1)
        map = maps["64"]
        assert map.map.isfinite().all()
        assert map.made_by != FUSED
        if METHODS[method].complete:
            assert map.map.std() > 0
            assert map.total == pytest.approx(map.score - map.reference_score, abs=max(map.gap, 1e-3) * 1e3)
        if map.made_by in (library.INTEGRATED_GRADIENTS, library.DEEP):
            assert map.gap <= 0.1


def test_copies_share_values_and_nothing_else():
    network = CarNet(75).eval()
    copy = library.private_copy(network)
    assert all(a is b for a, b in zip(network.parameters(), copy.parameters(), strict=True))
    assert not {id(module) for module in network.modules()} & {id(module) for module in copy.modules()}


def test_what_shap_has_no_rule_for_is_said_by_the_sum_alone():
    code = """
import warnings
import torch
from torch import nn
from carmodel.architectures import adapted
from explain.methods import library

network = adapted(nn.Sequential(nn.Flatten(), nn.SiLU(), nn.Linear(3 * 32 * 32, 4)), {"size": 32})
known = library.background(network, torch.rand(2, 3, 32, 32))
print(known.deep)
warnings.warn("heard")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False"]
    assert "heard" in run.stderr and "unrecognized" not in run.stderr


def test_warnings_of_others_are_heard_while_shap_computes(x, references, monkeypatch):
    class Chatty(shap.DeepExplainer):
        def shap_values(self, *arguments, **named):
            with ThreadPoolExecutor(1) as threads:
                threads.submit(warnings.warn, "from another thread").result()
            return super().shap_values(*arguments, **named)

    monkeypatch.setattr(shap, "DeepExplainer", Chatty)
    with pytest.warns(UserWarning, match="from another thread"):
        library.background(small(nn.ReLU()), references)
