import pytest

from explain.what_if.edits import Box, EditError, Edits, Stroke
from page.tabs.what_if.editor import THICK, THIN, TOOLS, mark_of, sheet
from tests.document import parsed


def drawing(photo, edits):
    """What lies over the photo: its kind and attributes."""
    return [(shape.tag, shape.attributes) for shape in parsed(sheet(photo, edits)).one("g").all()]


def test_marks_lie_where_they_were_drawn(photo):
    """On a photo of 3:2, whose picture is 1,000 by 666.7."""
    edits = Edits(marks=(Box(0.1, 0.3, 0.6, 0.9), Stroke(((0.5, 0.5), (0.6, 0.75)), 0.05)))
    assert parsed(sheet(photo, edits)).one("svg").attributes["viewbox"] == "0 0 1000 666.7"
    assert drawing(photo, edits) == [
        ("rect", {"x": "100.0", "y": "200.0", "width": "500.0", "height": "400.0"}),
        ("polyline", {"points": "500.0,333.3 600.0,500.0", "stroke-width": "100.0"}),
    ]


def test_hidden_parts_are_marked(photo):
    assert drawing(photo, Edits(("border", "wheels_row"))) == [
        ("path", {"d": "M0 0H1000V666.7H0zM120.0 80.0V586.7H880.0V80.0z"}),
        ("rect", {"x": "0.0", "y": "346.7", "width": "1000.0", "height": "240.0"}),
    ]
    assert drawing(photo, Edits(("mirror", "grey"))) == []


def test_one_tool_is_pressed(photo):
    tools = parsed(sheet(photo, Edits())).one("div", "tools")
    assert (tools.attributes["role"], tools.attributes["aria-label"]) == ("group", "Drawing tool")
    buttons = {button.text: button.attributes for button in tools.all("button")}
    assert list(buttons) == list(TOOLS.values())
    assert [button["aria-pressed"] for button in buttons.values()] == ["true", "false", "false"]


def test_photo_has_words_and_the_drawing_has_none(photo):
    page = parsed(sheet(photo, Edits(("border",))))
    assert page.one("img").attributes["alt"] == "The photo; what is marked on it is covered"
    assert page.one("svg").attributes["aria-hidden"] == "true"


@pytest.mark.parametrize("radius", [THIN, THICK])
def test_what_was_drawn_is_read(radius):
    assert mark_of({"box": [0.1, 0.2, 0.3, 0.4]}) == Box(0.1, 0.2, 0.3, 0.4)
    drawn = {"points": [[0, 0.5], [1, 0.25]], "radius": radius}
    assert mark_of(drawn) == Stroke(((0.0, 0.5), (1.0, 0.25)), radius)


def test_of_what_was_drawn_far_off_the_direction_counts():
    assert mark_of({"points": [[0.5, 0.5], [70, -9]], "radius": 0.05}).points == ((0.5, 0.5), (2.0, -1.0))


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
        {"points": [[10**400, 0.1]], "radius": 0.1},
        {"points": [[0.1, 0.1]], "radius": 10**400},
        {"box": [0, 0, 1, 10**400]},
        None,
        7,
        "box",
        ["box"],
    ],
)
def test_what_cannot_be_read_is_a_sentence(data):
    with pytest.raises(EditError, match=r"please \w+ it( again)?\.$"):
        mark_of(data)
