import json

import pytest

from carmodel.network import CLASSES
from page.answers import classify, explain
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
