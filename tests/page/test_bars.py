import re

import pytest

from carmodel.ensemble import Prediction
from explain.what_if.effect import Change, Changes
from page.bars import bars, difference_bars, paired, paired_columns
from tests.document import parsed

SEDAN = Prediction((0.9, 0.08, 0.0196, 0.0004), "sedan", 0.9)
COUPE = Prediction((0.1, 0.896, 0.0, 0.004), "coupe", 0.896)
CLASSES = ["Sedan", "Coupe", "SUV", "Truck"]


def ends(html):
    """Where each bar begins and ends, by the names of its CSS variables, in per cent."""
    styles = [bar.attributes["style"] for bar in parsed(html).all("i")]
    return [{name: float(at) for name, at in re.findall(r"--(\w+):([\d.]+)%", style)} for style in styles]


def names(html):
    return [row.all("span")[0].text for row in parsed(html).all("li")]


def test_bars_of_one_prediction():
    html = bars(SEDAN)
    assert names(html) == CLASSES
    assert ends(html) == [{"from": 0, "to": part} for part in (90, 8, 2, 0)]
    assert [row.one("b").text for row in parsed(html).all("li")] == ["90 %", "8 %", "2 %", "< 1 %"]
    assert [row.one("span").text for row in parsed(html).all("li", "top")] == ["Sedan"]


def test_differences_start_in_the_middle():
    html = difference_bars(SEDAN, COUPE)  # +80, −81.6, +1.96 and −0.36 points
    assert names(html) == CLASSES
    assert ends(html) == [
        {"from": 50, "to": 90},
        {"from": pytest.approx(9.2), "to": 50},
        {"from": 50, "to": 51},
        {"from": 49.8, "to": 50},
    ]
    assert [row.one("b").text for row in parsed(html).all("li", "change")] == ["+80", "−82", "+2", "0"]


def test_bars_numbers_and_points_by_hand():
    html = paired("75 px", Change(SEDAN, COUPE))
    assert ends(html) == [
        {"before": before, "after": after} for before, after in ((90, 10), (8, 89.6), (2, 0), (0, 0.4))
    ]
    page = parsed(html)
    assert [moved.text for moved in page.all("em")] == ["−80", "+82", "−2", "0"]
    assert [moved.attributes.get("class") for moved in page.all("em")] == ["less", "more", "less", None]
    assert [before.text for before in page.all("small", "before")] == ["90 %", "8 %", "2 %", "< 1 %"]
    assert [row.one("b").text.partition("→")[2] for row in page.all("li")] == ["10 %", "90 %", "0 %", "< 1 %"]


def test_other_verdict_is_highlighted():
    changed, same = (parsed(paired("75 px", Change(SEDAN, after))) for after in (COUPE, SEDAN))
    assert changed.one("mark", "other").text == "Sedan → Coupe"
    assert same.all("mark") == [] and same.one("span", "same").text == "Sedan"
    assert changed.one("li", "top").all("span")[0].text == "Coupe"


@pytest.mark.parametrize("sizes", [("75",), ("75", "100"), ("64", "75", "128")])
def test_columns_of_all_networks_and_the_ensemble_chosen(sizes):
    of_networks = dict.fromkeys(sizes, Change(SEDAN, COUPE))
    ensembles = dict.fromkeys(("average", "priority") if len(sizes) > 1 else (), Change(SEDAN, SEDAN))
    html = paired_columns(Changes(of_networks, ensembles), "priority")
    titles = [heading.text for heading in parsed(html).all("h4")]
    expected = [f"{size} px Sedan → Coupe" for size in sizes]
    assert titles == expected + (["Ensemble: priority Sedan"] if len(sizes) > 1 else [])
