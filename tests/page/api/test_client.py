"""The endpoints of the running page, as gradio's own client asks them."""

import re
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from carmodel.network import CLASSES

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "suv_1.jpg"


@pytest.fixture(scope="module")
def client(page_url):
    client = Client(page_url, verbose=False, analytics_enabled=False)
    yield client
    client.close()


def test_only_endpoints_with_a_meaning_are_public(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert endpoints.keys() == {"/classify", "/explain", "/compare", "/evidence", "/what_if"}


def test_classify_endpoint(client):
    answer = client.predict(handle_file(EXAMPLE), api_name="/classify")
    assert answer["photo"] == {"file": "suv_1.jpg", "width": 720, "height": 480} | answer["photo"]
    for name in ("75", "100", "average", "priority"):
        prediction = answer["predictions"][name]
        assert sum(prediction["probabilities"].values()) == pytest.approx(1)
        assert prediction["confidence"] == prediction["probabilities"][prediction["verdict"]]
    assert answer["predictions"]["average"]["verdict"] in CLASSES
    assert re.match(r"(Sedan|Coupe|SUV|Truck), [>\d ]+ %: ", answer["sentence"])


def test_explain_endpoint(client):
    answer = client.predict(
        photo=handle_file(EXAMPLE),
        ensemble="average",
        toward="suv",
        against="sedan",
        reference="mean",
        tolerance=0.05,
        api_name="/explain",
    )
    assert answer["target"] == "suv − sedan"
    maps = answer["maps"]
    assert len(maps) == 12
    for name in ("75", "100", "average"):
        assert maps[f"gradcam_{name}"]["gap"] is None
        gradients = maps[f"integrated_gradients_{name}"]
        assert gradients["reference"] == "mean" and gradients["gap"] <= 0.05 and gradients["steps"] >= 8
        assert maps[f"shap_{name}"]["gap"] < 0.001


def test_compare_endpoint(client):
    answer = client.predict(handle_file(EXAMPLE), method="gradcam", api_name="/compare")
    names = list(answer["networks"])
    assert names[:2] == ["final-75", "final-100"]
    for network in answer["networks"].values():
        assert sum(network["probabilities"].values()) == pytest.approx(1)
        assert network["map"]["target"] == answer["target"]
        assert network["map"]["description"].startswith("Grad-CAM, ")
    assert all(answer["agreement"][name].keys() == set(names) - {name} for name in names)
    assert set(answer["differ_most"]["networks"]) <= set(names)


def test_what_if_endpoint(client):
    plain = client.predict(photo=handle_file(EXAMPLE), api_name="/what_if")
    assert plain["sentence"] == "Nothing is changed yet: draw on the photo, or choose an edit."
    assert plain["edited"] == plain["photo"]["frame_sha256"] and plain["shares"] == {}
    answer = client.predict(
        photo=handle_file(EXAMPLE),
        edits=["border", "grey"],
        box=[0.4, 0.4, 0.6, 0.6],
        fill="mean",
        api_name="/what_if",
    )
    assert answer["area"] == pytest.approx((300**2 - 228**2 + 60**2) / 300**2)
    for changes in answer["predictions"].values():
        for name in ("75", "100", "average", "priority"):
            change = changes[name]
            before, after = (change[when]["probabilities"] for when in ("before", "after"))
            assert change["points"] == {
                label: pytest.approx(100 * (after[label] - before[label])) for label in CLASSES
            }
    assert answer["shares"].keys() == {"gradcam_75", "gradcam_100"}
    with pytest.raises(AppError, match="A box needs left below right"):
        client.predict(photo=handle_file(EXAMPLE), box=[0.6, 0, 0.4, 1], api_name="/what_if")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"photo": None}, "There is no photo"), ({"toward": "suv", "against": "suv"}, "“And not” is SUV")],
)
def test_endpoints_answer_errors_in_a_sentence(client, settings, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(**{"photo": handle_file(EXAMPLE), **settings}, api_name="/explain")


def test_broken_photo_is_answered_in_a_sentence(client, tmp_path):
    broken = tmp_path / "car.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(AppError, match="please use JPEG, PNG") as raised:
        client.predict(handle_file(broken), api_name="/classify")
    assert str(tmp_path) not in str(raised.value)


def test_photo_is_read_as_it_was_uploaded(client, tmp_path):
    """16-bit grey, which gradio's own decoding would turn white."""
    path = tmp_path / "grey.png"
    Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16").save(path)
    eight = tmp_path / "eight.png"
    Image.linear_gradient("L").save(eight)
    frames = [
        client.predict(handle_file(picture), api_name="/classify")["photo"]["frame_sha256"]
        for picture in (path, eight)
    ]
    assert frames[0] == frames[1]
