import re
from dataclasses import replace

import pytest

from page.tabs.networks.reliability import block, has_bins


def test_bins_are_where_they_belong(evaluation):
    svg = block(evaluation).split('<svg class="chart"')[1]
    across = [float(x) for x in re.findall(r'<text x="([\d.]+)"[^>]*>(?:0|100 %)<', svg)[:2]]
    (x, _, small), (last, _, large) = (
        tuple(map(float, found)) for found in re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', svg)
    )
    assert x == pytest.approx(across[0] + 0.9 * (across[1] - across[0]), abs=0.1)
    assert last == pytest.approx(across[0] + 0.99 * (across[1] - across[0]), abs=0.1)
    assert large / small == pytest.approx(3**0.5, abs=0.02)  # 30 and 10 photos: areas count


def test_alt_text_says_every_bin(evaluation):
    assert "Dealer listings: 90 % sure 80 % right (10), 99 % sure 100 % right (30)" in block(evaluation)


def test_range_of_errors(evaluation):
    html = block(evaluation)
    assert "by 5.0&nbsp;%" in html and "10.0&nbsp;%" in html
    assert html.count("Calibration error 5.0 % on dealer listings, 10.0 % on Stanford Cars.") == 3


def test_earlier_evaluations_hold_no_bins(evaluation, scores):
    assert has_bins(evaluation)
    old = {"final-75": {"truecar": replace(scores(), bins=())}}
    assert not has_bins(replace(evaluation, scores=old))
