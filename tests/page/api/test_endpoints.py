import inspect

import gradio as gr
import pytest
from gradio.utils import get_function_description
from pydantic import TypeAdapter

from page.api.answer_types import Compared
from page.api.endpoints import documented
from page.api.what_if import WhatIfEndpoint
from page.markup import SORRY

FUNCTIONS = ("classify", "explain", "evidence", "compare", "what_if")


@pytest.fixture
def path(saved):
    return saved("car.png")


@pytest.fixture
def published(api, fake):
    """Name -> function, as it is published."""
    what_if = WhatIfEndpoint({"final": fake}).what_if
    functions = [api.classify, api.explain, api.evidence, api.compare, what_if]
    return {function.__name__: documented(function) for function in functions}


def test_answers_name_the_file(api, path, quick_evidence):
    assert api.classify(path, "priority", "final")["photo"]["file"] == "car.png"
    settings = "average", "suv", "coupe", "final", "black", 0.5
    answer = api.explain(path, *settings)
    assert (answer["photo"]["file"], answer["target"]) == ("car.png", "suv − coupe")
    answer = api.evidence(path, *settings, "pixels")
    assert (answer["photo"]["file"], answer["target"]) == ("car.png", "suv − coupe")
    assert (answer["detail"], answer["tolerance"]) == ("pixels", 0.5)


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


def test_parameters_are_those_that_programs_use(published):
    """Whoever calls them by name must be able to go on doing so."""
    common = ["ensemble", "toward", "against", "networks", "reference", "tolerance"]
    parameters = {name: list(inspect.signature(function).parameters) for name, function in published.items()}
    assert parameters == {
        "classify": ["photo", "ensemble", "networks"],
        "explain": ["photo", *common, "engine"],
        "evidence": ["photo", *common, "detail"],
        "compare": ["photo", "method", "toward", "against", "reference", "tolerance"],
        "what_if": [
            *("photo", "edits", "box", "fill", "ensemble", "toward", "against", "networks", "methods")
        ],
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_is_documented_as_gradio_reads_it(published, name):
    description, arguments, _ = get_function_description(published[name])
    assert description.endswith(".") and "Args" not in description
    assert arguments.keys() == inspect.signature(published[name]).parameters.keys()
    assert all(text.endswith(".") for text in arguments.values())
    assert "{" not in description + "".join(arguments.values())


def test_what_is_said_of_methods_comes_from_their_records(published, methods):
    description, arguments, _ = get_function_description(published["explain"])
    assert "a map for each of Grad-CAM, Integrated Gradients and SHAP," in " ".join(description.split())
    assert arguments["reference"].startswith("What Integrated Gradients compares the photo with")
    _, arguments, _ = get_function_description(published["compare"])
    assert arguments["method"] == 'How to explain: "gradcam", "integrated_gradients" or "shap".'
    del methods["integrated_gradients"]
    _, arguments, _ = get_function_description(documented(published["compare"].__wrapped__))
    assert arguments["method"] == 'How to explain: "gradcam" or "shap".'
    assert arguments["tolerance"].startswith("Gap at which nothing stops")


def test_failure_is_a_sentence(api, fake, monkeypatch, path, caplog):
    def fail(photo):
        raise MemoryError("/secret/path")

    monkeypatch.setattr(fake, "classify", fail)
    with pytest.raises(gr.Error) as raised:
        api.classify(path, "average", "final")
    assert raised.value.message == SORRY and "/secret/path" in caplog.text


def test_networks_are_compared(api, path):
    answer = api.compare(path, "shap", "predicted", "nothing", "blur", 0.02)
    assert answer["target"] == "suv"  # of the average ensemble
    assert list(answer["networks"]) == ["final-75", "final-100"]
    TypeAdapter(Compared).validate_python(answer)
    with pytest.raises(gr.Error, match="please choose another one"):
        api.compare(path, "shap", "suv", "suv", "blur", 0.02)
