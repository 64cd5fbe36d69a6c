from dataclasses import replace

import pytest
from markupsafe import Markup

from explain.methods.registry import METHODS
from explain.report.cards import column_titles
from explain.request import column_names, columns_of
from page.map_card import Look, MethodRow, method_row
from tests.document import parsed
from tests.page.steps import alts, state

TITLES = column_titles(("75", "100", "average", "75-100"), None)


def drawn(columns, photo, decided_by=None, own_scale=False, **settings):
    """The row of maps by column."""
    method = next(iter(columns.values())).method
    row = MethodRow(method, column_titles(columns, decided_by), columns, **settings)
    return method_row(row, photo, Look("pixels", 0.02, 0.9, own_scale))


def waiting(photo, **settings):
    """The row of SHAP as long as there are no maps."""
    return method_row(MethodRow(METHODS["shap"], TITLES, **settings), photo, Look("pixels", 0.02))


def pair(attribution, method, small=2.0, large=2.0, change=2.0, decided_by=None):
    maps = {
        "75": attribution(small, change, method, "75"),
        "100": attribution(large, change, method, "100"),
    }
    return columns_of(maps, "priority" if decided_by else "average", decided_by)


def titles(html):
    """What stands over each column, without its hint."""
    return [heading.children[0].strip() for heading in parsed(html).all("h4")]


def labels(html):
    """What is written at the ends of the colour bars."""
    return [label.text for bar in parsed(html).all("div", "bar") for label in bar.all("span")]


def receipts(html):
    return [part.attributes["class"] for part in parsed(html).all("dl", "receipt")]


def test_row_has_four_maps_with_alt_texts(attribution, photo):
    html = drawn(pair(attribution, "shap"), photo)
    pictures = parsed(html).all("img", "map")
    sizes = [(image.attributes["width"], image.attributes["height"]) for image in pictures]
    assert sizes == [("450", "300")] * 4
    assert [alt.split(",")[:2] for alt in alts(html)] == [
        ["SHAP", f" {network}"] for network in ("75 px", "100 px", "average", "75 px − 100 px")
    ]
    assert all(" for SUV: " in alt for alt in alts(html))
    assert titles(html) == ["75 px", "100 px", "Ensemble: average", "75 px − 100 px"]
    assert state(html) == "finished"


@pytest.mark.parametrize(
    ("sizes", "columns"),
    [
        (("75",), ["75 px"]),
        (("64", "75", "128"), ["64 px", "75 px", "128 px", "Ensemble: average"]),
    ],
)
def test_row_of_any_number_of_networks(attribution, photo, sizes, columns):
    maps = {size: attribution(network=size) for size in sizes}
    html = drawn(columns_of(maps, "average", None), photo)
    assert titles(html) == columns and len(alts(html)) == len(columns)
    row = MethodRow(METHODS["shap"], column_titles(column_names(sizes, "average"), None))
    assert titles(method_row(row, photo, Look("pixels", 0.02))) == columns


def test_priority_names_the_network_that_decided(attribution, photo):
    html = drawn(pair(attribution, "shap", decided_by="100"), photo, decided_by="100")
    assert titles(html)[2] == "Ensemble: 100 px decides"
    networks = [alt.split(",")[1].strip() for alt in alts(html)]
    assert networks == ["75 px", "100 px", "100 px", "75 px − 100 px"]


def test_finished_map_that_misses_its_score_is_red(attribution, photo):
    maps = pair(attribution, "integrated_gradients", small=2.2)  # 10 %; the mean misses by 5 %
    assert receipts(drawn(maps, photo)) == ["receipt failed", "receipt", *["receipt failed"] * 2]


def test_map_that_is_being_refined_has_not_failed(attribution, photo):
    html = drawn(pair(attribution, "integrated_gradients", small=2.2), photo, note="Refining: 8 steps")
    assert receipts(html) == ["receipt"] * 4
    assert state(html) == "busy" and parsed(html).one("span", "note").text == "Refining: 8 steps"


def test_difference_of_good_maps_is_good(attribution, photo):
    maps = pair(attribution, "integrated_gradients", small=5.07, large=4.93, change=5.0)  # both 1.4 %
    assert maps["75-100"].gap > 0.1
    assert receipts(drawn(maps, photo)) == ["receipt"] * 4


def test_shared_scale_is_printed_once(attribution, photo):
    # 2 logits spread over the picture are 0.02 per 1 % of it.
    html = drawn(pair(attribution, "shap"), photo)
    assert labels(html) == ["against −0.02", "0", "for +0.02"]
    assert "Full colour" not in parsed(html).text


def test_own_scale_is_printed_under_each_map(attribution, photo):
    html = drawn(pair(attribution, "shap", small=2.0, large=1.0), photo, own_scale=True)
    captions = [caption.all("p")[0].text for caption in parsed(html).all("figcaption")]
    assert captions == [f"Full colour at ±{at}" for at in ("0.02", "0.01", "0.015", "0.01")]
    assert parsed(html).one("div", "legends").one("p").text.startswith("each map on its own scale")


def test_unsigned_method_has_a_legend_of_its_own_for_the_difference(attribution, photo):
    html = drawn(pair(attribution, "gradcam"), photo)
    assert labels(html) == ["0", "", "for +0.02", "100 px −0.02", "0", "75 px +0.02"]


def test_tests_stand_under_the_receipts(attribution, photo):
    tests = {"75": Markup("<b>first</b>"), "average": Markup("<b>third</b>")}
    html = drawn(pair(attribution, "shap"), photo, tests=tests)
    orders = [[part.tag for part in caption.children] for caption in parsed(html).all("figcaption")]
    assert orders == [["dl", "p", *tested, "button"] for tested in (["b"], [], ["b"], [])]
    assert [part.text for caption in parsed(html).all("figcaption") for part in caption.all("b")] == [
        "first",
        "third",
    ]


def test_each_picture_can_be_saved_under_a_name_of_its_own(attribution, photo):
    buttons = parsed(drawn(pair(attribution, "shap"), photo)).all("button", "save")
    names = [button.attributes["data-map"] for button in buttons]
    assert names == ["shap-75", "shap-100", "shap-average", "shap-75-100"]
    assert len({button.attributes["aria-label"] for button in buttons}) == 4


def test_what_has_no_sum_is_marked(attribution, photo):
    incomplete, complete = (
        parsed(drawn(pair(attribution, method), photo)).one("section") for method in ("gradcam", "shap")
    )
    assert "incomplete" in incomplete.attributes["class"].split()
    assert "incomplete" not in complete.attributes["class"].split()
    assert (incomplete.attributes["id"], complete.attributes["id"]) == ("gradcam", "shap")


def test_waiting_row_keeps_its_place(photo):
    html = waiting(photo, note="Waiting")
    assert len(parsed(html).all("div", "waiting")) == 4
    sizes = [(image.attributes["width"], image.attributes["height"]) for image in parsed(html).all("img")]
    assert sizes == [("450", "300")] * 4
    assert alts(html) == [""] * 4  # a placeholder has nothing to say
    assert titles(html) == ["75 px", "100 px", "Ensemble: average", "75 px − 100 px"]


def test_failed_row_says_so(photo):
    html = waiting(photo, note="No <luck>.", failed=True)
    assert state(html) == "failed"
    assert parsed(html).one("span", "note").text == "No <luck>."


def test_what_made_a_map_is_said_unless_it_was_the_fused_engine(attribution, photo):
    maps = pair(attribution, "shap")
    slow = {"75": replace(maps["75"], made_by="shap’s GradientExplainer"), "100": maps["100"]}
    times = [line.text for line in parsed(drawn(slow, photo)).all("p", "time")]
    assert times[0].endswith(" s, by shap’s GradientExplainer") and times[1].endswith("s")
