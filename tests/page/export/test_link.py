import json
import re
from dataclasses import fields
from types import SimpleNamespace

import gradio as gr
import pytest

from page.controls import Controls
from page.export import link
from page.export.link import copied, opener, read
from page.session import Session
from page.sidebar import sidebar
from tests.document import parsed
from tests.page.fakes import FakeExplainer


@pytest.fixture(scope="module")
def controls(attribution):
    with gr.Blocks():
        return sidebar({kind: FakeExplainer(attribution) for kind in ("final", "baseline")}).controls


@pytest.fixture(scope="module")
def start(controls):
    return {field: control.value for field, control in controls.items()}


def test_names_are_those_that_links_have_had(controls):
    """A link that was sent once must go on meaning what it meant."""
    names = (
        "ensemble",
        "class",
        "and-not",
        "networks",
        "reference",
        "accuracy",
        "detail",
        "strength",
        "own-scale",
    )
    assert tuple(link.NAMES.get(field, field) for field in controls) == names
    assert controls.keys() == {field.name for field in fields(Controls)}


def test_controls_are_restored(controls, start):
    query = {
        "ensemble": "priority",
        "class": "suv",
        "and-not": "coupe",
        "networks": "baseline",
        "reference": "mean",
        "accuracy": "0.005",
        "detail": "pixels",
        "strength": "0.4",
        "own-scale": "true",
    }
    values, photo, sentence = read({**query, "photo": "suv_2.jpg"}, controls)
    assert Controls(**values) == Controls(
        "priority", "suv", "coupe", "baseline", "mean", 0.005, "pixels", strength=0.4, own_scale=True
    )
    assert (photo, sentence) == ("suv_2.jpg", "")
    assert read({}, controls) == (start, None, "")
    assert read({"class": "suv"}, controls)[0] == start | {"toward": "suv"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ensemble", "median"),
        ("class", "tractor"),
        ("accuracy", "0.5"),
        ("strength", "7"),
        ("strength", "nan"),
        ("strength", "much"),
        ("own-scale", "1"),
        ("photo", "../LICENSE"),
        ("photo", "nobody.jpg"),
        ("colour", "red"),
    ],
)
def test_what_means_nothing_is_ignored_with_a_sentence(controls, start, name, text):
    values, photo, sentence = read({name: text}, controls)
    assert (values, photo) == (start, None)
    assert sentence == f"Part of the link means nothing here and was ignored: “{name}”."


def test_a_class_and_not_itself_is_ignored(controls):
    values, _, sentence = read({"class": "suv", "and-not": "suv"}, controls)
    assert (values["toward"], values["against"]) == ("suv", "nothing") and "“and-not”" in sentence


def test_long_nonsense_stays_a_sentence(controls):
    *_, sentence = read({letter * 500: "1" for letter in "abcdefgh"}, controls)
    assert len(sentence) < 200


def test_parameters_of_others_are_nobodys_business(controls):
    assert read({"__theme": "dark", "view": "api"}, controls)[2] == ""


def test_opening_restores_the_example_and_tells(controls):
    request = SimpleNamespace(query_params={"photo": "truck_1.jpg", "class": "<b>", "<i>": "1"})
    session = Session()
    *values, told = opener(controls)(session, request)
    assert session.example == "truck_1.jpg" and values == [control.value for control in controls.values()]
    sentence = parsed(told).one("p", "notice").text
    assert sentence == "Part of the link means nothing here and was ignored: “class”, “<i>”."
    request.query_params = {}
    session = Session()
    assert opener(controls)(session, request) == (gr.skip(),) * (len(controls) + 1)
    assert session.example is None


def test_script_knows_names_and_start(controls, start):
    script = copied(controls)
    assert json.loads(re.search(r"names = (\[.*?\])", script)[1]) == [
        link.NAMES.get(field, field) for field in start
    ]
    assert json.loads(re.search(r"start = (\[.*?\]);", script)[1]) == list(start.values())
