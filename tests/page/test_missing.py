"""A page of two networks, one of which Grad-CAM cannot explain: tabs and functions show the other's map."""

from functools import partial

import pytest
from pydantic import TypeAdapter

from explain.evidence import faithfulness
from explain.methods.lanes import FAST, LIBRARY
from page import examples
from page.api.answer_types import Compared, Examined, Explained
from page.api.what_if import WhatIfAnswer
from page.page import build
from page.tabs.trust import sanity, stability
from page.tabs.trust.handlers import RUN
from tests.document import parsed
from tests.gridless import OBSTACLE, WITHOUT, explainer_of, without_method
from tests.page.components import component
from tests.page.visitor import Visitor

COLUMNS = ["75 px", "100 px", "Ensemble: average", "75 px − 100 px"]
REASONS = {"100": OBSTACLE.format(100), "average": WITHOUT.format(100), "75-100": WITHOUT.format(100)}


@pytest.fixture(scope="module")
def lanes():
    """By which lanes the long tests of the Trust tab made maps."""
    return []


@pytest.fixture(scope="module")
def visitor(tmp_path_factory, lanes):
    """A visitor who was shown the first example, with less of everything that takes long."""

    def noted(test, network, *given, engine, **settings):
        lanes.append((network.size, engine))
        return test(network, *given, engine=engine, **settings)

    with pytest.MonkeyPatch.context() as patch, without_method("integrated_gradients"):
        patch.setattr(faithfulness, "STEPS", 4)
        patch.setattr(faithfulness, "RANDOM_MAPS", 1)
        patch.setattr(sanity, "cascade", partial(noted, sanity.cascade))
        patch.setattr(stability, "stability", partial(noted, partial(stability.stability, samples=1)))
        page = build({"final": explainer_of(75, 100)}, weights=tmp_path_factory.mktemp("weights"))
        visitor = Visitor(page)
        visitor.choose("Class explained", "truck")
        visitor.open()
        yield visitor


def rows_of(visitor, tab):
    """The cards of Grad-CAM's row and of SHAP's: title -> card."""
    for row in parsed(visitor.html(tab)).all("section", "method"):
        assert not {"failed", "busy"} & {*row.attributes["class"].split()}
        cards = [card for kind in ("figure", "div") for card in row.all(kind, "column")]
        yield {card.one("h4").text.split(" red:")[0]: card for card in cards}


def test_explain(visitor):
    gradcam, shap = rows_of(visitor, "Explain")
    assert list(gradcam) == list(shap) == COLUMNS
    told = {title: [part.text for part in card.all("p", "missing")] for title, card in gradcam.items()}
    assert list(told.values()) == [[], *([reason] for reason in REASONS.values())]
    assert [len(card.all("img", "map")) - len(card.all("div", "waiting")) for card in gradcam.values()] == [
        *(1, 0, 0, 0)
    ]
    assert not any(card.all("p", "missing") for card in shap.values())
    assert [len(card.all("p", "beats")) for card in (*gradcam.values(), *shap.values())] == [
        *(1, 0, 0, 0),
        *(1, 1, 1, 0),
    ]
    assert parsed(visitor.html("Explain")).all("p", "pending") == []
    assert parsed(visitor.html("Explain")).all("p", "progress")[0].text == ""  # nothing is waited for


def test_the_engine_is_told_with_its_reason(visitor):
    _, shap = rows_of(visitor, "Explain")
    assert shap["75 px"].all("details") == []
    by = shap["100 px"].one("details", "time")
    assert ", by shap’s " in by.one("summary").text
    assert by.one("p").text.startswith("Not by the fused engine: ")


def test_compare(visitor):
    visitor.look_at("Compare")
    visitor.choose("Method", "gradcam")
    page = parsed(visitor.html("Compare"))
    small, large = page.one("div", "compared").all("figure", "column")
    assert small.all("div", "waiting") == [] and small.all("p", "lost") == []
    assert large.one("p", "lost").text == REASONS["100"]
    assert REASONS["100"] in [part.text for part in page.all("p", "untested")]  # in place of the slider


def test_what_if(visitor):
    visitor.look_at("What if")
    visitor.choose("In one click", ["wheels_row"])
    gradcam, shap = rows_of(visitor, "What if")
    assert list(gradcam) == list(shap) == COLUMNS[:3]
    assert [len(card.all("div", "waiting")) for card in gradcam.values()] == [0, 2, 2]
    told = [[part.text for part in card.all("p", "missing")] for card in gradcam.values()]
    assert told == [[], [REASONS["100"]], [REASONS["average"]]]
    assert not any(card.all("div", "waiting") or card.all("p", "missing") for card in shap.values())


def test_trust(visitor, lanes):
    visitor.look_at("Trust")
    page = parsed(visitor.html("Trust"))
    assert [part.text for part in page.one("div", "reading").all("p")][1] == REASONS["100"]
    tables = [half.one("table", "areas").table() for half in page.one("div", "halves").all("section")]
    assert [[line[0] for line in table[1:-2]] for table in tables] == [["Grad-CAM", "SHAP"], ["SHAP"]]
    border = page.one("table", "parts").table()[2]
    assert border[2] != "–" and border[3] == "–"
    for button in [block for block in visitor.page.blocks.values() if getattr(block, "value", None) == RUN]:
        visitor.act(button, "click")
        assert visitor.values[button._id].value == RUN
    page = parsed(visitor.html("Trust"))
    assert [strip.one("h4").text for strip in page.one("div", "strips").all("section")] == [
        *("Grad-CAM, 75 px", "SHAP, 75 px", "SHAP, 100 px")
    ]
    changes = page.one("table", "changes").table()
    assert changes[1][0] == "Grad-CAM" and changes[1][1] != "–" and changes[1][2] == "–"
    assert "–" not in changes[2] and page.all("p", "finding")
    assert set(lanes) == {(75, FAST), (100, LIBRARY)}


def test_download(visitor):
    button = component(visitor.page, elem_id="pack")
    visitor.act(button, "click")
    assert visitor.value(elem_id="package").endswith(".zip")


def test_programs(visitor):
    functions = {event.api_name: event.fn for event in visitor.page.fns.values() if event.fn}
    photo = str(examples.path(examples.FIRST))
    settings = "truck", "nothing"

    explained = functions["explain"](photo, "average", *settings, "final", "blur", 0.02)
    TypeAdapter(Explained).validate_python(explained)
    assert explained["missing"] == {f"gradcam_{column}": reason for column, reason in REASONS.items()}
    assert {name for name in explained["maps"] if name.startswith("gradcam")} == {"gradcam_75"}

    tested = functions["evidence"](photo, "average", *settings, "final", "blur", 0.02, "regions")
    TypeAdapter(Examined).validate_python(tested)
    assert {name for name in tested["evidence"] if name.startswith("gradcam")} == {"gradcam_75"}
    assert tested["missing"] == explained["missing"]

    compared = functions["compare"](photo, "gradcam", *settings, "blur", 0.02)
    TypeAdapter(Compared).validate_python(compared)
    assert compared["missing"] == {"final-100": REASONS["100"]}
    assert compared["networks"]["final-100"]["map"] is None
    assert compared["networks"]["final-75"]["map"]["method"] == "gradcam"
    assert compared["agreement"] == {"final-75": {}}

    changed = functions["what_if"](photo, ["border"])
    TypeAdapter(WhatIfAnswer).validate_python(changed)
    assert changed["shares"].keys() == {"gradcam_75"}
    assert changed["missing"] == {"gradcam_100": REASONS["100"]}
