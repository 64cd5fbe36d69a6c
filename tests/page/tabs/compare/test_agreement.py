from dataclasses import replace

import pytest
import torch

from explain.evidence.agreement import agreements
from explain.report.agreement import sentence
from page.tabs.compare.agreement import block
from tests.document import parsed


@pytest.fixture
def maps(attribution):
    """Three maps: b is a, and c the same upside down, in which all pixels weigh as much."""
    ramp = torch.linspace(0, 2, 90_000).reshape(300, 300) / 90_000
    named = {"a": ("75 px", ramp), "b": ("100 px", ramp), "c": ("75 px baseline", -ramp)}
    return {name: replace(attribution(), map=map, network=title) for name, (title, map) in named.items()}


def finding(maps):
    return parsed(block(maps)).one("p", "finding").text.replace("\N{NO-BREAK SPACE}", " ")


def test_finding_names_those_that_differ_most_and_where(maps):
    # a − c is 2·ramp, whose sum over a ninth of the bottom row is 2 · 10,000 · mean of the ramp there; the
    # mean of rows 200 to 299 and columns 200 to 299 of a ramp of 90,000 steps from 0 to 2:
    middle = 2 * (249.5 * 300 + 249.5) / 89_999
    assert finding(maps) == (
        "75 px and 75 px baseline differ most (rank correlation −1.00, 100 % overlap): "
        f"the lower right counts {2 * 10_000 * middle / 90_000:.2f} logits more for 75 px."
    )


def test_maps_that_are_much_alike(maps):
    alike = {"a": maps["a"], "b": replace(maps["b"], map=2 * maps["b"].map), "c": maps["a"]}
    assert finding(alike).startswith("All maps are much alike; even in 75 px and ")


def test_two_maps_are_simply_compared(maps):
    two = {"a": maps["a"], "c": maps["c"]}
    assert finding(two).startswith("75 px and 75 px baseline (rank correlation −1.00")
    assert parsed(block(two)).all("td", "worst") == []  # there is no other pair


def test_constant_map_has_no_figure(maps, attribution):
    flat = {"a": maps["a"], "b": replace(attribution(0.0), network="mine")}
    assert "one map is the same everywhere" in finding(flat)
    assert parsed(block(flat)).one("b").text == "–"


def test_table_holds_every_pair_once(maps):
    page = parsed(block(maps))
    figures = [
        (cell.attributes["style"], "class" in cell.attributes, cell.one("b").text, cell.one("span").text)
        for cell in page.all("td")
        if "style" in cell.attributes
    ]
    assert figures == [
        ("--shade:100%", False, "1.00", "100 %"),  # b with a
        ("--shade:0%", True, "−1.00", "100 %"),  # c with a
        ("--shade:0%", False, "−1.00", "100 %"),  # c with b
    ]
    assert len(page.all("td", "worst")) == 1
    heads = [(head.attributes["scope"], head.text) for head in page.all("th")]
    assert heads == [("col", "75 px"), ("col", "100 px"), ("row", "100 px"), ("row", "75 px baseline")]
    assert {len(row) for row in page.one("table").table()} == {3}  # cells of each row


def test_names_are_escaped(maps):
    strange = {name: replace(map, network=f"<i>{name}") for name, map in maps.items()}
    assert parsed(block(strange)).all("i") == []
    assert sentence(strange, agreements(strange)).startswith("<i>a and <i>c differ most")


def test_nothing_to_compare(maps):
    assert block({"a": maps["a"]}) == block({}) == ""
