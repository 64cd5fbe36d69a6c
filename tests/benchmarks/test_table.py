from dataclasses import asdict

import pytest

from benchmarks.measure import Timing
from benchmarks.rounds import Sample
from benchmarks.table import Goal, Row, as_text, goals, rows


def row(part, network, ratio, distance=None, share=None, library_distance=None):
    library, fast = Timing(1.0, 1.0), Timing(ratio, ratio)
    return Row(part, network, library, fast, ratio, share, distance, library_distance, None, None)


def test_the_worse_network_decides():
    made = goals([row("Grad-CAM", "75", 0.9, 1e-6), row("Grad-CAM", "100", 1.1, 2e-5)])
    assert made == [
        Goal("Grad-CAM: fast / library", 1.0, 1.1, False),
        Goal("Grad-CAM: distance", 1e-5, 2e-5, False),
    ]


def test_integrated_gradients_are_held_against_the_librarys_own_distance():
    name = "Integrated Gradients"
    made = goals([row(name, "75", 0.4, 0.01, 0.7, 0.02), row(name, "100", 0.3, 0.03, 0.6, 0.04)])
    assert made == [
        Goal(f"{name}: fast / library", 0.5, 0.4, True),
        Goal(f"{name}: distance from many steps, fast / library", 1.0, 0.75, True),
        Goal(f"{name}: share of the peak", 0.5, 0.6, True),
    ]


def test_a_part_without_a_goal_has_none():
    assert goals([row("Something else", "75", 9.0)]) == []


def samples():
    times = [(4.0, 1.0), (8.0, 2.0), (20.0, 2.0)]
    shap = [
        Sample("SHAP", "75", Timing(library, library + 1), Timing(fast, fast + 1), 6e9, away)
        for (library, fast), away in zip(times, (1e-5, 3e-5, 2e-5), strict=True)
    ]
    steps = [
        Sample("IG", "100", Timing(1, 1), Timing(0.5, 0.5), None, away, 2 * away, 100, 32 * k)
        for k, away in ((1, 0.01), (2, 0.03), (4, 0.02))
    ]
    return [sample for pair in zip(shap, steps, strict=True) for sample in pair]


def test_rows_by_hand():
    shap, steps = rows(samples(), peak=6e9)
    assert (shap.part, shap.network) == ("SHAP", "75")
    assert (shap.library, shap.fast) == (Timing(8, 9), Timing(2, 3))
    assert shap.ratio == 0.25
    assert shap.share == pytest.approx(0.5)  # 3 of 6 billion a second
    assert shap.distance == 3e-5  # the worst
    assert (shap.steps, shap.library_steps, shap.library_distance) == (None, None, None)
    assert (steps.steps, steps.library_steps) == (64, 100)
    assert (steps.distance, steps.library_distance) == (0.02, 0.04)  # the medians
    assert steps.share is None


def test_text():
    table = {
        "rounds": 3,
        "threads": 1,
        "versions": {"torch": "2"},
        "peak": 6e9,
        "rows": [asdict(row) for row in rows(samples(), peak=6e9)],
        "memory": {"library": 900.4, "fast": 100.2},
        "goals": [{"goal": "SHAP", "limit": 0.2, "found": 0.25, "met": False}],
    }
    text = as_text(table)
    assert "| SHAP | 75 | 8.000 | 2.000 | 1/4.0 | 9.000 | 3.000 | 50% | 3.0e-05 |" in text
    assert "| IG, 100 and 64 steps | 100 | 1.000 | 0.500 | 1/2.0 | 1.000 | 0.500 |  | 2.0e-02 (lib" in text
    assert "(library 4.0e-02) |" in text
    assert "| SHAP | 0.2 | 0.25 | no |" in text
    assert "6 billion operations" in text
    assert "library 900 MB, fast 100 MB" in text
