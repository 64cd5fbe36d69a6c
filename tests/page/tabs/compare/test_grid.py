import re
from dataclasses import replace

import pytest

from carmodel.ensemble import Prediction
from explain.target import Target
from page.tabs.compare.grid import Cell, grid, heading, progress, shown_maps, verdicts

SAYS = {
    label: Prediction(tuple(0.7 if each == at else 0.1 for each in range(4)), label, 0.7)
    for at, label in enumerate(("sedan", "coupe", "suv", "truck"))
}


@pytest.fixture
def cell(photo, attribution):
    def make(title="75 px", verdict="suv", total=2.0, method="shap", **settings):
        map = replace(attribution(total, 2.0, method), network=title)
        return Cell(title, photo, SAYS[verdict], map, **settings)

    return make


def drawn(cells, method="shap", **settings):
    maps = shown_maps(cells, "pixels")
    return grid(cells, maps, Target("suv"), method, 0.02, 0.9, **settings)


def test_maps_share_one_scale_that_the_legend_prints(cell):
    html = drawn({"a": cell(total=2.0), "b": cell("75 px baseline", total=20.0)})
    # 20 logits spread over the picture are 0.2 per 1 % of it; all of the second map's pixels are as large.
    assert re.findall("<span>((?:against|for) .*?)</span>", html) == ["against −0.2", "for +0.2"]
    alts = re.findall(r'alt="(SHAP, .*?), for SUV', html)
    assert alts == ["SHAP, 75 px", "SHAP, 75 px baseline"]


def test_every_column_has_verdict_probabilities_and_receipt(cell):
    html = drawn({"a": cell(), "b": cell("100 px", "coupe")})
    assert re.findall(r"<h4><span>(.*?)</span><b(.*?)>(.*?)</b>", html) == [
        ("75 px", "", "SUV 70 %"),
        ("100 px", ' class="other"', "Coupe 70 %"),  # not the class explained
    ]
    assert html.count('<ul class="bars">') == html.count('<dl class="receipt">') == 2


def test_map_that_misses_its_score_is_red_once_it_is_finished(cell):
    busy = cell(total=2.2, method="integrated_gradients", note="Refining")
    assert 'class="receipt"' in drawn({"a": busy})
    assert 'class="receipt failed"' in drawn({"a": replace(busy, note="")})


def test_missing_maps_say_why(cell):
    html = drawn({"a": replace(cell(), map=None, note="No <luck>.", failed=True), "b": cell("100 px")})
    assert "No &lt;luck&gt;." in html and html.count("waiting") == 1


def test_first_of_all_there_are_no_maps(cell):
    html = drawn({"a": replace(cell(), map=None, note="Waiting")})
    assert html.count("waiting") == 1 and "logits per" not in html


def test_photos_stand_beside_their_maps(cell):
    html = drawn({"a": cell("This photo"), "b": cell("Second photo")}, photos=True)
    assert re.findall('alt="([^,]*?)"', html) == ["This photo", "Second photo"]


@pytest.mark.parametrize("count", [2, 6])
def test_at_most_four_columns(cell, count):
    html = drawn({str(each): cell() for each in range(count)})
    assert f"--columns:{min(count, 4)}" in html


def test_verdicts(cell):
    a, b, c = cell("75 px"), cell("100 px"), cell("75 px baseline")
    other = cell("100 px baseline", "truck")
    assert verdicts([a, b, c]) == "All 3 networks say SUV."
    assert verdicts([other, a, b, c]) == (
        "The networks disagree: 75 px, 100 px and 75 px baseline say SUV; 100 px baseline says truck."
    )


def test_progress_names_the_first_that_is_not_finished(cell):
    cells = [cell(), cell("100 px", note="Waiting"), cell("mine", note="Waiting")]
    assert progress(cells) == "Computing 100 px …"
    assert "Computing 100 px …" in heading(cells, Target("suv", "coupe"))
    assert progress([cell(), cell(note="Failed.", failed=True)]) == ""


def test_heading_says_how_colours_read(cell):
    html = heading([cell(), cell("100 px")], Target("suv", "coupe"))
    assert (
        "for SUV and not coupe: <b class=for>red</b> speaks for SUV, <b class=against>blue</b> for coupe."
        in html
    )
