import gradio as gr
import pytest

from explain.door import METHODS
from explain.what_if.edits import Box, Edits, Stroke
from page.session import Session
from page.tabs.explain.handlers import SORRY
from page.tabs.what_if.handlers import OUTPUTS, Trial, WhatIfHandlers

CONTROLS = ("average", "suv", "nothing", "final", "blur", 0.02, "regions", 0.9, False)
SKIP = gr.skip()


@pytest.fixture(autouse=True)
def words(monkeypatch):
    monkeypatch.setattr(
        "page.tabs.what_if.pairs.row", lambda this, *_: f"{len(this.before)} {len(this.after)}"
    )


@pytest.fixture
def handle(fake):
    return WhatIfHandlers({"final": fake, "baseline": fake})


@pytest.fixture
def session(subject):
    return Session(subject.photo, newest=1, subject=subject)


@pytest.fixture
def trial(subject):
    return Trial(subject.digest, [Edits(fill="grey")])  # a blur takes a second to import


def shown(stages):
    """The last value of each output that was not skipped."""
    last = {}
    for stage in stages:
        assert len(stage) == len(OUTPUTS)
        last |= {name: value for name, value in zip(OUTPUTS, stage, strict=True) if value != SKIP}
    return last


def drawn(**mark):
    return gr.EventData(None, {"mark": mark})


def test_probabilities_come_first_then_the_maps(handle, session, trial):
    first, second, *_ = stages = list(handle.on_whole(session, *CONTROLS, trial, ["mirror", "border"]))
    names = [name for name, value in zip(OUTPUTS, first, strict=True) if value != SKIP]
    assert names == ["notice", "sheet", "after", "whole", "fill", "undo", "reset", "bars"]
    assert "Mirrored, without the border, 75 px stays with SUV" in first[OUTPUTS.index("bars")]
    assert first[OUTPUTS.index("bars")].count('class="column"') == 6  # of final and baseline
    assert "Computing Grad-CAM" in second[OUTPUTS.index("heading")]
    last = shown(stages)
    assert [last[method] for method in METHODS] == ["3 3"] * 3
    assert last["whole"] == ["border", "mirror"]
    assert last["undo"].interactive and last["reset"].interactive


def test_edits_add_up_and_are_undone_one_by_one(handle, session, trial):
    list(handle.on_whole(session, *CONTROLS, trial, ["grey"]))
    list(handle.on_mark(drawn(box=[0.1, 0.2, 0.3, 0.4]), session, *CONTROLS, trial))
    list(handle.on_mark(drawn(points=[[0.5, 0.5]], radius=0.05), session, *CONTROLS, trial))
    list(handle.on_box(session, *CONTROLS, trial, 50, 60, 70, 80))
    box, numbers, stroke = Box(0.1, 0.2, 0.3, 0.4), Box(0.5, 0.6, 0.7, 0.8), Stroke(((0.5, 0.5),), 0.05)
    assert trial.edits == Edits(("grey",), (box, stroke, numbers), "grey")
    list(handle.on_reset(session, *CONTROLS, trial))
    assert trial.edits == Edits(fill="grey")
    found = []
    for _ in range(6):
        last = shown(handle.on_undo(session, *CONTROLS, trial))
        found.append((trial.edits.whole, trial.edits.marks))
    grey = ("grey",)
    assert found[:4] == [(grey, (box, stroke, numbers)), (grey, (box, stroke)), (grey, (box,)), (grey, ())]
    assert found[4:] == [((), ())] * 2
    assert last == {}  # there was nothing left to undo


def test_undo_brings_the_fill_back(handle, session, trial):
    list(handle.on_fill(session, *CONTROLS, trial, "mean"))
    assert trial.edits.fill == "mean"
    assert shown(handle.on_undo(session, *CONTROLS, trial))["fill"] == "grey"


def test_what_did_not_change_is_no_step_of_its_own(handle, session, trial):
    list(handle.on_reset(session, *CONTROLS, trial))
    assert len(trial.history) == 1


def test_without_edits_there_are_no_maps(handle, session, trial, fake):
    last = shown(handle.on_subject(session, *CONTROLS, trial))
    assert [last[name] for name in ("heading", *METHODS)] == [""] * 4
    assert "Nothing is changed yet" in last["bars"]
    assert fake.asked == [] and not last["undo"].interactive


def test_marks_stay_with_their_photo_and_switches_do_not(handle, session, trial, subject):
    trial.history = [Edits(("mirror",), (Box(0, 0, 1, 1),), "grey")]
    list(handle.on_subject(session, *CONTROLS, trial))
    assert len(trial.edits.marks) == 1
    trial.digest = None
    list(handle.on_subject(session, *CONTROLS, trial))
    assert trial.history == [Edits(("mirror",), (), "grey")]


def test_newer_edit_ends_the_older_one(handle, session, trial):
    older = handle.on_whole(session, *CONTROLS, trial, ["grey"])
    next(older), next(older)
    newer = handle.on_whole(session, *CONTROLS, trial, ["grey", "mirror"])
    next(newer)
    assert list(older) == []
    last = shown(newer)
    assert [last[method] for method in METHODS] == ["3 3"] * 3


def test_no_photo_is_said(handle, trial):
    last = shown(handle.on_subject(Session(), *CONTROLS, trial))
    assert "Give a photo" in last["bars"] and last["sheet"] == ""
    assert "Give a photo" in shown(handle.on_whole(Session(), *CONTROLS, trial, ["grey"]))["bars"]
    assert list(handle.on_undo(Session(), *CONTROLS, trial)) == []


def test_mark_that_makes_no_sense_is_a_sentence(handle, session, trial):
    last = shown(handle.on_box(session, *CONTROLS, trial, 60, 0, 40, 100))
    assert last.keys() == {"notice", "sheet"} and "A box needs left below right" in last["notice"]
    assert len(trial.history) == 1


def test_failure_is_a_sentence_and_what_was_shown_stays(handle, session, trial, fake, monkeypatch, caplog):
    def broken(_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(fake, "classify", broken)
    last = shown(handle.on_whole(session, *CONTROLS, trial, ["grey"]))
    assert last.keys() == {"notice"} and SORRY in last["notice"]
    assert "/secret/path" in caplog.text
