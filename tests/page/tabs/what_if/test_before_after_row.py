from dataclasses import replace

import pytest
import torch

from carmodel.photo import Photo
from explain.methods.registry import METHODS
from explain.report.render import upright
from explain.request import request
from explain.what_if.effect import changes
from page.controls import Controls
from page.map_card import Look
from page.tabs.what_if.before_after_row import AFTER, BEFORE, BeforeAfterRow, before_after, draw_row
from tests.document import parsed
from tests.page.steps import alts, state

SHAP = METHODS["shap"]


@pytest.fixture
def mirrored(photo):
    return Photo(photo.frame.flip(-1).contiguous(), photo.width, photo.height)


@pytest.fixture
def quarter():
    """A mask that covers a quarter."""
    mask = torch.zeros(300, 300, dtype=torch.bool)
    mask[:150, :150] = True
    return mask


@pytest.fixture
def of(fake, asked, mirrored, quarter):
    """The photo, its mirror image, and a covered quarter."""
    decision = changes(fake, asked.photo, mirrored).all["average"]
    return before_after(fake, asked, mirrored, quarter, decision)


@pytest.fixture
def scales(monkeypatch):
    """The scales at which maps were drawn."""
    drawn = []

    def overlay(attribution, photo, scale, strength, side):
        drawn.append(scale)
        return upright(photo, 10)

    monkeypatch.setattr("explain.report.cards.overlay", overlay)
    return drawn


def columns(of, attribution, total, when):
    return of.columns({name: attribution(total, 2.0, network=name) for name in ("75", "100")}, when)


def drawn(row, of, smoothing="pixels"):
    return draw_row(row, of, Look(smoothing, 0.02, 0.9))


def test_maps_before_and_after_share_one_scale(of, attribution, scales):
    before, after = (columns(of, attribution, total, when) for total, when in ((2.0, BEFORE), (8.0, AFTER)))
    html = drawn(BeforeAfterRow(SHAP, before, after), of)
    assert scales == [pytest.approx(8.0 / 90_000)] * 6
    assert [alt.split(",")[0:2] for alt in alts(html)] == [
        [f"{when}: SHAP", f" {network}"]
        for network in ("75 px", "100 px", "average")
        for when in ("Before", "After")
    ]
    assert [title.text for title in parsed(html).all("h4")] == ["75 px", "100 px", "Ensemble: average"]
    assert state(html) == "finished"


def test_share_of_what_is_covered_by_hand(of, attribution, scales):
    """A flat map but for the covered quarter, which holds twice as much as each of the others: 2 of 5."""
    maps = {}
    for name in ("75", "100"):
        maps[name] = attribution(2.0, 2.0, network=name)
        maps[name].map[:150, :150] *= 2
    row = BeforeAfterRow(SHAP, of.columns(maps, BEFORE))
    shares = [[part.text for part in share.all("dd")] for share in parsed(drawn(row, of)).all("dl", "share")]
    assert shares == [["40 %", "25 %"]] * 3
    nothing = replace(of, mask=of.mask & False)
    assert parsed(drawn(row, nothing)).all("dl", "share") == []


def test_what_is_not_there_yet_is_a_faint_photo(of, scales):
    html = drawn(BeforeAfterRow(SHAP, note="Waiting"), of, "regions")
    assert len(parsed(html).all("div", "waiting")) == 6 and state(html) == "busy"
    assert parsed(html).one("span", "note").text == "Waiting"
    assert scales == []


def test_failure_is_said(of, scales):
    html = drawn(BeforeAfterRow(SHAP, note="No <luck>", failed=True), of)
    assert state(html) == "failed" and parsed(html).one("span", "note").text == "No <luck>"


def test_legend_is_that_of_a_signed_or_an_unsigned_method(of, attribution, scales):
    for method, labels in (
        ("shap", ["against −0.02", "0", "for +0.02"]),
        ("gradcam", ["0", "", "for +0.02"]),
    ):
        maps = {name: attribution(2.0, 2.0, method, name) for name in ("75", "100")}
        html = drawn(BeforeAfterRow(METHODS[method], of.columns(maps, BEFORE)), of)
        assert [label.text for label in parsed(html).one("div", "bar").all("span")] == labels


def test_priority_says_which_network_decides(fake, photo, quarter, attribution):
    asked = request(fake, photo, Controls("priority"))
    same = changes(fake, photo, photo).all["priority"]
    of = before_after(fake, asked, photo, quarter, same)
    assert of.titles["priority"] == "Ensemble: 100 px decides"
    other = replace(same, after=replace(same.after, decided_by=75))
    of = before_after(fake, asked, photo, quarter, other)
    assert of.titles["priority"] == "Ensemble: 100 px decides, then 75 px"
    maps = {name: attribution(network=name) for name in ("75", "100")}
    decides = {when: of.columns(maps, when)["priority"].network for when in (BEFORE, AFTER)}
    assert decides == {BEFORE: "100", AFTER: "75"}


@pytest.mark.parametrize(
    ("sizes", "titles"),
    [((75,), ["75 px"]), ((64, 75, 128), ["64 px", "75 px", "128 px", "Ensemble: average"])],
)
def test_columns_of_any_number_of_networks(fake_of, photo, mirrored, quarter, sizes, titles):
    fake = fake_of(*sizes)
    asked = request(fake, photo, Controls())
    decision = changes(fake, photo, mirrored).all[asked.ensemble]
    of = before_after(fake, asked, mirrored, quarter, decision)
    assert list(of.titles.values()) == titles
    html = drawn(BeforeAfterRow(SHAP, note="Waiting"), of)
    assert [title.text for title in parsed(html).all("h4")] == titles
