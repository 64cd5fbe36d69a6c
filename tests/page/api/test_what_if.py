import gradio as gr
import pytest
from pydantic import TypeAdapter

from carmodel.network import CLASSES
from page.api.what_if import WhatIfAnswer, WhatIfEndpoint


@pytest.fixture
def ask(fake, photo, monkeypatch):
    monkeypatch.setattr("page.api.what_if.given", lambda path: (path, photo))
    return WhatIfEndpoint({"final": fake, "baseline": fake}).what_if


def test_answer(ask, fake, photo):
    answer = ask("car.jpg", ["mirror"], [0, 0, 0.5, 1], "grey", methods=["gradcam", "shap"])
    assert TypeAdapter(WhatIfAnswer).validate_python(answer) == answer
    assert answer["photo"] == {"file": "car.jpg", "width": 600, "height": 400, "frame_sha256": photo.digest}
    assert answer["edited"] != photo.digest
    assert answer["sentence"].startswith("Mirrored, without what is marked, 75 px stays with SUV")
    assert answer["predictions"].keys() == {"final", "baseline"}
    assert answer["predictions"]["final"].keys() == {"75", "100", "average", "priority"}
    assert answer["predictions"]["final"]["75"]["points"] == dict.fromkeys(CLASSES, 0.0)
    assert answer["area"] == 0.5 and answer["target"] == "suv"
    assert answer["shares"].keys() == {"gradcam_75", "gradcam_100", "shap_75", "shap_100"}
    assert answer["shares"]["shap_75"] == {  # the map is flat
        name: pytest.approx(value) for name, value in {"attribution": 0.5, "area": 0.5, "ratio": 1.0}.items()
    }


@pytest.mark.parametrize(
    ("sizes", "names"), [((75,), ["75"]), ((64, 75, 128), ["64", "75", "128", "average"])]
)
def test_any_number_of_networks(fake_of, photo, monkeypatch, sizes, names):
    monkeypatch.setattr("page.api.what_if.given", lambda path: (path, photo))
    answer = WhatIfEndpoint({"final": fake_of(*sizes)}).what_if("car.jpg", box=[0, 0, 0.5, 1], fill="grey")
    assert list(answer["predictions"]["final"]) == names
    assert answer["shares"].keys() == {f"gradcam_{size}" for size in sizes}


def test_only_the_photo_is_needed(ask, photo):
    answer = ask("car.jpg")
    assert answer["edited"] == photo.digest and answer["box"] is None
    assert (answer["area"], answer["shares"]) == (0.0, {})


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"edits": ["rim"]}, "There is no edit 'rim'; please use border, wheels_row, mirror, grey."),
        ({"fill": "red"}, "There is no fill 'red'; please use blur, grey, mean."),
        ({"box": [0, 0, 1]}, "A box is a list of four numbers"),
        ({"box": [0, 0, 0, 1]}, "A box needs left below right"),
        ({"methods": ["lime"]}, "There is no method 'lime'"),
        ({"networks": "best"}, "There is no pair of networks 'best'; please use final, baseline."),
        ({"ensemble": "vote"}, "There is no ensemble 'vote'"),
        ({"toward": "van"}, "There is no class 'van'"),
        ({"toward": "suv", "against": "suv"}, "“And not” is SUV"),
    ],
)
def test_wrong_values_are_refused_in_a_sentence(ask, wrong, sentence):
    with pytest.raises(gr.Error) as raised:
        ask("car.jpg", **wrong)
    assert sentence in raised.value.message
