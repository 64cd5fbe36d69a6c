import re
from dataclasses import replace

import pytest
import torch

from explain.evidence.agreement import agreements
from page.tabs.compare.agreement import block, finding


@pytest.fixture
def maps(attribution):
    """Three maps: b is a, and c the same upside down, in which all pixels weigh as much."""
    ramp = torch.linspace(0, 2, 90_000).reshape(300, 300) / 90_000
    named = {"a": ("75 px", ramp), "b": ("100 px", ramp), "c": ("75 px baseline", -ramp)}
    return {name: replace(attribution(), map=map, network=title) for name, (title, map) in named.items()}


def test_finding_names_those_that_differ_most_and_where(maps):
    # a − c is 2·ramp, whose sum over a ninth of the bottom row is 2 · 10,000 · mean of the ramp there; the
    # mean of rows 200 to 299 and columns 200 to 299 of a ramp of 90,000 steps from 0 to 2:
    middle = 2 * (249.5 * 300 + 249.5) / 89_999
    assert finding(maps, agreements(maps)) == (
        "75 px and 75 px baseline differ most (rank correlation −1.00, 100 % overlap): "
        f"the lower right counts {2 * 10_000 * middle / 90_000:.2f} logits more for 75 px."
    )


def test_maps_that_are_much_alike(maps):
    alike = {"a": maps["a"], "b": replace(maps["b"], map=2 * maps["b"].map), "c": maps["a"]}
    assert finding(alike, agreements(alike)).startswith("All maps are much alike; even in 75 px and ")


def test_two_maps_are_simply_compared(maps):
    two = {"a": maps["a"], "c": maps["c"]}
    assert finding(two, agreements(two)).startswith("75 px and 75 px baseline (rank correlation −1.00")


def test_constant_map_has_no_figure(maps, attribution):
    flat = {"a": maps["a"], "b": replace(attribution(0.0), network="mine")}
    html = block(flat)
    assert "one map is the same everywhere" in html and "<b>–</b>" in html


def test_table_holds_every_pair_once(maps):
    html = block(maps)
    figures = re.findall(r'<td style="--shade:(\d+)%"( class=worst)?><b>(.*?)</b><span>(.*?)</span>', html)
    assert figures == [
        ("100", "", "1.00", "100 %"),  # b with a
        ("0", " class=worst", "−1.00", "100 %"),  # c with a
        ("0", "", "−1.00", "100 %"),  # c with b
    ]
    assert re.findall('<th scope="row">(.*?)</th>', html) == ["100 px", "75 px baseline"]
    assert re.findall('<th scope="col">(.*?)</th>', html) == ["75 px", "100 px"]


def test_nothing_to_compare(maps):
    assert block({"a": maps["a"]}) == block({}) == ""
