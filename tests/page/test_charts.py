import re
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import matplotlib
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
    assert middle == pytest.approx((left + right) / 2)
    assert half == pytest.approx((bottom + top) / 2) and bottom > top  # SVG counts downwards
    assert {float(y) for _, y in paths(svg)["random"]} == {top}


def test_missing_value_leaves_a_gap():
    gap = paths(draw([Line("shap", (0, None, 1))]))
    whole = paths(draw([Line("shap", (0, 0.5, 1))]))
    assert (len(gap["shap"]), len(whole["shap"])) == (2, 3)


def test_marks_and_dashes_tell_lines_apart():
    svg = draw([Line("shap", (0, 1, 0), mark="o"), Line("random", (1, 0, 1), "dashed")])
    assert svg.count("<use") == 3
    assert len(re.findall(r"stroke-dasharray: [^;]*; [^\"]*var\(--random\)", svg)) == 1
    assert draw([Line("shap", (0, 1, 0), mark="o", every=2)]).count("<use") == 2


def test_charts_of_a_page_share_no_ids():
    charts = [draw([Line("shap", (0, 1, last), mark="o")], str(last)) for last in (0, 1)]
    first, second = (set(re.findall(r' id="([^"]*)"', svg)) for svg in charts)
    assert first and not first & second
    for svg, own in zip(charts, (first, second), strict=True):
        assert set(re.findall(r'href="#([^"]*)"', svg)) | set(re.findall(r"url\(#([^)]*)\)", svg)) == own


def test_threads_draw_the_same_and_settings_stay():
    before = dict(matplotlib.rcParams)
    asked = [[Line("shap", (0, 1 / number, 1), mark="s")] for number in range(1, 5)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(draw, asked)) == [draw(lines) for lines in asked]
    assert dict(matplotlib.rcParams) == before
