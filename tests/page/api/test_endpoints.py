import inspect

import gradio as gr
import pytest
from gradio.utils import get_function_description
from pydantic import TypeAdapter

from explain.networks import members
from page.api.answer_types import Compared
from page.api.endpoints import Endpoints
from page.background import Background
from page.markup import SORRY
from page.tabs.explain.evidence import Evidences


@pytest.fixture
def api(fake):
    return Endpoints({"final": fake}, Evidences(Background()), members([fake]))


@pytest.fixture
def path(saved):
    return saved("car.png")


def test_answers_name_the_file(api, path, quick_evidence):
    assert api.classify(path, "priority", "final")["photo"]["file"] == "car.png"
    asked = path, "average", "suv", "coupe", "final", "black", 0.5
    answer = api.explain(*asked)
    assert (answer["photo"]["file"], answer["target"]) == ("car.png", "suv − coupe")
    answer = api.evidence(*asked, "pixels")
    assert (answer["photo"]["file"], answer["target"], answer["detail"]) == (
        "car.png",
        "suv − coupe",
        "pixels",
    )


def test_contradiction_is_a_sentence(api, path):
    for ask, further in ((api.explain, ()), (api.evidence, ("regions",))):
        with pytest.raises(gr.Error, match="please choose another one"):
            ask(path, "average", "suv", "suv", "final", "black", 0.5, *further)


def test_broken_photo_is_a_sentence_without_its_place(api, tmp_path):
    broken = tmp_path / "car.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(gr.Error, match="please use JPEG, PNG") as raised:
        api.classify(str(broken), "average", "final")
    assert str(tmp_path) not in raised.value.message


def test_no_photo_is_a_sentence(api):
    with pytest.raises(gr.Error, match="There is no photo"):
        api.classify(None, "average", "final")


@pytest.mark.parametrize("name", ["classify", "explain", "evidence", "compare"])
def test_every_argument_is_documented_as_gradio_reads_it(api, name):
    function = getattr(api, name)
    description, documented, _ = get_function_description(function)
    assert description.endswith(".") and "Args" not in description
    assert documented.keys() == inspect.signature(function).parameters.keys()
    assert all(text.endswith(".") for text in documented.values())


def test_failure_is_a_sentence(api, fake, monkeypatch, path):
    def fail(photo):
        raise MemoryError("/secret/path")

    monkeypatch.setattr(fake, "classify", fail)
    with pytest.raises(gr.Error) as raised:
        api.classify(path, "average", "final")
    assert raised.value.message == SORRY


def test_networks_are_compared(api, path):
    answer = api.compare(path, "shap", "predicted", "nothing", "blur", 0.02)
    assert answer["target"] == "suv"  # of the average ensemble
    assert list(answer["networks"]) == ["final-75", "final-100"]
    TypeAdapter(Compared).validate_python(answer)
    with pytest.raises(gr.Error, match="please choose another one"):
        api.compare(path, "shap", "suv", "suv", "blur", 0.02)
