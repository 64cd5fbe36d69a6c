"""The tests that take long: a button runs them, and a second press stops them."""

from dataclasses import replace

import pytest

from explain.target import Target
from page.session import Session
from page.tabs.trust.handlers import RUN, SORRY, STOP
from tests.document import parsed
from tests.page.steps import status


@pytest.mark.parametrize("name", ["sanity", "stability"])
def test_button_runs_a_long_test(handle, session, controls, monkeypatch, name):
    steps = {"sanity": "steps", "stability": "changes"}[name]
    monkeypatch.setattr(f"page.tabs.trust.{name}.{steps}", lambda *_: iter(["one", "two"]))
    monkeypatch.setattr(f"page.tabs.trust.{name}.block", lambda state: f"block of {state}")
    first, *between, last = getattr(handle, f"on_{name}")(session, 2, controls)
    assert status(first[name]) == "Beginning …" and first[f"{name}_button"].value == STOP
    assert between == [{name: "block of one"}, {name: "block of two"}]
    assert last.keys() == {f"{name}_button"} and last[f"{name}_button"].value == RUN
    assert name not in session.requests.runs


@pytest.fixture
def endless(monkeypatch):
    """A test that goes on for as long as it is wanted."""

    def steps(asked, explainer, background, wanted):
        while wanted():
            yield "state"

    monkeypatch.setattr("page.tabs.trust.sanity.steps", steps)
    monkeypatch.setattr(
        "page.tabs.trust.sanity.block", lambda state, stopped=False: f"{state}, stopped: {stopped}"
    )


def running(handle, session, controls, steps=2):
    """A test of which so many steps were shown."""
    test = handle.on_sanity(session, 2, controls)
    for _ in range(steps):
        next(test)
    return test


def test_second_press_stops_it(handle, session, controls, endless):
    test = running(handle, session, controls)
    assert list(handle.on_sanity(session, 3, controls)) == []
    [step] = test
    assert (step["sanity"], step["sanity_button"].value) == ("state, stopped: True", RUN)


def test_stopped_before_it_had_begun(handle, session, controls, endless):
    test = running(handle, session, controls, steps=1)
    assert list(handle.on_sanity(session, 3, controls)) == []
    [step] = test
    assert parsed(step["sanity"]).one("p", "untested").text == "Stopped."


@pytest.mark.parametrize("other", [None, "truck"])
def test_other_request_stops_it_and_its_panel_is_left_alone(handle, session, controls, endless, other):
    test = running(handle, session, controls)
    session.asked = other and replace(session.asked, target=Target(other))
    [step] = test
    assert step.keys() == {"sanity_button"} and step["sanity_button"].value == RUN
    assert "sanity" not in session.requests.runs


def test_it_goes_on_where_only_the_drawing_changes(handle, session, controls, endless):
    test = running(handle, session, controls)
    session.asked = replace(session.asked, ensemble="priority", decided_by="100")
    session.requests.start("photo")  # such as a stronger overlay
    assert next(test) == {"sanity": "state, stopped: False"}


def test_run_that_replaces_a_stopped_one_keeps_its_panel(handle, session, controls, endless):
    first = running(handle, session, controls)
    list(handle.on_sanity(session, 3, controls))
    second = handle.on_sanity(session, 4, controls)
    next(second)
    assert list(first) == []
    assert next(second) == {"sanity": "state, stopped: False"}


def test_tests_do_not_stop_each_other(handle, session, controls, endless, monkeypatch):
    monkeypatch.setattr("page.tabs.trust.stability.changes", lambda *_: iter(()))
    test = running(handle, session, controls)
    list(handle.on_stability(session, 3, controls))
    assert next(test) == {"sanity": "state, stopped: False"}


def test_failed_test_is_a_sentence(handle, session, controls, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("/secret/path")
        yield

    monkeypatch.setattr("page.tabs.trust.sanity.steps", broken)
    *_, step = handle.on_sanity(session, 2, controls)
    assert parsed(step["sanity"]).one("p", "untested").text == SORRY
    assert step["sanity_button"].value == RUN
    assert "/secret/path" in caplog.text and "sanity" not in session.requests.runs


def test_nothing_to_test(handle, controls):
    assert list(handle.on_sanity(Session(), 1, controls)) == []
