from dataclasses import replace

import pytest

from page.tabs.networks.reliability import block, has_bins
from tests.document import parsed
from tests.page.steps import finding


def test_bins_are_where_they_belong(evaluation):
    chart = parsed(block(evaluation)).all("svg", "chart")[0]
    labels = [text for text in chart.all("text") if text.text in ("0", "100 %")]
    left, right = (float(text.attributes["x"]) for text in labels[:2])
    small, large = (
        {name: float(circle.attributes[name]) for name in ("cx", "cy", "r")} for circle in chart.all("circle")
    )
    assert small["cx"] == pytest.approx(left + 0.9 * (right - left), abs=0.1)
    assert large["cx"] == pytest.approx(left + 0.99 * (right - left), abs=0.1)
    assert large["r"] / small["r"] == pytest.approx(3**0.5, abs=0.02)  # 30 and 10 photos: areas count
    assert large["cy"] < small["cy"]  # right more often, and SVG counts downwards


def test_alt_text_says_every_bin(evaluation):
    alt = parsed(block(evaluation)).all("svg", "chart")[0].attributes["aria-label"]
    assert "Dealer listings: 90 % sure 80 % right (10), 99 % sure 100 % right (30)" in alt


def test_range_of_errors(evaluation):
    html = block(evaluation)
    assert "by 5.0 %" in finding(html) and "10.0 %" in finding(html)
    said = "Calibration error 5.0 % on dealer listings, 10.0 % on Stanford Cars."
    assert [part.text for part in parsed(html).all("figcaption")] == [said] * 3


def test_earlier_evaluations_hold_no_bins(evaluation, scores):
    assert has_bins(evaluation)
    old = {"final-75": {"truecar": replace(scores(), bins=())}}
    assert not has_bins(replace(evaluation, scores=old))
