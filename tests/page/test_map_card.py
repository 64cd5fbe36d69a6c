import re

from markupsafe import Markup

from explain.report.report import row as columns
from page.tabs.explain.grid import Row, row


def drawn(maps, photo, note="", own_scale=False, detail="pixels", **settings):
    method = maps["75"].method if maps else settings.pop("method")
    return row(Row(method, maps, note, **settings), photo, 0.02, detail, 0.9, own_scale)


def pair(attribution, method, small=2.0, large=2.0, change=2.0, decided_by=None):
    maps = {
        "75": attribution(small, change, method, "75"),
        "100": attribution(large, change, method, "100"),
    }
    return columns(maps, "priority" if decided_by else "average", decided_by)


def titles(html):
    return re.findall("<h4>(.*?)(?: <small>.*?)?</h4>", html)


def test_row_has_four_maps_with_alt_texts(attribution, photo):
    html = drawn(pair(attribution, "shap"), photo)
    alts = re.findall(r'<img class="map"[^>]* alt="([^"]*)" width="450" height="300"', html)
    assert len(alts) == 4
    assert alts[0].startswith("SHAP, 75 px, for SUV: ")
    assert alts[2].startswith("SHAP, average, for SUV: ")
    assert titles(html) == ["75 px", "100 px", "Ensemble: average", "75 px − 100 px"]
    assert 'class="card method finished"' in html


def test_priority_names_the_network_that_decided(attribution, photo):
    html = drawn(pair(attribution, "shap", decided_by=100), photo, decided_by=100)
    assert titles(html)[2] == "Ensemble: 100 px decides"
    assert re.findall(r'alt="(SHAP, \d+ px), ', html) == ["SHAP, 75 px", "SHAP, 100 px", "SHAP, 100 px"]


def test_finished_map_that_misses_its_score_is_red(attribution, photo):
    maps = pair(attribution, "integrated_gradients", small=2.2)  # 10 %; the mean misses by 5 %
    html = drawn(maps, photo)
    assert re.findall('<dl class="(.*?)">', html) == ["receipt failed", "receipt", *["receipt failed"] * 2]


def test_map_that_is_being_refined_has_not_failed(attribution, photo):
    html = drawn(pair(attribution, "integrated_gradients", small=2.2), photo, note="Refining: 8 steps")
    assert "failed" not in html
    assert 'class="card method busy"' in html and "Refining: 8 steps" in html


def test_difference_of_good_maps_is_good(attribution, photo):
    maps = pair(attribution, "integrated_gradients", small=5.07, large=4.93, change=5.0)  # both 1.4 %
    assert maps["75-100"].gap > 0.1
    assert "failed" not in drawn(maps, photo)


def test_shared_scale_is_printed_once(attribution, photo):
    # 2 logits spread over the picture are 0.02 per 1 % of it.
    html = drawn(pair(attribution, "shap"), photo)
    assert re.findall("<span>(.*?)</span>", html) == ["against −0.02", "0", "for +0.02"]
    assert "Full colour" not in html


def test_own_scale_is_printed_under_each_map(attribution, photo):
    html = drawn(pair(attribution, "shap", small=2.0, large=1.0), photo, own_scale=True)
    assert re.findall("Full colour at (.*?)<", html) == ["±0.02", "±0.01", "±0.015", "±0.01"]
    assert "each map on its own scale" in html


def test_gradcam_has_a_legend_of_its_own_for_the_difference(attribution, photo):
    html = drawn(pair(attribution, "gradcam"), photo)
    labels = re.findall("<span>(.*?)</span>", html)
    assert labels == ["0", "", "for +0.02", "100 px −0.02", "0", "75 px +0.02"]


def test_tests_stand_under_the_receipts(attribution, photo):
    maps = pair(attribution, "shap")
    html = drawn(maps, photo, tests={"75": Markup("<p>first</p>"), "average": Markup("<p>third</p>")})
    captions = re.findall("<figcaption>(.*?)</figcaption>", html)
    below = [re.search('</dl><p class="time".*?</p>(.*?)<button', each)[1] for each in captions]
    assert below == ["<p>first</p>", "", "<p>third</p>", ""]


def test_each_picture_can_be_saved_under_a_name_of_its_own(attribution, photo):
    names = re.findall('data-map="(.*?)"', drawn(pair(attribution, "shap"), photo))
    assert names == ["shap-75", "shap-100", "shap-average", "shap-75-100"]


def test_waiting_row_keeps_its_place(photo):
    html = drawn({}, photo, note="Waiting", method="shap")
    assert html.count('class="frame waiting"') == 4
    assert html.count('width="450" height="300"') == 4
    assert re.findall('alt="(.*?)"', html) == [""] * 4  # a placeholder has nothing to say


def test_failed_row_says_so(photo):
    html = drawn({}, photo, note="No <luck>.", failed=True, method="shap")
    assert 'class="card method failed"' in html
    assert '<span class="note">No &lt;luck&gt;.</span>' in html
