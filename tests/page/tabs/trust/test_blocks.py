import re

from explain.target import Target
from page.tabs.trust.blocks import LONG, TESTS, about, head


def test_every_test_asks_a_question():
    for name in TESTS:
        html = head(name)
        assert re.search(r"<h3>[^<]*\? <small>[a-z -]+</small></h3><p>.+\.</p>", html), name
    assert set(LONG) < set(TESTS)


def test_tab_says_what_it_is_about():
    html = about(Target("suv", "coupe"), "Testing <1> …")
    assert "the maps that explain SUV and not coupe" in html
    assert 'role="status">Testing &lt;1&gt; …</p>' in html


def test_without_a_photo_it_says_what_to_do():
    assert "Give a photo of a car" in about(None)
    assert "nothing" in re.search('class="(.*?)"', about(None))[1].split()  # hides the tests
