import re

import pytest

from page.results.measured import Missing, Published
from page.tabs.networks.results import block

PUBLISHED = Published(58000, {"final-75": 0.9608})


def test_figures_and_whiskers(evaluation):
    html = block(evaluation, PUBLISHED)
    low, high = evaluation.scores["final-75"]["truecar"].ci95
    assert "<strong>90.0 %</strong>" in html  # 36 of 40
    assert f"{100 * low:.1f}–{100 * high:.1f}" in html
    start = 0.7  # the lowest interval, of 35 right of 40, begins at 73.9 %
    places = dict(re.findall(r"--(\w+):([\d.]+)%", html.split(">75 px</th>")[1].split("</tr>")[0]))
    wanted = {"low": low, "at": 0.9, "high": high, "reported": 0.9608}
    for name, value in wanted.items():
        assert float(places[name]) == pytest.approx(100 * (value - start) / (1 - start), abs=0.06)


def test_published_figures_stand_beside_listings_alone(evaluation):
    listings, cars = block(evaluation, PUBLISHED).split("Stanford Cars <small>")
    assert listings.count("96.08") == 1 and "96.08" not in cars
    assert "58,000" in cars
    assert "Published" not in block(evaluation, Missing(""))


def test_best_of_each_source_is_named(evaluation):
    # Average is wrong on 2 and 3 of 40.
    assert "Average names most of the dealer listings rightly, 95.0&nbsp;%; Average most of the" in block(
        evaluation, PUBLISHED
    )
