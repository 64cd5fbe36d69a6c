import re
from html import unescape

import pytest
from markupsafe import Markup

from explain.door import METHODS
from explain.target import Target
from page.tabs.trust.curves import block, network


@pytest.fixture
def tests(known):
    areas = {"gradcam": (0.45, 0.55), "integrated_gradients": (0.3, 0.55), "shap": (0.2, 0.8)}
    return {method: known(*areas[method]) for method in METHODS}


def rows(html):
    return [
        [re.sub("<.*?>", "", cell) for cell in re.findall("<t[hd].*?>(.*?)</t[hd]>", row)]
        for row in re.findall("<tr.*?>(.*?)</tr>", html)
    ]


def test_areas_and_verdicts(tests):
    assert rows(network("75", tests, Target("suv"))) == [
        ["Area", "Deletion", "Insertion", "Beats both controls"],
        ["Grad-CAM", "0.45", "0.55", "at neither"],
        ["Integrated Gradients", "0.30", "0.55", "at deletion"],
        ["SHAP", "0.20", "0.80", "at both"],
        ["Random maps", "0.40", "0.50", ""],
        ["Centred Gaussian", "0.50", "0.60", ""],
    ]


def test_winning_areas_stand_out(tests):
    html = network("75", tests, Target("suv"))
    assert re.findall("<td class=won>(.*?)<", html) == ["0.30", "0.20", "0.80"]
    assert re.findall("<td class=lost>(.*?)<", html) == ["at neither"]


def test_two_charts_with_all_lines_in_words_too(tests):
    html = network("100", tests, Target("suv"))
    deletion, insertion = (unescape(each) for each in re.findall('<svg[^>]* aria-label="(.*?)"', html))
    assert deletion.startswith(
        "Deletion, 100 px: probability of SUV while the photo is covered. Grad-CAM: 100 %"
    )
    assert "SHAP: 100 %, half-way 20 %, at the end 0 %" in deletion
    assert "Centred Gaussian: 0 %, half-way 60 %, at the end 100 %" in insertion
    for svg in re.findall("<svg.*?</svg>", html, re.DOTALL):
        assert {*METHODS, "random", "gaussian"} == set(re.findall(r"var\(--(\w+)\)", svg))


def test_failed_map_is_left_out(tests):
    html = network("75", {**tests, "shap": None}, Target("suv"))
    assert "SHAP" not in html and "Grad-CAM" in html
    assert "could not be tested" in network("75", dict.fromkeys(METHODS), Target("suv"))


def test_block_says_what_it_found_and_what_is_to_come(tests):
    html = block({"75": tests, "100": {}}, {"75": Markup("<i>drawn</i>")}, Target("suv"))
    assert "SHAP’s map of the 75&nbsp;px network names what matters" in html
    assert re.findall("<h4>(.*?)</h4>(.*?)</section>", html) == [
        ("75 px", "<i>drawn</i>"),
        ("100 px", '<p class="untested">Being tested …</p>'),
    ]
