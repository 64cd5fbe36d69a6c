import re

import pytest

from explain.attribution import METHODS
from explain.target import Target
from explain.words import METHOD_NAMES
from page.trust import LONG, TESTS, about, finding, head, key, untested


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


def test_finding_keeps_numbers_and_units_on_a_line():
    assert finding("At 75 px & 5 %.") == '<p class="finding">At 75&nbsp;px &amp; 5&nbsp;%.</p>'
    assert finding("") == ""


@pytest.mark.parametrize("say", [finding, untested])
def test_sentences_are_escaped(say):
    assert "<b>" not in say("<b>bold</b>")


def test_key_names_every_line():
    html = key([("Random maps", "random", "dotted", "")])
    assert re.findall("</svg>(.*?)</li>", html) == [*(METHOD_NAMES[each] for each in METHODS), "Random maps"]
    assert re.findall(r"var\(--(\w+)\)", html) == [*METHODS, "random"]
    assert [len(re.findall("<circle|<path d=.M1[14]", each)) for each in html.split("</li>")[:-1]] == [
        1,
        1,
        1,
        0,
    ]
