import re
from xml.etree import ElementTree

import pytest

from page.charts import Axis, Line, chart

ACROSS = Axis((0, 1, 2), ("start", "middle", "end"), "Time")
UP = Axis((0, 1), ("none", "all"))


def draw(lines, alt="Two lines."):
    return chart(alt, lines, (0, 1, 2), ACROSS, UP)


def paths(svg):
    """Corners of every path by its ink."""
    found = re.findall(r'<path d="([^"]*)"[^>]*stroke: var\(--(\w+)\)', svg)
    return {ink: re.findall(r"[ML] ([\d.]+) ([\d.]+)", corners) for corners, ink in found if "M " in corners}


@pytest.fixture(scope="module")
def svg():
    return draw([Line("shap", (0, 0.5, 1)), Line("random", (1, 1, 1), "dotted")])


def test_chart_is_one_picture_with_words():
    root = ElementTree.fromstring(draw([Line("shap", (0, 1, 0))], 'SHAP, "75 px" & <more>'))
    assert root.tag == "svg"
    assert (root.get("role"), root.get("aria-label")) == ("img", 'SHAP, "75 px" & <more>')
    written = [each.text for each in root.iter("text")]
    assert written == ["start", "middle", "end", "Time", "none", "all"]


def test_inks_are_the_style_sheets(svg):
    assert re.findall("#[0-9a-f]{6}", svg) == []
    assert {"currentColor", "var(--shap)", "var(--random)"} <= set(re.findall(r"stroke: ([^;\"]*)", svg))
    assert "font" not in svg and "<style" not in svg


def test_values_are_where_they_belong(svg):
    corners = [(float(x), float(y)) for x, y in paths(svg)["shap"]]
    (left, bottom), (middle, half), (right, top) = corners
    assert middle == pytest.approx((left + right) / 2, abs=0.1)
    assert half == pytest.approx((bottom + top) / 2, abs=0.1) and bottom > top  # SVG counts downwards
    assert {float(y) for _, y in paths(svg)["random"]} == {top}


def test_missing_value_leaves_a_gap():
    gap = paths(draw([Line("shap", (0, None, 1))]))
    whole = paths(draw([Line("shap", (0, 0.5, 1))]))
    assert (len(gap["shap"]), len(whole["shap"])) == (2, 3)


def test_marks_and_dashes_tell_lines_apart():
    svg = draw([Line("shap", (0, 1, 0), mark="o"), Line("random", (1, 0, 1), "dashed")])
    assert svg.count("<circle") == 3
    assert len(re.findall(r"stroke-dasharray: [^;]*; [^\"]*var\(--random\)", svg)) == 1
    assert draw([Line("shap", (0, 1, 0), mark="s", every=2)]).count("<rect") == 2


def test_marks_alone_have_their_own_places_and_sizes():
    svg = draw([Line("shap", (0, None, 1), "", "o", x=(0.5, 1, 2), sizes=(1, 1, 3))])
    assert paths(svg) == {}
    (first, last) = (
        (float(x), float(r)) for x, r in re.findall(r'<circle cx="([\d.]+)"[^>]* r="([\d.]+)"', svg)
    )
    left, middle, right = re.findall(r'<text x="([\d.]+)"', svg)[:3]
    assert first[0] == pytest.approx((float(left) + float(middle)) / 2, abs=0.1)
    assert last == (float(right), pytest.approx(3 * first[1]))


def test_rules_divide_the_chart():
    svg = chart("Two parts.", [], (0, 1, 2), ACROSS, UP, rules=[1])
    middle = re.findall(r'<text x="([\d.]+)"', svg)[1]
    assert f"M {middle} 7.2 V " in svg


def test_charts_have_no_ids_to_share():
    assert " id=" not in draw([Line("shap", (0, 1, 0.5), mark="^")])
