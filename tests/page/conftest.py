from zlib import crc32

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from carmodel.calibration import Bin
from carmodel.metrics import Disagreement, Scores, wilson
from carmodel.network import CLASSES
from carmodel.photo import Photo
from explain.attribution import Attribution, completeness_gap
from explain.methods.registry import METHODS
from explain.request import ExplanationRequest
from explain.survey.summary import Interval
from explain.target import Target
from page.background import Background
from page.controls import Controls
from page.page import build
from page.results.measured import Evaluation
from page.results.surveyed import Survey
from page.session import Session
from tests.page.fakes import FakeExplainer


@pytest.fixture
def fake(attribution) -> FakeExplainer:
    return FakeExplainer(attribution)


@pytest.fixture
def fake_of(attribution):
    """Makes a fake of networks of these sizes."""
    return lambda *sizes: FakeExplainer(attribution, sizes)


@pytest.fixture(scope="session")
def built(attribution) -> gr.Blocks:
    """The page of two networks."""
    return build({"final": FakeExplainer(attribution)})


@pytest.fixture
def quick_pictures(monkeypatch) -> None:
    """Tiny pictures in place of maps, which still show how strong the overlay is."""

    def tiny(attribution, photo, scale, strength, side=3):
        return Image.new("RGB", (3, 2), (round(255 * strength), 0, 0))

    monkeypatch.setattr("explain.report.cards.overlay", tiny)
    monkeypatch.setattr("page.tabs.compare.swipe.overlay", tiny)


@pytest.fixture
def quick_evidence(monkeypatch, known):
    """Evidence at once, in place of the real tests; lists what was asked for."""
    asked = []

    def evidence(networks, frame, attribution, smoothing, against):
        asked.append((attribution.network, attribution.method.name))
        return known()

    def control_logits(network, frame, side):
        asked.append(f"network of {network.size} px, {side} cells a side")

    monkeypatch.setattr("page.evidence.evidence", evidence)
    monkeypatch.setattr("page.evidence.control_logits", control_logits)
    monkeypatch.setattr("page.evidence.controls", lambda networks, frame, target, logits: None)
    return asked


@pytest.fixture(scope="session")
def background() -> Background:
    return Background()


@pytest.fixture
def asked(photo) -> ExplanationRequest:
    """Why the average of the final networks says SUV."""
    return ExplanationRequest(
        photo, photo.digest, "final", "average", None, Target("suv"), "blur", 0.02, "regions"
    )


@pytest.fixture
def session(asked, controls) -> Session:
    """Of a visitor whose first request was about a photo, is the newest, and has not been drawn."""
    session = Session(asked.photo, asked=asked)
    session.requests.choose("photo", 1, "car.jpg")
    session.requests.choose("controls", 1, controls)
    session.requests.start("photo")
    return session


@pytest.fixture(scope="session")
def controls() -> Controls:
    """Of that request."""
    return Controls(toward="suv")


@pytest.fixture(scope="session")
def photo() -> Photo:
    """A landscape photo, 3:2."""
    return Photo(torch.rand(3, 300, 300, generator=torch.Generator().manual_seed(0)), 600, 400)


@pytest.fixture(scope="session")
def attribution():
    """Makes a map whose pixels sum to `total`, for a score that changes by `change`."""

    def make(total=2.0, change=2.0, method="shap", network="75", steps=1):
        map = torch.full((300, 300), total / 90_000)
        record = METHODS[method]
        return Attribution(
            map=map,
            cells=map,
            method=record,
            network=network,
            target=Target("suv"),
            reference="black",
            score=change + 1.0,
            reference_score=1.0 if record.complete else None,
            gap=completeness_gap(map, change + 1.0, 1.0) if record.complete else None,
            steps=steps,
            seconds=0.1,
        )

    return make


@pytest.fixture
def saved(tmp_path):
    """Writes a picture of noise, the same for each name, and returns its path."""

    def save(name, size=(90, 60)):
        path, chance = tmp_path / name, np.random.default_rng(crc32(name.encode()))
        grey = chance.integers(0, 256, size[::-1], dtype=np.uint8)
        Image.fromarray(grey).convert("RGB").save(path)
        return str(path)

    return save


@pytest.fixture
def broken_file(tmp_path) -> str:
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
    by_classifier = {
        name: {"truecar": scores(wrong), "stanford": scores(wrong + 1, 0.1)}
        for name, wrong in (("final-75", 4), ("final-100", 3), ("average", 2))
    }
    disagreement = {source: Disagreement(40, 8, 2, 5, 1) for source in ("stanford", "truecar")}
    return Evaluation("val", by_classifier, disagreement)


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
