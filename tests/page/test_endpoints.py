import gradio as gr
import pytest
from pydantic import TypeAdapter

from explain.members import members
from page.answer_types import Compared
from page.endpoints import Endpoints
from page.evidence import Evidences
from page.markup import SORRY


@pytest.fixture
def endpoints(fake, background):
    return Endpoints({"final": fake}, Evidences(background), members([fake]))


def test_endpoints_answer_with_the_files_name(endpoints, saved):
    path = saved("car.png")
    assert endpoints.classify(path, "priority", "final")["photo"]["file"] == "car.png"
    answer = endpoints.explain(path, "average", "suv", "coupe", "final", "black", 0.5)
    assert (answer["photo"]["file"], answer["target"]) == ("car.png", "suv − coupe")


@pytest.mark.parametrize("settings", [("suv", "suv"), ("suv", "nothing")])
def test_endpoints_answer_errors_in_a_sentence(endpoints, broken, tmp_path, settings, saved):
    path = broken if "nothing" in settings else saved("car.png")
    with pytest.raises(gr.Error) as raised:
        endpoints.explain(path, "average", *settings, "final", "black", 0.5)
    assert "please" in raised.value.message
    assert str(tmp_path) not in raised.value.message


def test_endpoint_without_a_photo(endpoints):
    with pytest.raises(gr.Error, match="There is no photo"):
        endpoints.classify(None, "average", "final")


def test_failure_is_a_sentence(endpoints, fake, monkeypatch, saved):
    def fail(photo):
        raise MemoryError("/secret/path")

    monkeypatch.setattr(fake, "classify", fail)
    with pytest.raises(gr.Error) as raised:
        endpoints.classify(saved("car.png"), "average", "final")
    assert raised.value.message == SORRY


def test_networks_are_compared(endpoints, saved):
    path = saved("car.png")
    answer = endpoints.compare(path, "shap", "predicted", "nothing", "blur", 0.02)
    assert answer["target"] == "suv"  # of the average ensemble
    assert list(answer["networks"]) == ["final-75", "final-100"]
    TypeAdapter(Compared).validate_python(answer)
    with pytest.raises(gr.Error, match="please choose another one"):
        endpoints.compare(path, "shap", "suv", "suv", "blur", 0.02)
