import re

import pytest
from markupsafe import Markup

from explain.methods.registry import METHODS
from explain.target import Target
from page.tabs.trust.curves import UNTESTED, block, network
from tests.document import parsed


@pytest.fixture
def tests(known):
    areas = {"gradcam": (0.45, 0.55), "integrated_gradients": (0.3, 0.55), "shap": (0.2, 0.8)}
    return {method: known(*areas[method]) for method in METHODS}


def drawn(name, tests):
    return parsed(network(name, tests, Target("suv")))


def test_areas_and_verdicts(tests):
    table = drawn("75", tests).one("table", "areas")
    assert table.attributes["aria-label"] == "Areas, 75 px"
    assert table.table() == [
        ["Area", "Deletion", "Insertion", "Beats both controls"],
        ["Grad-CAM", "0.45", "0.55", "at neither"],
        ["Integrated Gradients", "0.30", "0.55", "at deletion"],
        ["SHAP", "0.20", "0.80", "at both"],
        ["Random maps", "0.40", "0.50", ""],
        ["Centred Gaussian", "0.50", "0.60", ""],
    ]


def test_winning_areas_stand_out(tests):
    page = drawn("75", tests)
    assert [cell.text for cell in page.all("td", "won")] == ["0.30", "0.20", "0.80"]
    assert [cell.text for cell in page.all("td", "lost")] == ["at neither"]


def test_two_charts_with_all_lines_in_words_too(tests):
    charts = drawn("100", tests).all("svg", "chart")
    deletion, insertion = (chart.attributes["aria-label"] for chart in charts)
    assert deletion.startswith(
        "Deletion, 100 px: probability of SUV while the photo is covered. Grad-CAM: 100 %"
    )
    assert "SHAP: 100 %, half-way 20 %, at the end 0 %" in deletion
    assert "Centred Gaussian: 0 %, half-way 60 %, at the end 100 %" in insertion
    for chart in charts:
        styles = " ".join(part.attributes.get("style", "") for part in chart.all())
        assert set(re.findall(r"var\(--(\w+)\)", styles)) == {*METHODS, "random", "gaussian"}


def test_failed_map_is_left_out(tests):
    page = drawn("75", {**tests, "shap": None})
    assert [row[0] for row in page.one("table").table()[1:3]] == ["Grad-CAM", "Integrated Gradients"]
    assert not any("SHAP" in chart.attributes["aria-label"] for chart in page.all("svg"))
    assert drawn("75", dict.fromkeys(METHODS)).one("p", "untested").text == UNTESTED


def test_block_says_what_it_found_and_what_is_to_come(tests):
    drawn_already = {"75": Markup("<i>drawn</i>")}
    page = parsed(block({"75": tests, "100": {}}, drawn_already, Target("suv"), ["75", "100"]))
    finding = page.one("p", "finding").text.replace("\N{NO-BREAK SPACE}", " ")
    assert finding.startswith("SHAP’s map of the 75 px network names what matters")
    halves = [
        (half.one("h4").text, half.children[1].tag, half.children[1].text) for half in page.all("section")
    ]
    assert halves == [("75 px", "i", "drawn"), ("100 px", "p", "Being tested …")]


@pytest.mark.parametrize("networks", [["75"], ["64", "75", "128"]])
def test_block_of_any_number_of_networks(tests, networks):
    page = parsed(block(dict.fromkeys(networks, tests), {}, Target("suv"), networks))
    assert [title.text for title in page.all("h4")] == [f"{name} px" for name in networks]
    assert f"Of {3 * len(networks)} maps, " in page.one("p", "finding").text


def test_legend_has_the_controls_too(tests):
    page = parsed(block({"75": tests}, {}, Target("suv"), ["75"]))
    names = [entry.text for entry in page.one("ul", "key").all("li")]
    assert names == ["Grad-CAM", "Integrated Gradients", "SHAP", "Random maps", "Centred Gaussian"]
