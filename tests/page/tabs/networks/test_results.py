import pytest

from page.results.measured import Averages, Missing, Published
from page.tabs.networks.results import block
from tests.document import parsed
from tests.page.steps import finding

NONE = Missing("")
PUBLISHED = Published(58000, {"final-75": 0.9608})


def tables(html):
    """Photo source -> the rows of its table, by classifier."""
    return {
        section.one("h4").children[0].strip(): {
            row.one("th").text: row for row in section.one("tbody").all("tr")
        }
        for section in parsed(html).all("section")
    }


def test_figures_and_whiskers(evaluation):
    row = tables(block(evaluation, PUBLISHED, NONE))["Dealer listings"]["75 px"]
    low, high = evaluation.scores["final-75"]["truecar"].ci95
    assert row.one("strong").text == "90.0 %"  # 36 of 40
    interval, reported = row.all("td", "quiet")
    assert interval.text == f"{100 * low:.1f}–{100 * high:.1f}"
    assert reported.text == "96.08\N{NO-BREAK SPACE}%"
    start = 0.7  # the lowest interval, of 35 right of 40, begins at 73.9 %
    style = row.one("td", "track").one("span").attributes["style"]
    places = dict(part.removeprefix("--").split(":") for part in style.split(";"))
    expected = {"low": low, "at": 0.9, "high": high, "reported": 0.9608}
    assert places.keys() == expected.keys()
    for name, value in expected.items():
        assert float(places[name].rstrip("%")) == pytest.approx(100 * (value - start) / (1 - start), abs=0.06)


def test_published_figures_stand_beside_listings_alone(evaluation):
    html = block(evaluation, PUBLISHED, NONE)
    listings, cars = parsed(html).all("section")
    assert listings.text.count("96.08") == 1 and "96.08" not in cars.text
    assert [("Published" in part.text) for part in (listings, cars)] == [True, False]
    assert "about 58,000 photos" in parsed(html).one("p", "remark").text
    assert "Published" not in parsed(block(evaluation, NONE, NONE)).text


def test_best_of_each_source_is_named(evaluation):
    # Average is wrong on 2 and 3 of 40.
    assert finding(block(evaluation, PUBLISHED, NONE)) == (
        "Average names most of the dealer listings rightly, 95.0 %; "
        "Average most of the Stanford Cars, 92.5 %."
    )


def test_what_a_third_network_gains(evaluation):
    pair, three = (75, 100), (75, 100, 128)
    averages = Averages(889, three, {pair: 833, three: 840})
    [said] = parsed(block(evaluation, NONE, averages)).all("p", "remark")
    assert said.text == (
        "Average is the mean of 75 px, 100 px and 128 px: right for 840 of 889 validation photos, by which "
        "it was chosen; that of 75 px and 100 px for 833."
    )
    lost = Averages(889, pair, {pair: 833, three: 830})
    assert "mean of 75 px and 100 px: right for 833" in parsed(block(evaluation, NONE, lost)).text
    assert not parsed(block(evaluation, NONE, Averages(889, pair, {pair: 833}))).all("p", "remark")
