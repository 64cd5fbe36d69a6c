from dataclasses import asdict

import pytest

from benchmarks.measure import Timing
from benchmarks.rounds import Sample
from benchmarks.table import as_text, rows


def samples():
    times = [(4.0, 1.0), (8.0, 2.0), (20.0, 2.0)]
    shap = [
        Sample("SHAP", "75", Timing(plain, plain + 1), Timing(ours, ours + 1), 6e9, away)
        for (plain, ours), away in zip(times, (1e-5, 3e-5, 2e-5), strict=True)
    ]
    steps = [
        Sample("IG", "100", Timing(1, 1), Timing(0.5, 0.5), None, away, 2 * away, 100, 32 * k)
        for k, away in ((1, 0.01), (2, 0.03), (4, 0.02))
    ]
    return [each for pair in zip(shap, steps, strict=True) for each in pair]


def test_rows_by_hand():
    shap, steps = rows(samples(), peak=6e9)
    assert (shap.part, shap.network) == ("SHAP", "75")
    assert (shap.plain, shap.ours) == (Timing(8, 9), Timing(2, 3))
    assert shap.ratio == 0.25
    assert shap.share == pytest.approx(0.5)  # 3 of 6 billion a second
    assert shap.distance == 3e-5  # the worst
    assert (shap.steps, shap.plain_steps, shap.plain_distance) == (None, None, None)
    assert (steps.steps, steps.plain_steps) == (64, 100)
    assert (steps.distance, steps.plain_distance) == (0.02, 0.04)  # the medians
    assert steps.share is None


def test_text():
    table = {
        "rounds": 3,
        "threads": 1,
        "versions": {"torch": "2"},
        "peak": 6e9,
        "rows": [asdict(row) for row in rows(samples(), peak=6e9)],
        "memory": {"plain": 900.4, "ours": 100.2},
        "goals": [{"goal": "SHAP", "limit": 0.2, "found": 0.25, "met": False}],
    }
    text = as_text(table)
    assert "| SHAP | 75 | 8.000 | 2.000 | 1/4.0 | 9.000 | 3.000 | 50% | 3.0e-05 |" in text
    assert (
        "| IG, 100 and 64 steps | 100 | 1.000 | 0.500 | 1/2.0 | 1.000 | 0.500 |  | 2.0e-02 (plain 4.0e-02) |"
        in text
    )
    assert "| SHAP | 0.2 | 0.25 | no |" in text
    assert "6 billion operations" in text
    assert "plain 900 MB, ours 100 MB" in text
