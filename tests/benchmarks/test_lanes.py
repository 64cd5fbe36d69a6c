"""The three sides make the same maps, and the table says how long each took."""

import pytest
import torch

from benchmarks import lanes
from benchmarks.implementations import CAM, GRADIENTS, library_shap
from benchmarks.measure import Timing


def test_the_lane_makes_the_maps_that_are_compared(case):
    torch.testing.assert_close(lanes.lane_gradcam(case), CAM.library(case), rtol=1e-4, atol=1e-6)
    expected = library_shap(case)[case.index]
    torch.testing.assert_close(lanes.lane_shap(case), expected, rtol=1e-3, atol=1e-6)
    integral = lanes.lane_integral(case)
    fast = GRADIENTS.fast(case)
    assert integral.steps == fast.steps
    torch.testing.assert_close(integral.values, fast.values, rtol=1e-3, atol=1e-5)
    plain = lanes.plain_integral(case, integral.steps)
    assert plain.sum().item() == pytest.approx(integral.score - integral.reference_score, rel=0.05, abs=0.05)


def test_the_table(case, monkeypatch, capsys):
    sides = [Timing(2.0, 2.0), Timing(2.1, 2.1), Timing(0.5, 0.5)]
    monkeypatch.setattr(lanes, "cases", lambda *_: [case])
    monkeypatch.setattr(lanes, "_round", lambda case: [(CAM, sides)])
    monkeypatch.setattr(lanes, "request_of", lambda *_: None)
    assert lanes.main(["--photos", "2"]) == 0
    [row] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| Grad-CAM")]
    assert row == f"| Grad-CAM | {case.network.size} px | 2.00 s | 2.10 s | 0.50 s | 1.05 | 1.1 | 0.25 |"
