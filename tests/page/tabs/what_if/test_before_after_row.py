import re

import pytest
import torch

from carmodel.photo import Photo
from explain.what_if.effect import changes
from page.tabs.what_if.pairs import Pairs, Sides, row


@pytest.fixture
def sides(fake, photo):
    """The photo, its mirror image, and a covered quarter."""
    mask = torch.zeros(300, 300, dtype=torch.bool)
    mask[:150, :150] = True
    mirrored = Photo(photo.frame.flip(-1).contiguous(), photo.width, photo.height)
    return Sides(photo, mirrored, mask, "average", changes(fake, photo, mirrored)["average"])


@pytest.fixture
def drawn(monkeypatch):
    """The scales at which maps were drawn."""
    from explain.report.render import upright

    scales = []

    def overlay(attribution, photo, scale, strength, side):
        scales.append(scale)
        return upright(photo, 10)

    monkeypatch.setattr("page.tabs.what_if.pairs.overlay", overlay)
    return scales


def columns(sides, attribution, total, after):
    maps = {name: attribution(total, 2.0, network=name) for name in ("75", "100")}
    return sides.columns(maps, after)


def test_maps_before_and_after_share_one_scale(sides, attribution, drawn):
    before, after = columns(sides, attribution, 2.0, False), columns(sides, attribution, 8.0, True)
    html = row(Pairs("shap", before, after), sides, "pixels", 0.9)
    assert drawn == [pytest.approx(8.0 / 90_000)] * 6
    assert re.findall('alt="(.*?): SHAP, (.*?),', html) == [
        *(("Before", "75 px"), ("After", "75 px"), ("Before", "100 px"), ("After", "100 px")),
        *(("Before", "average"), ("After", "average")),
    ]
    assert "finished" in html


def test_share_of_what_is_covered_by_hand(sides, attribution, drawn):
    """A flat map but for the covered quarter, which holds twice as much as each of the others: 2 of 5."""
    maps = {}
    for name in ("75", "100"):
        maps[name] = attribution(2.0, 2.0, network=name)
        maps[name].map[:150, :150] *= 2
    html = row(Pairs("shap", sides.columns(maps, False)), sides, "pixels", 0.9)
    assert re.findall("</i>([^<]*)</dd>", html) == ["40 %", "25 %"] * 3
    nothing = Sides(sides.photo, sides.edited, sides.mask & False, "average", sides.ensemble)
    assert "of the weight" not in row(Pairs("shap", sides.columns(maps, False)), nothing, "pixels", 0.9)


def test_what_is_not_there_yet_is_a_faint_photo(sides, drawn):
    html = row(Pairs("shap", note="Waiting"), sides, "regions", 0.9)
    assert html.count("frame waiting") == 6 and "busy" in html and "Waiting" in html
    assert drawn == []


def test_failure_is_said(sides, drawn):
    html = row(Pairs("shap", note="No luck", failed=True), sides, "regions", 0.9)
    assert "method failed" in html and "No luck" in html


def test_priority_says_which_network_decides(fake, photo, sides):
    prediction = changes(fake, photo, photo)["priority"]
    titles = Sides(photo, photo, sides.mask, "priority", prediction).titles
    assert titles["priority"] == f"Ensemble: {prediction.before.decided_by} px decides"
