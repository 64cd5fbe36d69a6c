import gradio as gr
import pytest

from carmodel.registry import NetworkFile
from explain.methods.registry import METHODS
from explain.networks import UnpairedNetworks
from page.page import build
from tests.document import parsed
from tests.page.components import choices, component, html, tab


@pytest.fixture(scope="module")
def compare(built):
    """The components of the tab by label, those that have one."""
    return {getattr(block, "label", None): block for block in tab(built, "Compare")}


def test_every_method_and_network_can_be_chosen(compare):
    assert compare["Method"].choices == [(method.title, name) for name, method in METHODS.items()]
    assert compare["Method"].value == "shap"  # which adds up, and takes one step
    for label, value in (("Left", "final-75"), ("Right", "final-100"), ("Network", "final-75")):
        assert compare[label].choices == [("75 px", "final-75"), ("100 px", "final-100")]
        assert compare[label].value == value


def test_unpaired_networks_stand_behind_the_others(fake, fake_of):
    alone = fake_of(64)
    page = build({"final": fake}, UnpairedNetworks((alone,)))
    assert choices(component(page, label="Left")) == ["final-75", "final-100", "final-64"]


def test_network_alone_stands_at_both_sides(fake_of):
    page = build({"final": fake_of(75)})
    assert [component(page, label=label).value for label in ("Left", "Right", "Network")] == ["final-75"] * 3


def test_networks_that_cannot_be_used_are_named_with_the_reason(built, fake):
    reasons = [NetworkFile("mine-75", None, "It is <damaged>."), NetworkFile("old.pt", None, "Convert it.")]
    page = build({"final": fake}, UnpairedNetworks((), tuple(reasons)))
    told = parsed(html(tab(page, "Compare"))).one("details", "left-out")
    assert told.one("summary").text == "2 networks in the folder cannot be used"
    assert [reason.text for reason in told.all("li")] == ["mine-75 It is <damaged>.", "old.pt Convert it."]
    assert parsed(html(tab(built, "Compare"))).all("details", "left-out") == []


def test_second_photo_has_examples_of_its_own(compare, built):
    assert component(built, elem_id="second-photo").sources == ["upload", "clipboard"]
    buttons = parsed(component(built, elem_id="second-examples").value).all("button")
    assert len(buttons) > 10 and not any(button.attributes["aria-pressed"] == "true" for button in buttons)
    assert isinstance(compare["Second photo"], gr.Image)
