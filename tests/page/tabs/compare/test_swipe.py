import re
from dataclasses import replace

import pytest

from carmodel.ensemble import Prediction
from page.tabs.compare.grid import Cell, cards_of
from page.tabs.compare.swipe import pair
from tests.document import parsed

SAYS = Prediction((0.1, 0.1, 0.7, 0.1), "suv", 0.7)


@pytest.fixture
def drawn(photo, attribution, asked):
    """The slider of two networks beside a third whose map is larger, parsed."""

    def draw(method):
        cells = {
            title: Cell(title, photo, SAYS, replace(attribution(total, 2.0, method), network=title))
            for title, total in (("75 px", 2.0), ("mine", 11.0), ("third", 18.0))
        }
        row = cards_of(cells, replace(asked, smoothing="pixels"))
        return parsed(pair(cells["75 px"], cells["mine"], row, ("75 px", "mine"), 0.9))

    return draw


@pytest.mark.parametrize(("method", "title"), [("shap", "SHAP"), ("gradcam", "Grad-CAM")])
def test_slider_and_difference(drawn, method, title):
    page = drawn(method)
    networks = [re.match(r"(.*), for SUV: ", image.attributes["alt"])[1] for image in page.all("img")]
    assert networks == [f"{title}, {network}" for network in ("mine", "75 px", "75 px − mine")]
    left = page.one("div", "left").one("img").attributes["alt"]
    assert left.startswith(f"{title}, 75 px,")  # the first lies left of the handle
    handle = page.one("input").attributes
    assert handle["aria-label"] == "How much of the picture shows 75 px rather than mine"
    assert (handle["data-first"], handle["data-second"]) == ("75 px", "mine")
    tags = [(tag.one("b").text, tag.text) for tag in page.all("span", "tag")]
    assert tags == [("75 px", "75 px SUV 70 %"), ("mine", "mine SUV 70 %")]
    assert "counts 1.00 logits more for mine." in page.one("p", "finding").text  # a ninth of the nine logits


@pytest.mark.parametrize(
    ("method", "labels"),
    [
        ("shap", ["mine −0.18", "0", "75 px +0.18"]),
        ("gradcam", ["0", "", "for +0.18", "mine −0.18", "0", "75 px +0.18"]),
    ],
)
def test_scale_is_that_of_all_networks(drawn, method, labels):
    """18 logits of the third network over the picture are 0.18 per 1 % of it."""
    assert [label.text for bar in drawn(method).all("div", "bar") for label in bar.all("span")] == labels
