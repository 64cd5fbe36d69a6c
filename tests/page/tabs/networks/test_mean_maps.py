import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from page.tabs.networks.mean_maps import block
from tests.document import parsed
from tests.page.steps import alts, finding


def test_grid_of_every_method_network_and_class(survey):
    page = parsed(block(survey))
    assert [title.text for title in page.all("h4")] == ["Grad-CAM", "Integrated Gradients", "SHAP"]
    for grid in page.all("div", "means"):
        heads = [head.text for head in grid.all("span") if head.text]
        assert heads == ["All", "Sedan", "Coupe", "SUV"]  # of trucks there are none
        assert [name.text for name in grid.all("b")] == [
            f"{name}\N{NO-BREAK SPACE}px" for name in (75, 100)
        ] + ["Average"]
        assert len(grid.all("img")) == 3 * 4
    assert (
        alts(block(survey)).count(
            "SHAP, 75 px, SUV: 100 % of the weight in the centre, 0 % in the upper left."
        )
        == 1
    )


def test_picture_shows_the_weight(survey):
    source = parsed(block(survey)).all("img")[0].attributes["src"]
    data = source.removeprefix("data:image/webp;base64,")
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    opacity = np.asarray(image.convert("RGBA"))[..., 3]
    assert image.size == (75, 75)
    assert opacity[37, 37] > 200 and opacity[5, 5] < 10


def test_finding_is_of_the_method_that_adds_up(survey):
    half = np.full((75, 75), 0.5, np.float32)
    half[25:50, 25:50] = 4.0  # the centre has 8 times what any other ninth has: 8 of 16
    maps = survey.maps | {("shap", "100", "all"): half}
    assert finding(block(replace(survey, maps=maps))) == (
        "Of the weight that SHAP finds, the centre ninth of the picture holds 100 % for 75 px and 50 % for "
        "100 px; an even share would be 11 %."
    )


@pytest.mark.parametrize("missing", ["75", "100"])
def test_without_two_networks_nothing_is_compared(survey, missing):
    fewer = {key: map for key, map in survey.maps.items() if key[1] != missing}
    assert parsed(block(replace(survey, maps=fewer))).all("p", "finding") == []


def test_missing_groups_are_told(survey):
    fewer = {key: map for key, map in survey.maps.items() if key != ("shap", "100", "suv")}
    page = parsed(block(replace(survey, maps=fewer)))
    assert [part.text for part in page.all("span", "none")] == ["too few"]
