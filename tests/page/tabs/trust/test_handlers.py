import re

import gradio as gr
import pytest
from markupsafe import Markup

from explain.door import METHODS
from page import examples
from page.session import Session
from page.tabs.explain.evidence import Evidences
from page.tabs.trust.handlers import PANELS, RUN, SORRY, STOP, UNTESTED, TrustHandlers, waiting

pytestmark = pytest.mark.usefixtures("quick_pictures")
SKIP = gr.skip()
FAST = ("average", "suv", "nothing", "final", "blur", 0.02, "regions", 0.9, False)  # the page's controls


@pytest.fixture
def handle(fake, background):
    return TrustHandlers({"final": fake}, Evidences(background))


@pytest.fixture(autouse=True)
def quick_charts(monkeypatch):
    for block in ("curves", "sanity"):
        monkeypatch.setattr(f"page.tabs.trust.{block}.chart", lambda *_, **__: Markup("<svg></svg>"))


@pytest.fixture
def session(subject):
    """A session all of whose maps are there."""
    return Session(subject.photo, newest=3, mapped=3, subject=subject)


def test_maps_are_tested(handle, session, quick_evidence):
    *_, last = handle.on_maps(session, *FAST)
    heading, *rows, about, faithfulness, regions = last
    assert "Why SUV?" in heading and 'role="status"></p>' in heading
    assert len(rows) == len(METHODS)
    assert [html.count("Beats both controls.") for html in rows] == [3, 3, 3]
    assert "maps that explain SUV" in about
    assert faithfulness.count("<svg></svg>") == 4
    assert '<th scope="row">Border</th>' in regions


def test_progress_names_what_is_being_tested(handle, session, quick_evidence):
    stages = list(handle.on_maps(session, *FAST))
    progress = [re.search('role="status">(.*?)<', each[0])[1] for each in stages]
    assert progress[0] == "Testing the maps of 75 px, 100 px, the ensemble …"
    assert [len(each.split(",")) for each in progress] == [3, 2, 1, 1] and progress[-1] == ""
    assert progress == [re.search('role="status">(.*?)<', each[-3])[1] for each in stages]
    assert stages[0][1:4] == (SKIP,) * 3  # nothing is known yet that was not drawn with the maps
    assert [each[1].count("Being tested") for each in stages[1:]] == [2, 1, 0]


@pytest.mark.parametrize("state", [{"mapped": 2}, {"tested": 3}], ids=["newer", "tested already"])
def test_only_the_newest_maps_are_tested_and_only_once(handle, session, quick_evidence, state):
    for name, value in state.items():
        setattr(session, name, value)
    assert list(handle.on_maps(session, *FAST)) == []
    assert quick_evidence == []


def test_newer_request_ends_the_tests(handle, session, quick_evidence):
    stages = handle.on_maps(session, *FAST)
    next(stages)
    session.newest += 1
    assert list(stages) == []


def test_nothing_is_drawn_over_a_newer_request(handle, session, quick_evidence, monkeypatch):
    """Even if the newer one comes while the older one draws."""

    def block(*_):
        session.newest += 1
        return "too late"

    monkeypatch.setattr("page.tabs.trust.curves.block", block)
    assert list(handle.on_maps(session, *FAST)) == []


def test_panels_are_cleared_after_the_photo_was_removed(handle, session, quick_evidence):
    """Also by a request that began before: what it sent may arrive after the newer one's answer."""
    stages = handle.on_maps(session, *FAST)
    next(stages)
    session.newest, session.subject = 4, None
    cleared = ("",) * 4 + waiting(None)[:3]
    assert list(stages) == [cleared]
    assert list(handle.on_maps(session, *FAST)) == [cleared]


def test_priority_needs_no_tests_of_its_own(handle, session, quick_evidence):
    *_, last = handle.on_maps(session, "priority", *FAST[1:])
    assert {network for network, _ in filter(lambda each: isinstance(each, tuple), quick_evidence)} == {
        "75",
        "100",
    }
    assert [html.count("Beats both controls.") for html in last[1:4]] == [3, 3, 3]


def test_method_without_maps_keeps_its_row(handle, session, quick_evidence, fake, monkeypatch):
    refine = fake.refine

    def broken(photo, method, *settings):
        if method == "shap":
            raise RuntimeError("no luck")
        return refine(photo, method, *settings)

    monkeypatch.setattr(fake, "refine", broken)
    *_, last = handle.on_maps(session, *FAST)
    assert [row == SKIP for row in last[1:4]] == [False, False, True]
    assert "SHAP" not in re.search('<table class="parts".*?</table>', last[-1])[0]


def test_failure_is_a_sentence(handle, session, fake, monkeypatch, caplog):
    def broken(_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(fake, "classify", broken)
    [(heading, *rows, _, faithfulness, regions)] = handle.on_maps(session, *FAST)
    assert UNTESTED in faithfulness and UNTESTED in heading and "secret" not in faithfulness + heading
    assert set(map(str, (*rows, regions))) == {str(SKIP)}
    assert "/secret/path" in caplog.text


def test_parts_of_an_example_are_shown(handle, session, quick_evidence):
    session.example = examples.FIRST
    *_, last = handle.on_maps(session, *FAST)
    assert '<th scope="row">Wheels</th>' in last[-1]


@pytest.mark.parametrize("name", ["sanity", "stability"])
def test_button_runs_a_long_test(handle, session, monkeypatch, name):
    steps = {"sanity": "steps", "stability": "changes"}[name]
    monkeypatch.setattr(f"page.tabs.trust.{name}.{steps}", lambda *_: iter(["one", "two"]))
    monkeypatch.setattr(f"page.tabs.trust.{name}.block", lambda state: f"block of {state}")
    first, *between, last = getattr(handle, f"on_{name}")(session)
    assert 'role="status"' in first[0] and first[1].value == STOP
    assert between == [("block of one", SKIP), ("block of two", SKIP)]
    assert last[0] == SKIP and last[1].value == RUN
    assert session.running == {}


@pytest.fixture
def endless(monkeypatch):
    """A test that goes on for as long as it is wanted."""

    def steps(subject, explainer, background, wanted):
        while wanted():
            yield "state"

    monkeypatch.setattr("page.tabs.trust.sanity.steps", steps)
    monkeypatch.setattr(
        "page.tabs.trust.sanity.block", lambda state, stopped=False: f"{state}, stopped: {stopped}"
    )


def test_second_press_stops_it(handle, session, endless):
    running = handle.on_sanity(session)
    next(running), next(running)
    assert list(handle.on_sanity(session)) == []
    [(shown, button)] = running
    assert (shown, button.value) == ("state, stopped: True", RUN)


def test_other_subject_stops_it_and_its_panel_is_left_alone(handle, session, endless, subject):
    running = handle.on_sanity(session)
    next(running), next(running)
    session.subject = None
    [(shown, button)] = running
    assert (shown, button.value) == (SKIP, RUN)
    assert session.running == {}


def test_run_that_replaces_a_stopped_one_keeps_its_panel(handle, session, endless):
    first = handle.on_sanity(session)
    next(first), next(first)
    list(handle.on_sanity(session))
    second = handle.on_sanity(session)
    next(second)
    assert list(first) == []
    assert next(second)[0] == "state, stopped: False"


def test_failed_test_is_a_sentence(handle, session, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("/secret/path")
        yield

    monkeypatch.setattr("page.tabs.trust.sanity.steps", broken)
    *_, (shown, button) = handle.on_sanity(session)
    assert SORRY in shown and button.value == RUN
    assert "/secret/path" in caplog.text and session.running == {}


def test_nothing_to_test(handle):
    assert list(handle.on_sanity(Session())) == []


def test_panels_before_anything_is_known(subject):
    about, faithfulness, regions, sanity, stability = waiting(subject)
    assert len(PANELS) == 5 and "Computing the maps" in about
    assert "untested" in faithfulness and "untested" in regions
    assert (sanity, stability) == ("", "")
    assert "Give a photo" in waiting(None)[0] and set(waiting(None)[1:]) == {""}
