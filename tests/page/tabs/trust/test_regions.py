import re
from dataclasses import replace

import pytest
import torch

from page.tabs.trust.regions import COARSE, block


@pytest.fixture
def left_half(attribution):
    """Maps of both networks by method, all of whose weight is in the left half."""
    map = torch.zeros(300, 300)
    map[:, :150] = 1.0
    return {
        method: {name: replace(attribution(method=method, network=name), map=map) for name in ("75", "100")}
        for method in ("gradcam", "shap")
    }


def rows(html):
    return [
        [re.sub("<.*?>", "", cell) for cell in re.findall("<t[hd].*?>(.*?)</t[hd]>", row)]
        for row in re.findall("<tr.*?>(.*?)</tr>", html)
    ]


def test_border_of_a_photo(left_half):
    heads, sizes, border = rows(block(left_half, "pixels", None, False))
    assert heads == ["", "Area", "Grad-CAM", "SHAP"]
    assert sizes == ["", *["75 px", "100 px"] * 2]
    assert border == ["Border", "42 %", *["1.0×"] * 4]  # half of the border, half of the picture


def test_parts_of_an_example(left_half):
    labels = torch.zeros(300, 300, dtype=torch.uint8)
    labels[:, :75], labels[:30, 270:] = 2, 9  # wheels: a quarter, all red; lights: 1 %, none of it
    *_, background, wheels, lights = rows(block(left_half, "pixels", labels, False))
    assert wheels == ["Wheels", "25 %", *["2.0×"] * 4]
    assert lights == ["Lights", "1 %", *["0.0×"] * 4]  # 0 of 1 %
    assert background == ["Background", "74 %", *["0.7×"] * 4]  # 0.5 / 0.74


def test_cells_say_both_shares_and_are_shaded(left_half):
    labels = torch.zeros(300, 300, dtype=torch.uint8)
    labels[:, :75] = 2
    html = block(left_half, "pixels", labels, False)
    assert '<td title="50 % of the weight on 25 % of the picture" style="--shade:50%">2.0×</td>' in html


def test_maps_are_weighed_as_they_are_shown(left_half):
    """Spread by region, some of a map's weight crosses from the left half to the right; Grad-CAM never is."""
    labels = torch.zeros(300, 300, dtype=torch.uint8)
    labels[:, 150:153] = 2
    *_, wheels = rows(block(left_half, "regions", labels, False))
    assert wheels[2:4] == ["0.0×"] * 2
    assert all(float(each[:-1]) > 0.5 for each in wheels[4:])


def test_coarse_mask_is_mentioned(left_half):
    labels = torch.zeros(300, 300, dtype=torch.uint8)
    assert COARSE in block(left_half, "pixels", labels, True)
    assert COARSE not in block(left_half, "pixels", labels, False)


def test_without_maps_there_is_no_row():
    assert "<tbody></tbody>" in block({}, "pixels", None, False)


def test_large_multiples_have_no_decimals(left_half):
    labels = torch.zeros(300, 300, dtype=torch.uint8)
    labels[:30, :30] = 2
    map = torch.zeros(300, 300)
    map[:20, :20] = 1.0
    maps = {"gradcam": {name: replace(each, map=map) for name, each in left_half["gradcam"].items()}}
    assert rows(block(maps, "pixels", labels, False))[-1] == ["Wheels", "1 %", "100×", "100×"]
