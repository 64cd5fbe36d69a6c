from dataclasses import replace

import pytest

from carmodel.network import CLASSES
from carmodel.weights import WEIGHTS
from explain.methods.registry import METHODS
from explain.report.text import named
from page.page import build
from page.results.reader import read
from page.tabs.guide.phrases import DISTRUST, ENGINES, LIMITS
from page.tabs.guide.tab import page
from tests.document import parsed
from tests.page.components import component


@pytest.fixture(scope="module")
def shipped():
    return read(WEIGHTS)


def cards(html):
    """Title -> what stands under it."""
    return {card.attributes["aria-label"]: card for card in parsed(html).all("section", "card")}


def test_classes_methods_limits_and_signs(shipped):
    classes, methods, limits, distrust, engines = cards(page(shipped, [75, 100])).values()
    assert [heading.text for heading in classes.all("h4")] == [*map(named, CLASSES)]
    assert all(image.attributes["alt"] for image in classes.all("img", "style"))
    assert len(classes.all("img", "style")) == 4
    assert [heading.text for heading in methods.all("h4")] == [method.title for method in METHODS.values()]
    assert len(limits.all("li")) == len(LIMITS) and len(distrust.all("li")) == len(DISTRUST)
    assert [row.one("b").text for row in engines.all("li")] == list(ENGINES)
    assert methods.one("details", "guide").one("summary").text == "How to read the maps"


def test_every_method_answers_and_has_its_colours(shipped, survey):
    told = cards(page(replace(shipped, survey=survey), [75, 100]))["Three maps, three questions"]
    for part, method in zip(told.all("section", "method-told"), METHODS.values(), strict=True):
        terms = [term.text for term in part.all("dt")]
        assert terms == [*method.told, "What tests found"]
        ends = [end.text for end in part.one("div", "swatch").all("span")]
        assert ends == (["against", "for"] if method.signed else ["nothing", "more"])


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([75], "at the same photo, one in 75 × 75 pixels."),
        ([64, 75, 128], "one in 64 × 64 pixels, one in 75 × 75 pixels, one in 128 × 128 pixels."),
    ],
)
def test_networks_are_those_that_there_are(shipped, sizes, said):
    assert said in parsed(page(shipped, sizes)).one("div", "reading").all("p")[0].text


def test_nothing_measured_leaves_words_alone(tmp_path):
    guide = parsed(page(read(tmp_path), [75, 100]))
    assert "They answer for any picture." in guide.text and "What tests found" not in guide.text


def test_page_shows_the_guide_of_its_networks(fake_of, tmp_path):
    built = build({"final": fake_of(64, 128), "baseline": fake_of(75)}, weights=tmp_path)
    assert component(built, elem_id="guide").value == page(read(tmp_path), [64, 75, 128])
