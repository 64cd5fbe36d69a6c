import re
from dataclasses import replace

import pytest

from carmodel.ensemble import Prediction
from page.tabs.compare.grid import Cell
from page.tabs.compare.swipe import pair

SAYS = Prediction((0.1, 0.1, 0.7, 0.1), "suv", 0.7)


@pytest.mark.parametrize("method", ["shap", "gradcam"])
def test_slider_and_difference(photo, attribution, method):
    maps = tuple(
        replace(attribution(total, 2.0, method), network=title)
        for title, total in (("75 px", 2.0), ("mine", 11.0))
    )
    html = pair(*(Cell(each.network, photo, SAYS, each) for each in maps), maps, 0.2 / 900, 0.9)
    name = {"shap": "SHAP", "gradcam": "Grad-CAM"}[method]
    alts = re.findall(r'alt="(.*?), for SUV: ', html)
    assert alts == [f"{name}, {each}" for each in ("mine", "75 px", "75 px − mine")]
    assert re.search(f'class="left"><img [^>]*alt="{name}, 75 px,', html)  # the first lies left of the handle
    assert 'aria-label="How much of the picture shows 75 px rather than mine"' in html
    assert "<b>75 px</b> SUV 70 %" in html and "<b>mine</b> SUV 70 %" in html
    assert "counts 1.00 logits more for mine." in html  # a ninth of the nine logits
    assert (
        re.findall("<span>([^<]* [−+][^<]*)</span>", html)
        == {
            "shap": ["mine −0.2", "75 px +0.2"],
            "gradcam": ["for +0.2", "mine −0.2", "75 px +0.2"],
        }[method]
    )
