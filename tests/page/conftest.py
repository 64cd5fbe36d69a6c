from dataclasses import replace
from types import MappingProxyType

import pytest
import torch
from PIL import Image

from carmodel.card import Card
from carmodel.ensemble import PUBLISHED_OWNERS, average, predict, priority
from carmodel.network import CLASSES, SIZES
from carmodel.photo import Photo
from explain.evidence import Evidence
from explain.explainer import Classification
from explain.faithfulness import Controls, Curve, Faithfulness, beats
from explain.maps import Attribution, completeness_gap
from explain.regions import Share
from explain.target import Target
from page.background import Background
from page.visit import Subject


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

    def classify(self, photo):
        logits = {"75": torch.tensor([0.0, 0.0, 3.0, 0.0]), "100": torch.tensor([0.0, 2.0, 0.0, 0.0])}
        predictions = {name: predict(each) for name, each in logits.items()}
        predictions["average"] = average(*logits.values())
        predictions["priority"] = priority(*logits.values(), PUBLISHED_OWNERS)
        return Classification(logits, predictions)

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

    monkeypatch.setattr("page.grid.overlay", tiny)


@pytest.fixture
def known():
    """Makes evidence of two areas: curves begin at 1, end at 0 and are constant between; controls are 0.5."""

    def curves(deletion, insertion):
        fractions = (0.0, 0.0, 0.5, 1.0, 1.0)
        covered, uncovered = (1.0, *(deletion,) * 3, 0.0), (0.0, *(insertion,) * 3, 1.0)
        return Faithfulness(*(Curve(fractions, values, values) for values in (covered, uncovered)))

    def make(deletion=0.25, insertion=0.75, border=0.2):
        found, against = curves(deletion, insertion), Controls(curves(0.4, 0.5), curves(0.5, 0.6))
        return Evidence(found, against, beats(found, against), Share(border, 0.4224))

    return make


@pytest.fixture
def quick_evidence(monkeypatch, known):
    """Evidence at once, in place of the real tests; lists what was asked for."""
    asked = []

    def evidence(networks, frame, attribution, detail, against):
        asked.append((attribution.network, attribution.method))
        return known()

    def control_logits(network, frame, size):
        asked.append(f"{network}, {size} cells a side")

    monkeypatch.setattr("page.evidence.evidence", evidence)
    monkeypatch.setattr("page.evidence.control_logits", control_logits)
    monkeypatch.setattr("page.evidence.controls", lambda networks, frame, target, known: None)
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
