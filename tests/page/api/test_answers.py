import json
from dataclasses import replace

import pytest
import torch

from carmodel.network import CLASSES
from explain.methods.registry import METHODS
from explain.networks import every_network
from explain.request import Settings, request
from explain.target import Target
from page.api.answers import classify, compare, evidence, explain
from page.evidence import Evidences


def as_json(answer):
    """The answer as a program gets it."""
    return json.loads(json.dumps(answer, allow_nan=False))


def test_classification_as_json(fake, photo):
    answer = as_json(classify(fake, "car.jpg", photo, Settings()))
    assert answer.keys() == {"photo", "networks", "predictions", "cue", "mode", "sentence"}
    assert answer["predictions"].keys() == {"75", "100", "average", "priority"}
    assert answer["predictions"]["75"]["probabilities"].keys() == set(CLASSES)
    assert answer["networks"]["75"] == {"name": "final-75", "sha256": "0f", "logits": [0, 0, 3, 0]}
    assert fake.asked == []


@pytest.mark.parametrize(("ensemble", "network"), [("average", "average"), ("priority", "100")])
def test_explanation_as_json(fake, photo, ensemble, network):
    answer = as_json(explain(fake, "car.jpg", photo, Settings(ensemble, "truck", smoothing="pixels")))
    assert answer["target"] == "truck" and answer["mode"] == ensemble
    columns = ("75", "100", ensemble, "75-100")
    assert answer["maps"].keys() == {f"{method}_{column}" for method in METHODS for column in columns}
    assert answer["maps"][f"shap_{ensemble}"]["network"] == network
    assert answer["maps"]["shap_75-100"]["network"] == "75 − 100"
    gradients = answer["maps"]["integrated_gradients_75"]  # of the last step
    assert (gradients["steps"], gradients["adds_up"]) == (16, True)
    assert gradients["sum"] == pytest.approx(2.0)
    assert answer["maps"]["gradcam_75"]["adds_up"] is None
    # 2 logits spread over 90,000 pixels
    assert answer["maps"]["shap_75"]["scale"] == pytest.approx(2 / 90_000)


@pytest.mark.parametrize(
    ("sizes", "mode", "columns"),
    [((75,), "75", ["75"]), ((64, 75, 128), "average", ["64", "75", "128", "average"])],
)
def test_explanation_of_any_number_of_networks(fake_of, photo, sizes, mode, columns):
    answer = as_json(explain(fake_of(*sizes), "car.jpg", photo, Settings("priority")))
    assert answer["mode"] == mode
    assert answer["maps"].keys() == {f"{method}_{column}" for method in METHODS for column in columns}


def test_comparison_as_json(fake, photo, monkeypatch):
    ramp = torch.linspace(-1, 1, 90_000).reshape(300, 300)

    def refine(photo, method, target, reference, tolerance, networks, engine):
        assert (method, target, reference, tolerance) == ("shap", Target("suv"), "mean", 0.05)
        for maps in real(photo, method, target, reference, tolerance, networks):
            signs = {"75": 1.0, "100": -1.0}
            yield {name: replace(map, map=signs[name] * ramp) for name, map in maps.items()}

    real = fake.refine
    monkeypatch.setattr(fake, "refine", refine)
    asked = request(fake, photo, Settings(reference="mean", tolerance=0.05, smoothing="pixels"))
    answer = as_json(compare(every_network([fake]), "car.jpg", "shap", asked))
    assert answer["photo"]["file"] == "car.jpg"
    small = answer["networks"]["final-75"]
    assert (small["size"], small["verdict"]) == (75, "suv")
    assert small["probabilities"]["suv"] == small["confidence"]
    assert small["map"]["sum"] == pytest.approx(0, abs=1e-2)
    assert small["map"]["description"].startswith("SHAP, 75 px, for SUV: ")
    assert answer["agreement"]["final-75"]["final-100"] == answer["agreement"]["final-100"]["final-75"]
    assert answer["agreement"]["final-75"]["final-100"]["rank_correlation"] == pytest.approx(-1)
    assert answer["differ_most"]["networks"] == ["final-75", "final-100"]
    assert "more for" in answer["differ_most"]["sentence"]


def test_network_alone_has_nothing_to_be_compared_with(fake_of, photo):
    fake = fake_of(75)
    asked = request(fake, photo, Settings())
    answer = as_json(compare(every_network([fake]), "car.jpg", "shap", asked))
    assert answer["agreement"] == {"final-75": {}}
    assert answer["differ_most"] == {"networks": None, "sentence": ""}


@pytest.mark.parametrize(
    ("ensemble", "networks"), [("average", {"75", "100", "average"}), ("priority", {"75", "100"})]
)
def test_evidence_as_json(fake, photo, background, quick_evidence, ensemble, networks):
    answer = as_json(evidence(fake, Evidences(background), "car.jpg", photo, Settings(ensemble)))
    assert answer.keys() == {"photo", "mode", "target", "tolerance", "detail", "evidence", "missing"}
    assert answer["missing"] == {}
    assert answer["evidence"].keys() == {f"{method}_{name}" for method in METHODS for name in networks}
    tests = answer["evidence"]["shap_100"]
    assert tests["areas"] == pytest.approx({"deletion": 0.25, "insertion": 0.75})  # those of `known`
    assert tests["random"] == pytest.approx({"deletion": 0.4, "insertion": 0.5})
    assert tests["gaussian"] == pytest.approx({"deletion": 0.5, "insertion": 0.6})
    assert tests["beats"] == {"deletion": True, "insertion": True}
    assert tests["border"] == pytest.approx({"attribution": 0.2, "area": 0.4224, "ratio": 0.2 / 0.4224})
    assert tests["verdict"] == "Beats both controls."


def test_evidence_that_failed_is_null(fake, photo, background, quick_evidence, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no luck")

    monkeypatch.setattr("page.evidence.evidence", fail)
    answer = as_json(evidence(fake, Evidences(background), "car.jpg", photo, Settings()))
    assert set(answer["evidence"].values()) == {None}
