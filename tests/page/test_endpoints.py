import gradio as gr
import pytest

from page.endpoints import Endpoints
from page.evidence import Evidences
from page.markup import SORRY


@pytest.fixture
def endpoints(fake, background):
    return Endpoints({"final": fake}, Evidences(background))


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
