from dataclasses import replace

import pytest
import torch

from explain.methods.registry import METHODS
from page.tabs.trust.regions import COARSE, block
from tests.document import parsed


def flat(**parts):
    """Labels (300, 300) that are 0 but for these parts: number of a part -> where it lies."""
    labels = torch.zeros(300, 300, dtype=torch.uint8)
    for number, where in parts.items():
        labels[where] = int(number.removeprefix("part"))
    return labels


LEFT_QUARTER = {"part2": (slice(None), slice(0, 75))}  # of wheels


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
    return parsed(html).one("table", "parts").table()


def test_border_of_a_photo(left_half):
    heads, sizes, border = rows(block(left_half, "pixels", None, False))
    assert heads == ["", "Area", "Grad-CAM", "SHAP"]
    assert sizes == ["", *["75 px", "100 px"] * 2]
    assert border == ["Border", "42 %", *["1.0×"] * 4]  # half of the border, half of the picture


@pytest.mark.parametrize("sizes", [("75",), ("64", "75", "128")])
def test_columns_of_any_number_of_networks(left_half, sizes):
    maps = {method: dict.fromkeys(sizes, row["75"]) for method, row in left_half.items()}
    heads, names, border = rows(block(maps, "pixels", None, False))
    assert names == ["", *[f"{size} px" for size in sizes] * 2]
    assert len(border) == 2 + 2 * len(sizes)
    page = parsed(block(maps, "pixels", None, False))
    spans = [head.attributes["colspan"] for head in page.all("th") if head.attributes["scope"] == "colgroup"]
    assert spans == [str(len(sizes))] * 2 and len(heads) == 4


def test_long_titles_are_shortened_over_narrow_columns(left_half):
    maps = {"integrated_gradients": left_half["shap"]}
    heading = parsed(block(maps, "pixels", None, False)).one("abbr")
    assert heading.attributes["title"] == "Integrated Gradients"
    assert heading.text == METHODS["integrated_gradients"].short != ""


def test_parts_of_an_example(left_half):
    labels = flat(**LEFT_QUARTER, part9=(slice(0, 30), slice(270, None)))
    # Wheels: a quarter, all red; lights: 1 %, none of it.
    *_, background, wheels, lights = rows(block(left_half, "pixels", labels, False))
    assert wheels == ["Wheels", "25 %", *["2.0×"] * 4]
    assert lights == ["Lights", "1 %", *["0.0×"] * 4]  # 0 of 1 %
    assert background == ["Background", "74 %", *["0.7×"] * 4]  # 0.5 / 0.74


def test_cells_say_both_shares_and_are_shaded(left_half):
    page = parsed(block(left_half, "pixels", flat(**LEFT_QUARTER), False))
    wheels = [cell.attributes for cell in page.all("td") if cell.text == "2.0×"]
    assert wheels == [{"title": "50 % of the weight on 25 % of the picture", "style": "--shade:50%"}] * 4


def test_maps_are_weighed_as_they_are_shown(left_half):
    """Spread by region, some of a map's weight crosses from the left half to the right; Grad-CAM never is."""
    *_, wheels = rows(block(left_half, "regions", flat(part2=(slice(None), slice(150, 153))), False))
    assert wheels[2:4] == ["0.0×"] * 2
    assert all(float(cell[:-1]) > 0.5 for cell in wheels[4:])


@pytest.mark.parametrize("coarse", [True, False])
def test_coarse_mask_is_mentioned(left_half, coarse):
    page = parsed(block(left_half, "pixels", flat(), coarse))
    assert [line.text for line in page.all("p", "untested")] == [COARSE] * coarse


def test_without_maps_there_is_no_row():
    assert parsed(block({}, "pixels", None, False)).all("tbody") == []


def test_large_multiples_have_no_decimals(left_half):
    map = torch.zeros(300, 300)
    map[:20, :20] = 1.0
    maps = {"gradcam": {name: replace(row, map=map) for name, row in left_half["gradcam"].items()}}
    corner = flat(part2=(slice(0, 30), slice(0, 30)))
    assert rows(block(maps, "pixels", corner, False))[-1] == ["Wheels", "1 %", "100×", "100×"]
