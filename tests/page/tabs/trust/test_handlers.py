"""The tests that run by themselves as soon as a photo's maps are there."""

from dataclasses import replace

import pytest
from markupsafe import Markup

from explain.target import Target
from page import examples
from page.evidence import Evidences
from page.session import Session
from page.tabs.trust import blocks
from page.tabs.trust.handlers import COMING, UNTESTED, TrustHandlers
from tests.document import parsed
from tests.page.steps import status, together


@pytest.fixture(autouse=True)
def quick_charts(monkeypatch):
    monkeypatch.setattr("page.tabs.trust.curves.chart", lambda *_, **__: Markup("<svg></svg>"))


def target(html):
    """Which maps the tab is about."""
    [said] = [line.text for line in parsed(html).all("p") if "maps that explain" in line.text]
    return said.split("maps that explain ")[1].split(",")[0]


def test_maps_are_tested(handle, session, controls, quick_evidence):
    last = together(handle.refresh(session, 2, controls))
    assert target(last["about"]) == "SUV" and status(last["about"]) == ""
    faithfulness = parsed(last["faithfulness"])
    assert [half.one("h4").text for half in faithfulness.all("section")] == ["75 px", "100 px"]
    assert len(faithfulness.all("svg")) == 4 + 5  # two charts a network, and five entries of the legend
    assert parsed(last["regions"]).one("table", "parts").table()[2][0] == "Border"
    assert (last["sanity"], last["stability"]) == ("", "")


def test_first_of_all_the_tab_says_what_is_to_come(handle, session, controls, quick_evidence):
    first = next(handle.refresh(session, 2, controls))
    assert status(first["about"]) == "Computing the maps …"
    assert parsed(first["faithfulness"]).one("p", "untested").text == COMING
    assert {first[name] for name in blocks.TESTS if name != "faithfulness"} == {""}


def test_progress_names_what_is_being_tested(handle, session, controls, quick_evidence):
    _, *steps = handle.refresh(session, 2, controls)
    progress = [status(step["about"]) for step in steps]
    assert progress[0] == "Testing the maps of 75 px, 100 px, the ensemble …"
    assert [len(sentence.split(",")) for sentence in progress] == [3, 2, 1, 1] and progress[-1] == ""
    waiting = [parsed(step["faithfulness"]).text.count("Being tested …") for step in steps]
    # The average, which is not drawn here, may be finished before a network or after both.
    assert waiting in ([2, 1, 0, 0], [2, 1, 1, 0], [2, 2, 1, 0])


def test_tab_begins_anew_with_every_new_request_only(handle, session, controls, quick_evidence):
    list(handle.refresh(session, 2, controls))
    session.requests.start("photo")
    session.asked = replace(session.asked, ensemble="priority", decided_by="100")  # whose maps are the same
    steps = list(handle.refresh(session, 3, controls))
    assert not any({"sanity", "stability"} & step.keys() for step in steps)
    assert all(status(step["about"]) != "Computing the maps …" for step in steps)
    session.asked = replace(session.asked, target=Target("truck"))
    first = next(handle.refresh(session, 4, controls))
    assert target(first["about"]) == "truck" and (first["sanity"], first["stability"]) == ("", "")


def test_without_a_photo_there_is_nothing(handle, session, controls, quick_evidence):
    list(handle.refresh(session, 2, controls))
    session.asked = None
    [step] = handle.refresh(session, 3, controls)
    assert step == {"about": blocks.about(None), **dict.fromkeys(blocks.TESTS, "")}
    assert session.drawn == {}


@pytest.mark.parametrize("newer", ["photo", "tab"])
def test_newer_request_ends_the_tests(handle, session, controls, quick_evidence, newer):
    steps = handle.refresh(session, 2, controls)
    next(steps), next(steps)
    if newer == "photo":
        session.requests.start("photo")
    else:
        next(handle.refresh(session, 3, controls))
    assert list(steps) == []


def test_nothing_is_drawn_over_a_newer_request(handle, session, controls, quick_evidence, monkeypatch):
    """Even if the newer one comes while the older one draws."""

    def block(*_):
        session.requests.start("photo")
        return "too late"

    monkeypatch.setattr("page.tabs.trust.curves.block", block)
    assert "too late" not in str(list(handle.refresh(session, 2, controls)))


def test_request_that_was_replaced_computes_no_more_maps(handle, session, controls, fake, monkeypatch):
    refine = fake.refine

    def overtaken(photo, method, *settings, **named):
        session.requests.start("photo")
        return refine(photo, method, *settings, **named)

    monkeypatch.setattr(fake, "refine", overtaken)
    steps = list(handle.refresh(session, 2, controls))
    assert len(steps) == 1 and len(fake.asked) == 1


def test_method_without_maps_is_left_out(handle, session, controls, quick_evidence, fake, monkeypatch):
    refine = fake.refine

    def broken(photo, method, *settings, **named):
        if method == "shap":
            raise RuntimeError("no luck")
        return refine(photo, method, *settings, **named)

    monkeypatch.setattr(fake, "refine", broken)
    last = together(handle.refresh(session, 2, controls))
    heads = parsed(last["regions"]).one("table", "parts").table()[0]
    assert len(heads) == 4 and heads[2] == "Grad-CAM" and "SHAP" not in heads
    rows = [row[0] for row in parsed(last["faithfulness"]).all("table", "areas")[0].table()]
    assert "SHAP" not in rows and "Grad-CAM" in rows
    assert status(last["about"]) == ""


def test_failure_is_a_sentence(handle, session, controls, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr("page.tabs.trust.handlers.explained", broken)
    last = together(handle.refresh(session, 2, controls))
    assert parsed(last["faithfulness"]).one("p", "untested").text == UNTESTED
    assert status(last["about"]) == "" and "/secret/path" in caplog.text
    assert "secret" not in str(last)


def test_failure_after_a_newer_request_says_nothing(handle, session, controls, monkeypatch):
    def broken(*_):
        session.requests.start("photo")
        raise RuntimeError("no luck")

    monkeypatch.setattr("page.tabs.trust.handlers.explained", broken)
    assert len(list(handle.refresh(session, 2, controls))) == 1


def test_parts_of_an_example_are_shown(handle, session, controls, quick_evidence):
    session.example = examples.FIRST
    last = together(handle.refresh(session, 2, controls))
    assert "Wheels" in [row[0] for row in parsed(last["regions"]).one("table", "parts").table()]


@pytest.mark.parametrize("sizes", [(75,), (64, 75, 128)])
def test_any_number_of_networks(fake_of, background, session, controls, quick_evidence, sizes):
    handle = TrustHandlers({"final": fake_of(*sizes)}, Evidences(background))
    last = together(handle.refresh(session, 2, controls))
    titles = [title.text for title in parsed(last["faithfulness"]).all("h4")]
    assert titles == [f"{size} px" for size in sizes]


def test_priority_tests_no_average(handle, session, controls, quick_evidence):
    session.asked = replace(session.asked, ensemble="priority", decided_by="100")
    list(handle.refresh(session, 2, controls))
    networks = {test[0] for test in quick_evidence if isinstance(test, tuple)}
    assert networks == {"75", "100"}


def test_no_tab_is_empty_for_a_new_visitor(handle, controls):
    assert together(handle.refresh(Session(), 1, controls)).keys() == {"about", *blocks.TESTS}
