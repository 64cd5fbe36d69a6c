import re

from explain.target import Target
from page.tabs.trust.blocks import LONG, TESTS, about, head
from tests.document import parsed
from tests.page.steps import status


def test_every_test_asks_a_question():
    for name in TESTS:
        header = parsed(head(name)).one("header", "question")
        title, called = header.one("h3"), header.one("small")
        assert re.fullmatch(r"[^?]*\? ", title.children[0]), name
        assert re.fullmatch("[a-z -]+", called.text), name
        assert header.one("p").text.endswith("."), name
    assert set(LONG) < set(TESTS)


def test_tab_says_what_it_is_about():
    html = about(Target("suv", "coupe"), "Testing <1> …")
    assert parsed(html).all("p")[0].text == (
        "Four tests of the maps that explain SUV and not coupe, on this very photo."
    )
    assert status(html) == "Testing <1> …"


def test_without_a_photo_it_says_what_to_do():
    page = parsed(about(None))
    assert page.one("h2").text == "Give a photo of a car"
    assert len(page.all("section", "nothing")) == 1  # which hides the tests
