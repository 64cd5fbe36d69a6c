from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
import torch
from PIL import Image

from carmodel.calibration import Bin
from carmodel.card import Card
from carmodel.ensemble import PUBLISHED_OWNERS, average, predict, priority
from carmodel.metrics import Disagreement, Scores, wilson
from carmodel.network import CLASSES, SIZES
from carmodel.photo import Photo
from explain.attribution import Attribution, completeness_gap
from explain.cache import Cache
from explain.explainer import Classification
from explain.survey.summary import Interval
from explain.target import Target
from page.background import Background
from page.session import Subject
from page.results.measured import Evaluation
from page.results.surveyed import Survey


class FakeExplainer:
    """Explains every photo the same way, at once; Integrated Gradients in two stages.

    `asked` lists what `refine` was asked for: the real one computes nothing that it was asked for before.
    """

    cards = MappingProxyType(
        {str(size): Card(f"final-{size}", size, True, CLASSES, 1.0, "0f", {}, {}, {}) for size in SIZES}
    )

    networks = MappingProxyType({"75": "network of 75 px", "100": "network of 100 px"})
    references = "reference frames"

    def __init__(self, attribution):
        self.attribution = attribution
        self.asked = []
        self.cache = Cache()

    def classify(self, photo):
        logits = {"75": torch.tensor([0.0, 0.0, 3.0, 0.0]), "100": torch.tensor([0.0, 2.0, 0.0, 0.0])}
        predictions = {name: predict(each) for name, each in logits.items()}
        predictions["average"] = average(*logits.values())
        predictions["priority"] = priority(*logits.values(), PUBLISHED_OWNERS)
        return Classification(logits, predictions)

    def known(self, photo, method, target, reference="black", tolerance=0.02):
        asked = any(each[:5] == (photo, method, target, reference, tolerance) for each in self.asked)
        names = self.networks if asked else ()
        return {name: replace(self.attribution(2.0, 2.0, method, name), target=target) for name in names}

    def refine(self, photo, method, target, reference="black", tolerance=0.02, networks=("75", "100")):
        self.asked.append((photo, method, target, reference, tolerance, networks))
        stages = [(1.0, 8), (2.0, 16)] if method == "integrated_gradients" else [(2.0, 1)]
        for total, steps in stages:
            maps = {name: self.attribution(total, 2.0, method, name, steps) for name in networks}
            yield {name: replace(each, target=target) for name, each in maps.items()}


@pytest.fixture
def fake(attribution) -> FakeExplainer:
    return FakeExplainer(attribution)


@pytest.fixture
def quick_pictures(monkeypatch) -> None:
    """Tiny pictures in place of maps, which still show how strong the overlay is."""

    def tiny(attribution, photo, scale, strength):
        return Image.new("RGB", (3, 2), (round(255 * strength), 0, 0))

    monkeypatch.setattr("page.tabs.explain.grid.overlay", tiny)


@pytest.fixture
def quick_evidence(monkeypatch, known):
    """Evidence at once, in place of the real tests; lists what was asked for."""
    asked = []

    def evidence(networks, frame, attribution, detail, against):
        asked.append((attribution.network, attribution.method))
        return known()

    def control_logits(network, frame, size):
        asked.append(f"{network}, {size} cells a side")

    monkeypatch.setattr("page.tabs.explain.evidence.evidence", evidence)
    monkeypatch.setattr("page.tabs.explain.evidence.control_logits", control_logits)
    monkeypatch.setattr("page.tabs.explain.evidence.controls", lambda networks, frame, target, known: None)
    return asked


@pytest.fixture(scope="session")
def background() -> Background:
    return Background()


@pytest.fixture
def subject(photo) -> Subject:
    return Subject(photo, photo.digest, "final", Target("suv"), "blur", 0.02, "regions")


@pytest.fixture(scope="session")
def photo() -> Photo:
    """A landscape photo, 3:2."""
    return Photo(torch.rand(3, 300, 300, generator=torch.Generator().manual_seed(0)), 600, 400)


@pytest.fixture
def attribution():
    """Makes a map whose pixels sum to `total`, for a score that changes by `change`."""

    def make(total=2.0, change=2.0, method="shap", network="75", steps=1):
        map = torch.full((300, 300), total / 90_000)
        sums = method != "gradcam"
        return Attribution(
            map=map,
            cells=map,
            method=method,
            network=network,
            target=Target("suv"),
            reference="black",
            score=change + 1.0,
            reference_score=1.0 if sums else None,
            gap=completeness_gap(map, change + 1.0, 1.0) if sums else None,
            steps=steps,
            seconds=0.1,
        )

    return make


@pytest.fixture
def saved(tmp_path):
    """Writes a picture of noise under a name and returns its path."""

    def save(name, size=(90, 60)):
        path = tmp_path / name
        Image.effect_noise(size, 80).convert("RGB").save(path)
        return str(path)

    return save


@pytest.fixture
def broken(tmp_path) -> str:
    """The path of a file that begins as a JPEG does."""
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 and no more")
    return str(path)


@pytest.fixture
def scores():
    """Makes the scores of photos of which so many sedans are called coupe; there are 10 of each class."""

    def make(wrong=2, ece=0.05):
        right, n = 40 - wrong, 40
        confusion = ((10 - wrong, wrong, 0, 0), (0, 10, 0, 0), (0, 0, 10, 0), (0, 0, 0, 10))
        recall = {"sedan": 1 - wrong / 10, "coupe": 1.0, "suv": 1.0, "truck": 1.0}
        precision = {"sedan": 1.0, "coupe": 10 / (10 + wrong), "suv": 1.0, "truck": None}
        bins = (*[Bin(0, None, None)] * 13, Bin(10, 0.9, 0.8), Bin(30, 0.99, 1.0))
        return Scores(n, right / n, wilson(right, n), recall, precision, confusion, ece, bins)

    return make


@pytest.fixture
def evaluation(scores) -> Evaluation:
    """Two networks and an ensemble on photos of two sources."""
    found = {
        name: {"truecar": scores(wrong), "stanford": scores(wrong + 1, 0.1)}
        for name, wrong in (("final-75", 4), ("final-100", 3), ("average", 2))
    }
    disagreement = {source: Disagreement(40, 8, 2, 5, 1) for source in ("stanford", "truecar")}
    return Evaluation("val", found, disagreement)


@pytest.fixture
def survey() -> Survey:
    """A survey of 40 photos, whose weight lies in the centre ninth alone."""
    centre = np.zeros((75, 75), np.float32)
    centre[25:50, 25:50] = 9

    def interval(mean):
        return Interval(mean, mean * 0.9, mean * 1.1, 40)

    methods = {"gradcam": 0.4, "integrated_gradients": 0.3, "shap": 0.2}  # -> deletion area
    figures = {
        network: {
            method: {"deletion": interval(area), "beats_both_deletion": interval(0.5)}
            | ({} if method == "gradcam" else {"gap": interval(0.01 if method != "shap" else 1e-6)})
            for method, area in methods.items()
        }
        for network in ("75", "100", "average")
    }
    control = {network: {"deletion": interval(0.45), "insertion": interval(0.7)} for network in figures}
    seconds = {
        (method, network): interval(10 * area * share)
        for method, area in zip(methods, (0.001, 0.4, 0.1), strict=True)
        for network, share in (("75", 0.25), ("100", 0.75), ("", 1.0))
    }
    maps = {
        (method, network, group): centre
        for method in methods
        for network in figures
        for group in ("all", *CLASSES[:3])
    }
    return Survey("test", 40, True, figures, control, seconds, maps)
