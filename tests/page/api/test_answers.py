import json
from dataclasses import replace

import pytest
import torch

from carmodel.network import CLASSES
from explain.networks import members
from explain.target import Target
from page.api.answers import classify, compare, evidence, explain
from page.background import Background
from page.tabs.explain.evidence import Evidences
from page.tabs.explain.stream import Controls


def test_classification_as_json(fake, photo):
    answer = json.loads(json.dumps(classify(fake, "car.jpg", photo, "average")))
    assert answer.keys() == {"photo", "networks", "predictions", "cue", "mode", "sentence"}
    assert answer["predictions"].keys() == {"75", "100", "average", "priority"}
    assert answer["predictions"]["75"]["probabilities"].keys() == set(CLASSES)
    assert fake.asked == []


@pytest.mark.parametrize(("mode", "network"), [("average", "average"), ("priority", "100")])
def test_explanation_as_json(fake, photo, mode, network):
    answer = json.loads(json.dumps(explain(fake, "car.jpg", photo, Controls(mode, toward="truck"))))
    assert answer["target"] == "truck"
    assert len(answer["maps"]) == 12
    assert answer["maps"][f"shap_{mode}"]["network"] == network
    gradients = answer["maps"]["integrated_gradients_75"]  # of the last stage
    assert (gradients["steps"], gradients["adds_up"]) == (16, True)
    assert gradients["sum"] == pytest.approx(2.0)


def test_comparison_as_json(fake, photo, monkeypatch):
    ramp = torch.linspace(-1, 1, 90_000).reshape(300, 300)

    def refine(photo, method, target, reference, tolerance, networks):
        assert (method, target, reference, tolerance) == ("shap", Target("suv"), "mean", 0.05)
        for each in real(photo, method, target, reference, tolerance, networks):
            signs = {"75": 1.0, "100": -1.0}
            yield {name: replace(found, map=signs[name] * ramp) for name, found in each.items()}

    real = fake.refine
    monkeypatch.setattr(fake, "refine", refine)
    controls = Controls(reference="mean", tolerance=0.05, detail="pixels")
    answer = compare(members([fake]), "car.jpg", photo, "shap", Target("suv"), controls)
    answer = json.loads(json.dumps(answer))
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


@pytest.mark.parametrize(
    ("mode", "networks"), [("average", {"75", "100", "average"}), ("priority", {"75", "100"})]
)
def test_evidence_as_json(fake, photo, quick_evidence, mode, networks):
    evidences = Evidences(Background())
    answer = json.loads(json.dumps(evidence(fake, evidences, "car.jpg", photo, Controls(mode))))
    methods = ("gradcam", "integrated_gradients", "shap")
    assert answer["evidence"].keys() == {f"{method}_{name}" for method in methods for name in networks}
    found = answer["evidence"]["shap_100"]
    assert found["areas"] == pytest.approx({"deletion": 0.25, "insertion": 0.75})  # those of `known`
    assert found["random"] == pytest.approx({"deletion": 0.4, "insertion": 0.5})
    assert found["gaussian"] == pytest.approx({"deletion": 0.5, "insertion": 0.6})
    assert found["beats"] == {"deletion": True, "insertion": True}
    assert found["border"] == pytest.approx({"attribution": 0.2, "area": 0.4224, "ratio": 0.2 / 0.4224})
    assert found["verdict"] == "Beats both controls."
