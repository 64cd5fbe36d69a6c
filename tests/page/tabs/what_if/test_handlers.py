from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest

from explain.methods.registry import METHODS
from explain.what_if.edits import MOST_DRAWN, Box, Edits, Stroke
from page.markup import SORRY
from page.session import Session
from page.tabs.what_if.handlers import MOST_KEPT, NO_PHOTO, WhatIfHandlers
from tests.document import parsed
from tests.page.steps import status, together

pytestmark = pytest.mark.usefixtures("rows_in_words")
CLEARED = dict.fromkeys(("notice", "sheet", "after", "heading", *METHODS), "") | {"bars": NO_PHOTO}


def drawn(**mark):
    """The event of a mark."""
    return SimpleNamespace(mark=mark)


def maps(values):
    """How many maps there are before and after, method by method."""
    return [values[method] for method in METHODS]


def test_probabilities_come_first_then_the_maps(handle, session, controls, edits):
    first, second, *_ = steps = list(handle.on_whole(session, 2, controls, edits, ["mirror", "border"]))
    assert list(first) == ["notice", "sheet", "after", "whole", "fill", "undo", "reset", "bars"]
    bars = parsed(first["bars"])
    assert bars.one("h2").text.startswith("Mirrored, without the border, 75 px stays with SUV")
    assert [heading.text for heading in bars.all("h3")] == ["Final", "Baseline"]
    assert [column.text.split(" SUV")[0] for column in bars.all("h4")[:3]] == [
        *("75 px", "100 px Coupe", "Ensemble: average")
    ]
    assert len(bars.all("div", "column")) == 6  # of final and baseline
    assert status(second["heading"]) == "Computing Grad-CAM …"
    last = together(steps)
    assert maps(last) == ["3 3"] * 3
    assert last["whole"] == ["border", "mirror"]
    assert last["undo"].interactive and last["reset"].interactive
    assert parsed(last["sheet"]).one("path").attributes["d"].startswith("M0 0H1000")  # the border is marked


def test_edits_add_up_and_are_undone_one_by_one(handle, session, controls, edits):
    list(handle.on_whole(session, 2, controls, edits, ["grey"]))
    list(handle.on_mark(drawn(box=[0.1, 0.2, 0.3, 0.4]), session, 3, controls, edits))
    list(handle.on_mark(drawn(points=[[0.5, 0.5]], radius=0.05), session, 4, controls, edits))
    list(handle.on_box(session, 5, controls, edits, 50, 60, 70, 80))
    box, numbers, stroke = Box(0.1, 0.2, 0.3, 0.4), Box(0.5, 0.6, 0.7, 0.8), Stroke(((0.5, 0.5),), 0.05)
    assert edits.edits == Edits(("grey",), (box, stroke, numbers), "grey")
    list(handle.on_reset(session, 6, controls, edits))
    assert edits.edits == Edits(fill="grey")
    course = []
    for number in range(7, 13):
        last = together(handle.on_undo(session, number, controls, edits))
        course.append((edits.edits.whole, edits.edits.marks))
    grey = ("grey",)
    assert course[:4] == [(grey, (box, stroke, numbers)), (grey, (box, stroke)), (grey, (box,)), (grey, ())]
    assert course[4:] == [((), ())] * 2
    assert last == {}  # there was nothing left to undo


def test_undo_brings_the_fill_back(handle, session, controls, edits):
    list(handle.on_fill(session, 2, controls, edits, "mean"))
    assert edits.edits.fill == "mean"
    assert together(handle.on_undo(session, 3, controls, edits))["fill"] == "grey"


def test_what_did_not_change_is_no_step_of_its_own(handle, session, controls, edits):
    list(handle.on_reset(session, 2, controls, edits))
    assert len(edits.history) == 1


def test_only_so_many_edits_are_kept(handle, session, controls, edits):
    edits.history *= MOST_KEPT
    list(handle.on_fill(session, 2, controls, edits, "mean"))
    assert len(edits.history) == MOST_KEPT and edits.edits.fill == "mean"


def test_what_was_drawn_is_bounded_in_all_that_can_be_taken_back(handle, session, controls, edits):
    """200 bytes a point, of as many visits as there may be."""
    for number in range(12):
        points = [[0.5, 0.5 + (number + step % 2) / 1000] for step in range(2000)]
        event = SimpleNamespace(mark={"points": points, "radius": 0.01})
        list(handle.on_mark(event, session, 2 * number, controls, edits))
        assert len(edits.edits.marks) == 1
        list(handle.on_reset(session, 2 * number + 1, controls, edits))
    drawn = {mark for kept in edits.history for mark in kept.marks}
    assert 1 < len(drawn) <= MOST_DRAWN / 2000


def test_what_was_drawn_goes_where_there_is_no_room(handle, session, controls, edits, monkeypatch):
    event = SimpleNamespace(mark={"points": [[0.5, 0.5], [0.6, 0.6]], "radius": 0.01})
    list(handle.on_mark(event, session, 2, controls, edits))
    assert handle.cache.bytes > 0 and len(edits.edits.marks) == 1
    edits.forget()
    assert edits.history == [Edits(fill="grey")]


@pytest.mark.parametrize("data", [None, {}, [], {"mark": None}])
def test_what_the_sheet_never_says_is_a_sentence(handle, session, controls, edits, data):
    said = together(handle.on_mark(gr.EventData(None, data), session, 2, controls, edits))
    assert "please draw it again" in said["notice"]


def test_without_edits_there_are_no_maps(handle, session, controls, edits, fake):
    last = together(handle.refresh(session, 2, controls, edits))
    assert [last[name] for name in ("heading", *METHODS)] == [""] * 4
    assert parsed(last["bars"]).one("h2").text.startswith("Nothing is changed yet")
    assert fake.asked == [] and not last["undo"].interactive and not last["reset"].interactive


def test_marks_stay_with_their_photo_and_switches_do_not(handle, session, controls, edits):
    edits.history = [Edits(("mirror",), (Box(0, 0, 1, 1),), "grey")]
    list(handle.refresh(session, 2, controls, edits))
    assert len(edits.edits.marks) == 1
    edits.digest = "another photo"
    list(handle.refresh(session, 3, controls, edits))
    assert edits.history == [Edits(("mirror",), (), "grey")]
    assert edits.digest == session.asked.digest


def test_newer_edit_ends_the_older_one(handle, session, controls, edits):
    older = handle.on_whole(session, 2, controls, edits, ["grey"])
    next(older), next(older)
    newer = handle.on_whole(session, 3, controls, edits, ["grey", "mirror"])
    next(newer)
    assert list(older) == []
    assert maps(together(newer)) == ["3 3"] * 3


def test_switches_and_fill_are_those_that_were_set_last(handle, session, controls, edits):
    """Whichever event arrives first."""
    list(handle.on_whole(session, 3, controls, edits, ["grey", "mirror"]))
    assert list(handle.on_whole(session, 2, controls, edits, ["grey"])) == []
    list(handle.on_fill(session, 5, controls, edits, "mean"))
    assert list(handle.on_fill(session, 4, controls, edits, "blur")) == []
    assert edits.edits == Edits(("mirror", "grey"), (), "mean")
    list(handle.on_reset(session, 7, controls, edits))
    assert list(handle.on_whole(session, 6, controls, edits, ["grey"])) == []
    assert edits.edits == Edits(fill="mean")


def test_no_mark_is_lost_however_they_arrive(handle, session, controls, edits):
    list(handle.on_box(session, 3, controls, edits, 50, 60, 70, 80))
    list(handle.on_mark(drawn(box=[0.1, 0.2, 0.3, 0.4]), session, 2, controls, edits))
    assert set(edits.edits.marks) == {Box(0.5, 0.6, 0.7, 0.8), Box(0.1, 0.2, 0.3, 0.4)}


def test_newer_request_ends_the_edit(handle, session, controls, edits):
    """Which is then tried anew, as soon as the tab is in front."""
    older = handle.on_whole(session, 2, controls, edits, ["grey"])
    next(older), next(older)
    session.requests.start("photo")
    assert list(older) == []
    last = together(handle.refresh(session, 3, controls, edits))
    assert maps(last) == ["3 3"] * 3 and last["whole"] == ["grey"]


def test_nothing_is_drawn_over_a_newer_request(handle, session, controls, edits, monkeypatch):
    """Even if the newer one comes while the older one draws."""

    def drawn_too_late(*_):
        session.requests.start("photo")
        return "too late"

    steps = handle.on_whole(session, 2, controls, edits, ["grey"])
    next(steps)
    monkeypatch.setattr("page.tabs.what_if.before_after.draw_row", drawn_too_late)
    assert list(steps) == []


def test_probabilities_that_came_too_late_are_not_shown(handle, session, controls, edits, fake, monkeypatch):
    classify = fake.classify

    def overtaken(photo):
        session.requests.start("photo")
        return classify(photo)

    monkeypatch.setattr(fake, "classify", overtaken)
    assert list(handle.on_whole(session, 2, controls, edits, ["grey"])) == []


def test_panels_are_cleared_again_where_the_photo_was_removed_meanwhile(handle, session, controls, edits):
    """What was on its way may have arrived after they were cleared."""
    steps = handle.on_whole(session, 2, controls, edits, ["grey"])
    next(steps)
    session.photo = session.asked = None
    session.requests.start("photo")
    assert list(steps) == [CLEARED]


def test_no_photo_is_said(handle, controls, edits):
    assert list(handle.refresh(Session(), 1, controls, edits)) == [CLEARED]
    assert list(handle.on_whole(Session(), 1, controls, edits, ["grey"])) == [{"bars": NO_PHOTO}]
    assert list(handle.on_undo(Session(), 1, controls, edits)) == []
    assert len(edits.history) == 1


def test_mark_that_makes_no_sense_is_a_sentence(handle, session, controls, edits):
    [step] = handle.on_box(session, 2, controls, edits, 60, 0, 40, 100)
    assert step.keys() == {"notice", "sheet"}
    assert "A box needs left below right" in parsed(step["notice"]).one("p", "notice").text
    assert len(edits.history) == 1


def test_failure_is_a_sentence_and_what_was_shown_stays(
    handle, session, controls, edits, fake, monkeypatch, caplog
):
    def fail(_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(fake, "classify", fail)
    [step] = handle.on_whole(session, 2, controls, edits, ["grey"])
    assert step.keys() == {"notice"} and parsed(step["notice"]).one("p", "notice").text == SORRY
    assert "/secret/path" in caplog.text


@pytest.mark.parametrize(("sizes", "columns"), [((75,), 1), ((64, 75, 128), 4)])
def test_any_number_of_networks(fake_of, session, controls, edits, sizes, columns):
    handle = WhatIfHandlers({"final": fake_of(*sizes)})
    session.asked = replace(session.asked, ensemble="75" if len(sizes) == 1 else "average")
    last = together(handle.on_whole(session, 2, controls, edits, ["grey"]))
    assert len(parsed(last["bars"]).all("div", "column")) == columns
    assert parsed(last["bars"]).all("h3") == []  # there is one kind alone
    assert maps(last) == [f"{columns} {columns}"] * 3
