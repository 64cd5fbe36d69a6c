import re

import pytest

from explain.what_if.edits import Box, EditError, Edits, Stroke
from page.tabs.what_if.editor import mark_of, sheet


def test_marks_lie_where_they_were_drawn(photo):
    """On a photo of 3:2, whose picture is 1,000 by 666.7."""
    marks = (Box(0.1, 0.3, 0.6, 0.9), Stroke(((0.5, 0.5), (0.6, 0.75)), 0.05))
    html = sheet(photo, Edits(marks=marks))
    assert 'viewBox="0 0 1000 666.7"' in html
    assert '<rect x="100.0" y="200.0" width="500.0" height="400.0"/>' in html
    assert '<polyline points="500.0,333.3 600.0,500.0" stroke-width="100.0"/>' in html


def test_hidden_parts_are_marked(photo):
    html = sheet(photo, Edits(("border", "wheels_row")))
    assert '<path d="M0 0H1000V666.7H0zM120.0 80.0V586.7H880.0V80.0z"/>' in html
    assert '<rect x="0.0" y="346.7" width="1000.0" height="240.0"/>' in html
    assert "<g></g>" in sheet(photo, Edits(("mirror", "grey")))


def test_one_tool_is_pressed(photo):
    assert len(re.findall('aria-pressed="true"', sheet(photo, Edits()))) == 1


def test_what_was_drawn_is_read():
    assert mark_of({"box": [0.1, 0.2, 0.3, 0.4]}) == Box(0.1, 0.2, 0.3, 0.4)
    drawn = {"points": [[0, 0.5], [1, 0.25]], "radius": 0.07}
    assert mark_of(drawn) == Stroke(((0.0, 0.5), (1.0, 0.25)), 0.07)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"box": [1, 2]},
        {"box": [0.5, 0.5, 0.4, 0.6]},
        {"points": [[0.1]], "radius": 0.1},
        {"points": [["a", "b"]], "radius": 0.1},
        {"points": [], "radius": 0.1},
        {"points": [[0.1, 0.1]], "radius": 9},
        {"points": 7, "radius": 0.1},
    ],
)
def test_what_cannot_be_read_is_a_sentence(data):
    with pytest.raises(EditError, match=r"please \w+ it( again)?\.$"):
        mark_of(data)
