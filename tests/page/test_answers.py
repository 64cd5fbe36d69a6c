import json

import pytest

from carmodel.network import CLASSES
from page.answers import classify, evidence, explain
from page.background import Background
from page.evidence import Evidences
from page.stream import Controls


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
