from dataclasses import replace

import pytest

from carmodel.ensemble import Prediction
from explain.methods.registry import METHODS
from explain.target import Target
from page.tabs.compare.grid import Cell, cards_of, grid, heading, progress, verdicts
from tests.document import parsed
from tests.page.steps import alts, status

SAYS = {
    label: Prediction(tuple(0.7 if place == at else 0.1 for place in range(4)), label, 0.7)
    for at, label in enumerate(("sedan", "coupe", "suv", "truck"))
}


@pytest.fixture
def cell(photo, attribution):
    def make(title="75 px", verdict="suv", total=2.0, method="shap", **settings):
        map = replace(attribution(total, 2.0, method), network=title)
        return Cell(title, photo, SAYS[verdict], map, **settings)

    return make


@pytest.fixture
def drawn(asked):
    """The grid of cells, parsed."""

    def draw(cells, method="shap", **settings):
        row = cards_of(cells, replace(asked, smoothing="pixels"))
        return parsed(grid(cells, row, Target("suv"), METHODS[method], 0.9, **settings))

    return draw


def test_maps_share_one_scale_that_the_legend_prints(cell, drawn):
    page = drawn({"a": cell(total=2.0), "b": cell("75 px baseline", total=20.0)})
    # 20 logits spread over the picture are 0.2 per 1 % of it; all of the second map's pixels are as large.
    assert [label.text for label in page.one("div", "bar").all("span")] == ["against −0.2", "0", "for +0.2"]
    networks = [image.attributes["alt"].split(",")[:2] for image in page.all("img")]
    assert networks == [["SHAP", " 75 px"], ["SHAP", " 75 px baseline"]]


def test_every_column_has_verdict_probabilities_and_receipt(cell, drawn):
    page = drawn({"a": cell(), "b": cell("100 px", "coupe")})
    titles = [(title.one("span").text, title.one("b")) for title in page.all("h4")]
    assert [(name, said.text, said.attributes.get("class")) for name, said in titles] == [
        ("75 px", "SUV 70 %", None),
        ("100 px", "Coupe 70 %", "other"),  # not the class explained
    ]
    assert len(page.all("ul", "bars")) == len(page.all("dl", "receipt")) == 2


def test_map_that_misses_its_score_is_red_once_it_is_finished(cell, drawn):
    busy = cell(total=2.2, method="integrated_gradients", note="Refining")
    assert drawn({"a": busy}).all("dl", "failed") == []
    assert len(drawn({"a": replace(busy, note="")}).all("dl", "failed")) == 1


def test_missing_maps_say_why(cell, drawn):
    page = drawn({"a": replace(cell(), map=None, note="No <luck>.", failed=True), "b": cell("100 px")})
    assert page.one("p", "lost").text == "No <luck>."
    assert len(page.all("div", "waiting")) == 1 and page.all("div", "busy") == []


def test_first_of_all_there_are_no_maps(cell, drawn):
    page = drawn({"a": replace(cell(), map=None, note="Waiting")})
    assert len(page.all("div", "waiting")) == len(page.all("div", "busy")) == 1
    assert page.one("p", "computing").text == "Waiting"
    assert page.one("div", "legends").children == []


def test_photos_stand_beside_their_maps(cell, drawn):
    page = drawn({"a": cell("This photo"), "b": cell("Second photo")}, photos=True)
    both = [
        [image.attributes["alt"].split(",")[0] for image in part.all("img")]
        for part in page.all("div", "both")
    ]
    assert both == [["This photo", "SHAP"], ["Second photo", "SHAP"]]


@pytest.mark.parametrize("count", [2, 6])
def test_at_most_four_columns(cell, drawn, count):
    page = drawn({str(number): cell() for number in range(count)})
    assert page.one("div", "compared").attributes["style"] == f"--columns:{min(count, 4)}"
    assert len(page.all("figure", "column")) == count


def test_verdicts(cell):
    small, large, baseline = cell("75 px"), cell("100 px"), cell("75 px baseline")
    other = cell("100 px baseline", "truck")
    assert verdicts([small, large]) == "Both networks say SUV."
    assert verdicts([small, large, baseline]) == "All 3 networks say SUV."
    assert verdicts([other, small, large, baseline]) == (
        "The networks disagree: 75 px, 100 px and 75 px baseline say SUV; 100 px baseline says truck."
    )


def test_progress_names_the_first_that_is_not_finished(cell):
    cells = [cell(), cell("100 px", note="Waiting"), cell("mine", note="Waiting")]
    assert progress(cells) == "Computing 100 px …"
    assert status(heading(cells, Target("suv", "coupe"))) == "Computing 100 px …"
    assert progress([cell(), cell(note="Failed.", failed=True)]) == ""


def test_heading_says_how_colours_read(cell):
    page = parsed(heading([cell(), cell("100 px")], Target("suv", "coupe")))
    told = page.all("p")[0]
    assert "for SUV and not coupe: red speaks for SUV, blue for coupe." in told.text
    assert (told.one("b", "for").text, told.one("b", "against").text) == ("red", "blue")


def test_alt_texts_are_of_the_maps_as_shown(cell, asked):
    cells = {"a": cell()}
    cards = cards_of(cells, asked).cards
    html = grid(cells, cards_of(cells, asked), Target("suv"), METHODS["shap"], 0.9)
    assert alts(html) == [cards["a"].alt]
