import re
from xml.etree import ElementTree

import pytest

from page.charts import Axis, Line, chart
from tests.document import parsed

ACROSS = Axis((0, 1, 2), ("start", "middle", "end"), "Time")
UP = Axis((0, 1), ("none", "all"))


def draw(lines, alt="Two lines."):
    return chart(alt, lines, (0, 1, 2), ACROSS, UP)


def styles(svg):
    return [shape.attributes["style"] for shape in parsed(svg).all() if "style" in shape.attributes]


def lines(svg):
    """The corners of each line, by its ink."""
    corners = {}
    for path in parsed(svg).all("path"):
        if ink := re.search(r"stroke: var\(--(\w+)\)", path.attributes["style"]):
            points = re.findall(r"[ML] ([\d.]+) ([\d.]+)", path.attributes["d"])
            corners[ink[1]] = [(float(x), float(y)) for x, y in points]
    return corners


def places(svg):
    """Text -> where it stands, from the left."""
    return {text.text: float(text.attributes["x"]) for text in parsed(svg).all("text")}


@pytest.fixture(scope="module")
def svg():
    return draw([Line("shap", (0, 0.5, 1)), Line("random", (1, 1, 1), "dotted")])


def test_chart_is_one_picture_with_words():
    root = ElementTree.fromstring(draw([Line("shap", (0, 1, 0))], 'SHAP, "75 px" & <more>'))
    assert root.tag == "svg"
    assert (root.get("role"), root.get("aria-label")) == ("img", 'SHAP, "75 px" & <more>')
    assert [text.text for text in root.iter("text")] == ["start", "middle", "end", "Time", "none", "all"]


def test_inks_are_the_style_sheets(svg):
    strokes = {stroke for style in styles(svg) for stroke in re.findall("stroke: ([^;]*)", style)}
    assert strokes == {"currentColor", "var(--shap)", "var(--random)"}
    assert not any("#" in style or "font" in style for style in styles(svg))
    assert parsed(svg).all("style") == []


def test_values_are_where_they_belong(svg):
    (left, bottom), (middle, half), (right, top) = lines(svg)["shap"]
    assert [left, middle, right] == pytest.approx([places(svg)[name] for name in ACROSS.labels], abs=0.1)
    assert middle == pytest.approx((left + right) / 2, abs=0.1)
    assert half == pytest.approx((bottom + top) / 2, abs=0.1) and bottom > top  # SVG counts downwards
    assert {y for _, y in lines(svg)["random"]} == {top}


def test_missing_value_leaves_a_gap():
    gap, whole = (draw([Line("shap", values)]) for values in ((0, None, 1), (0, 0.5, 1)))
    assert (len(lines(gap)["shap"]), len(lines(whole)["shap"])) == (2, 3)
    [path] = [
        path.attributes["d"] for path in parsed(gap).all("path") if "--shap" in path.attributes["style"]
    ]
    assert re.findall("[ML]", path) == ["M", "M"]  # nothing joins what lies on both sides of it


def test_marks_and_dashes_tell_lines_apart():
    svg = draw([Line("shap", (0, 1, 0), mark="o"), Line("random", (1, 0, 1), "dashed")])
    assert len(parsed(svg).all("circle")) == 3
    dashed = [style for style in styles(svg) if "stroke-dasharray" in style]
    assert len(dashed) == 1 and "var(--random)" in dashed[0]
    assert len(parsed(draw([Line("shap", (0, 1, 0), mark="s", every=2)])).all("rect")) == 2


def test_marks_alone_have_their_own_places_and_sizes():
    svg = draw([Line("shap", (0, None, 1), "", "o", x=(0.5, 1, 2), sizes=(1, 1, 3))])
    assert lines(svg) == {}
    first, last = (
        (float(mark.attributes["cx"]), float(mark.attributes["r"])) for mark in parsed(svg).all("circle")
    )
    at = places(svg)
    assert first[0] == pytest.approx((at["start"] + at["middle"]) / 2, abs=0.1)
    assert last == (at["end"], pytest.approx(3 * first[1]))


def test_rules_divide_the_chart():
    svg = chart("Two parts.", [], (0, 1, 2), ACROSS, UP, rules=[1])
    grid = parsed(svg).all("path")[0].attributes["d"]
    assert f"M {places(svg)['middle']} 7.2 V " in grid


def test_charts_have_no_ids_to_share():
    shapes = parsed(draw([Line("shap", (0, 1, 0.5), mark="^")])).all()
    assert not any("id" in shape.attributes for shape in shapes)
