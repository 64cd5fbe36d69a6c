from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from carmodel.card import Card
from carmodel.ensemble import PUBLISHED_OWNERS, average, predict, priority
from carmodel.network import CLASSES, CarNet
from carmodel.photo import Photo
from carmodel.sampling import area_means
from carmodel.weights import save, save_references
from explain.attribution import Attribution
from explain.classification import Classification
from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.report.report import Report
from explain.request import columns_of
from explain.target import Target


def smooth_frames(count: int, seed: int) -> Tensor:
    """Soft patches of colour with some grain, (count, 3, 300, 300) in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    patches = torch.rand(count, 3, 15, 15, generator=generator)
    grain = torch.rand(count, 3, 300, 300, generator=generator)
    return 0.9 * F.interpolate(patches, size=300, mode="bilinear") + 0.1 * grain


def random_network(size: int, batchnorm: bool) -> CarNet:
    """A network with logits some units apart, and running statistics that are not those of the pictures."""
    torch.manual_seed(size + batchnorm)
    network = CarNet(size, batchnorm)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            nn.init.normal_(module.bias, 0, 0.1)
            if isinstance(module, nn.Conv2d):  # mostly low-pass, as smooth a function as a trained network
                module.weight.data = module.weight.mean((2, 3), keepdim=True) * 3 + module.weight / 4
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
            module.momentum = 1.0
    pictures = area_means(smooth_frames(8, seed=2), size)
    with torch.no_grad():
        network.train()(pictures)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.running_mean += 0.2 * module.running_var.sqrt() * torch.randn(module.num_features)
                module.running_var *= 0.5 + torch.rand(module.num_features)
        network.head.fc3.weight *= 2 / network.eval()(pictures).std(dim=0).mean()
    return network.requires_grad_(False)


class Networks(dict):
    """Random networks by size and batch normalisation, each made when it is first asked for."""

    def __missing__(self, key: tuple[int, bool]) -> CarNet:
        self[key] = random_network(*key)
        return self[key]


@pytest.fixture(scope="session")
def networks() -> Networks:
    return Networks()


@pytest.fixture(scope="session")
def frame() -> Tensor:
    return smooth_frames(1, seed=0)[0]


@pytest.fixture(scope="session")
def references() -> Tensor:
    """Three reference frames: fewer than the product has, which keeps SHAP fast."""
    return smooth_frames(3, seed=1)


@pytest.fixture(scope="session")
def photo(frame) -> Photo:
    return Photo(frame, 640, 480)


@pytest.fixture(scope="session")
def finals(tmp_path_factory, networks, references) -> Path:
    """A folder with networks of both sizes, of the kind "final" but without batch normalisation."""
    folder = tmp_path_factory.mktemp("weights")
    for size in (75, 100):
        card = Card(f"final-{size}", size, False, CLASSES, 1.0, "", {}, {}, {})
        save(networks[size, False], card, folder)
    save_references(references[:2], folder)
    return folder


@pytest.fixture
def explainer(finals) -> Explainer:
    return Explainer.load(finals)


def _random_map(method, network, gap):
    map, reference = (torch.randn(300, 300), "black") if gap is not None else (torch.rand(300, 300), "none")
    score = None if gap is None else 0.0
    record = METHODS[method]
    return Attribution(map, map, record, network, Target("suv"), reference, 2.0, score, gap, 8, 0.1)


@pytest.fixture(scope="session")
def report_of():
    """Makes a report of random maps: method -> gap, or None for one without a sum to check."""

    def make(gaps, ensemble="average", width=720, height=480, name="car.jpg"):
        logits = torch.tensor([0.0, 0.0, 1.0, 0.0]), torch.tensor([0.0, 2.0, 0.0, 0.0])
        predictions = {
            "75": predict(logits[0]),
            "100": predict(logits[1]),
            "average": average(logits),
            "priority": priority(dict(zip((75, 100), logits, strict=True)), PUBLISHED_OWNERS),
        }
        rows = {
            method: columns_of(
                {network: _random_map(method, network, gap) for network in ("75", "100")},
                ensemble,
                "100" if ensemble == "priority" else None,
            )
            for method, gap in gaps.items()
        }
        photo = Photo(torch.rand(3, 300, 300), width, height)
        said = Classification(dict(zip(("75", "100"), logits, strict=True)), predictions)
        cards = {
            network: Card(
                f"final-{network}", int(network), True, CLASSES, 1.0, f"sha of {network}", {}, {}, {}
            )
            for network in ("75", "100")
        }
        return Report(name, photo, cards, said, ensemble, Target("suv"), 0.02, rows, smoothing="pixels")

    return make
