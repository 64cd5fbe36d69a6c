import re
from itertools import pairwise

import numpy as np
import pytest
import torch

from explain.attribution import Attribution
from explain.methods.registry import METHODS
from explain.report.palette import colours, is_signed, legend, readable, shared_scale
from explain.target import Target

STEPS = np.linspace(0, 1, 101)

# Machado, Oliveira & Fernandes 2009, severity 1.0, on linear RGB.
SIGHT = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}


def oklab(rgb, sight="full"):
    """Ottosson 2020: lightness, green-red and blue-yellow of an sRGB colour in [0, 1]."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    opponents = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    seen = np.clip(np.array(SIGHT[sight]) @ linear, 0, None)
    return np.array(opponents) @ np.cbrt(np.array(cones) @ seen)


def on_paper(value, signed=True):
    *rgb, alpha = colours(np.array(value), 1.0, signed)
    return np.array(rgb) * alpha + (1 - alpha) * 0.9


@pytest.mark.parametrize("signed", [True, False])
def test_zero_is_transparent(signed):
    assert colours(np.zeros((2, 3)), 1.0, signed).shape == (2, 3, 4)
    assert (colours(np.zeros((2, 3)), 1.0, signed)[..., 3] == 0).all()


@pytest.mark.parametrize("signed", [True, False])
def test_opacity_rises_with_the_magnitude(signed):
    assert (np.diff(colours(STEPS, 1.0, signed)[:, 3]) > 0).all()


def test_sign_is_hue():
    red, _, blue, _ = colours(STEPS[1:], 1.0, signed=True).T
    assert (red > blue + 0.3).all()
    red, _, blue, _ = colours(-STEPS[1:], 1.0, signed=True).T
    assert (blue > red + 0.3).all()


def test_both_signs_weigh_the_same():
    for_, against = colours(STEPS, 1.0, signed=True), colours(-STEPS, 1.0, signed=True)
    assert (for_[:, 3] == against[:, 3]).all()
    for value in STEPS[1:]:
        assert abs(oklab(on_paper(value))[0] - oklab(on_paper(-value))[0]) < 0.03


@pytest.mark.parametrize("sight", SIGHT)
def test_signs_are_told_apart_with_any_sight(sight):
    for value in (0.25, 0.5, 1.0):
        difference = oklab(on_paper(value), sight) - oklab(on_paper(-value), sight)
        assert np.linalg.norm(difference) > 0.06  # three times what is just noticeable


def test_positive_only_palette_is_not_the_red_half():
    for value in (0.5, 1.0):
        amber, red = (oklab(on_paper(value, signed)) for signed in (False, True))
        assert np.linalg.norm(amber - red) > 0.1


def test_values_by_hand():
    full, half, quarter = colours(np.array([2.0, 1.0, -0.5]), 2.0, signed=True)
    assert full == pytest.approx([0xA4 / 255, 0x20 / 255, 0x0F / 255, 0.96])
    assert half == pytest.approx([0xCF / 255, 0x3F / 255, 0x24 / 255, 0.62])
    # halfway between the first two stops against: #4f8fe0 at 0 and #2a74d2 at 0.62
    assert quarter == pytest.approx([0x3C / 255 + 0.5 / 255, 0x81 / 255 + 0.5 / 255, 0xD9 / 255, 0.31])


def test_beyond_the_scale_is_full_colour():
    assert (colours(np.array([7.0, -7.0]), 2.0, True) == colours(np.array([2.0, -2.0]), 2.0, True)).all()


def test_nothing_against_in_a_positive_palette():
    assert colours(np.array(-1.0), 1.0, signed=False)[3] == 0


def test_scale_is_the_percentile_of_the_magnitudes_of_all_maps():
    signs = torch.tensor([1.0, -1.0]).repeat(501)[:1001]
    magnitudes = torch.arange(1001.0) * signs  # 0, −1, 2, …, 1000: the 99.5th percentile is 995
    assert shared_scale([magnitudes[:400].reshape(20, 20), magnitudes[400:]]) == 995.0
    assert shared_scale([-magnitudes]) == 995.0


def test_scale_of_a_sparse_map_is_its_largest_magnitude():
    sparse = torch.zeros(300, 300)
    sparse[0, 0] = -3.0
    assert shared_scale([sparse]) == 3.0


def test_all_zero_maps_draw_nothing():
    scale = shared_scale([torch.zeros(300, 300)])
    assert scale == 0.0
    assert (colours(np.zeros((300, 300)), scale, signed=True)[..., 3] == 0).all()


def test_legend_prints_the_scale_for_one_per_cent_of_the_picture():
    # 1 % of 300×300 is 900 pixels: 0.002 logits a pixel are 1.8 logits
    assert legend(0.002, signed=True).labels == ("against −1.8", "0", "for +1.8")
    assert legend(0.002, signed=False).labels == ("0", "", "for +1.8")
    assert legend(0.002, signed=True, ends=("100 px", "75 px")).labels == ("100 px −1.8", "0", "75 px +1.8")
    assert legend(0.002, signed=True).unit == "logits per 1 % of the picture"


def test_legend_for_css_runs_from_against_over_nothing_to_for():
    css = legend(1.0, signed=True).background
    assert css.startswith("linear-gradient(90deg, rgb(18 80 159 / 0.96) 0%, ")
    assert css.endswith(", rgb(164 32 15 / 0.96) 100%), #e6e6e6")
    assert re.findall(r"/ 0\) (\S+)%", css) == ["50", "50"]
    positions = [float(position) for position in re.findall(r"([\d.]+)%", css)]
    assert positions == [0, 25, 50, 50, 75, 100]


def test_legend_for_css_of_a_positive_palette():
    css = legend(1.0, signed=False).background
    assert [float(position) for position in re.findall(r"([\d.]+)%", css)] == [0, 50, 100]
    opacities = [float(opacity) for opacity in re.findall(r"/ ([\d.]+)\)", css)]
    assert all(first < second for first, second in pairwise(opacities))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.352, "0.35"), (1.23, "1.2"), (99.4, "99"), (99.7, "100"), (1234.5, "1234")],
)
def test_readable(value, text):
    assert readable(value) == text


@pytest.mark.parametrize(
    ("method", "network", "lowest", "signed"),
    [
        ("gradcam", "75", 0.0, False),
        ("gradcam", "average", 0.0, False),
        ("gradcam", "75", -1.0, True),
        ("gradcam", "75 − 100", 0.0, True),
        ("shap", "75", 0.0, True),
        ("integrated_gradients", "100", -1.0, True),
    ],
)
def test_only_positive_maps_of_gradcam_are_unsigned(method, network, lowest, signed):
    map = torch.ones(300, 300)
    map[5, 5] = lowest
    record = METHODS[method]
    attribution = Attribution(map, map, record, network, Target("suv"), "none", 1.0, None, None, 1, 0.0)
    assert is_signed(attribution) == signed
