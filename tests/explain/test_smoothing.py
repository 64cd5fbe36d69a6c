import math
from dataclasses import replace

import pytest
import torch

from explain.attribution import Attribution
from explain.methods.registry import METHODS
from explain.smoothing import all_smoothed, gaussian_smooth
from explain.target import Target

NOISE = torch.randn(300, 300, generator=torch.Generator().manual_seed(0))
SHAP = Attribution(
    NOISE, NOISE, METHODS["shap"], "75", Target("suv"), "training frames", 1.0, 0.0, 0.0, 1, 0.0
)


def test_the_sum_stays_even_at_the_corner():
    assert gaussian_smooth(NOISE).sum().item() == pytest.approx(NOISE.sum().item(), abs=1e-2)
    corner = torch.zeros(300, 300)
    corner[0, 299] = 2.0
    assert gaussian_smooth(corner).sum().item() == pytest.approx(2.0, rel=1e-5)


def test_a_pixel_becomes_a_gaussian():
    pixel = torch.zeros(300, 300)
    pixel[150, 120] = 1.0
    result = gaussian_smooth(pixel, sigma=6.0)
    # far from the border: 1 / (2 π σ²) at the centre, e^(−½) of it one σ away
    peak = 1 / (2 * math.pi * 36)
    assert result[150, 120].item() == pytest.approx(peak, rel=1e-3)
    assert result[156, 120].item() == pytest.approx(peak * math.exp(-0.5), rel=1e-3)
    assert result[150, 132].item() == pytest.approx(peak * math.exp(-2), rel=1e-3)


def test_neighbours_of_opposite_sign_cancel():
    board = torch.ones(300, 300)
    board[::2, ::2] = board[1::2, 1::2] = -1.0
    assert gaussian_smooth(board)[50:250, 50:250].abs().max() < 1e-3


def test_only_pixel_maps_are_gaussian_smooth():
    assert torch.equal(all_smoothed({"75": SHAP}, "regions")["75"].map, gaussian_smooth(NOISE))
    assert all_smoothed({"75": SHAP}, "pixels") == {"75": SHAP}
    coarse = {"75": replace(SHAP, method=METHODS["gradcam"])}
    assert all_smoothed(coarse, "regions") == coarse


def test_unknown_detail():
    with pytest.raises(ValueError, match="There is no detail 'fine'"):
        all_smoothed({"75": SHAP}, "fine")
