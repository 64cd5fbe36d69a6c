"""The maps of a request are tested once they are all there, and what is found is put under them."""

import pytest

from explain.methods.registry import METHODS
from page.controls import Controls
from page.tabs.explain.handlers import UNTESTED
from tests.document import parsed
from tests.page.steps import status, together

pytestmark = pytest.mark.usefixtures("quick_pictures")


@pytest.fixture
def mapped(session):
    """A session all of whose maps are there."""
    session.mapped = session.requests.newest
    return session


def sentences(row):
    """What stands under the maps of a row."""
    return [line.text for line in parsed(row).all("p", "beats")]


def test_every_row_says_what_was_found(handle, mapped, controls, quick_evidence):
    last = together(handle.on_maps(mapped, 1, controls))
    assert last.keys() == {"heading", *METHODS}
    assert parsed(last["heading"]).one("h2").text == "Why SUV?" and status(last["heading"]) == ""
    assert [sentences(last[method]) for method in METHODS] == [["Beats both controls."] * 3] * 3


def test_progress_names_what_is_being_tested(handle, mapped, controls, quick_evidence):
    steps = list(handle.on_maps(mapped, 1, controls))
    progress = [status(step["heading"]) for step in steps]
    assert progress[0] == "Testing the maps of 75 px, 100 px, the ensemble …"
    assert [len(sentence.split(",")) for sentence in progress] == [3, 2, 1, 1] and progress[-1] == ""
    assert steps[0].keys() == {"heading"}  # nothing is known yet that was not drawn with the maps
    assert [sentences(step["shap"]).count("Being tested …") for step in steps[1:]] == [2, 1, 0]


def test_known_evidence_is_there_with_the_maps(handle, mapped, controls, quick_evidence):
    untested = together(handle.on_controls(mapped, 2, controls))
    assert sentences(untested["shap"]) == ["Being tested …"] * 3
    list(handle.on_maps(mapped, 2, controls))
    tested = together(handle.on_controls(mapped, 3, controls))
    assert sentences(tested["shap"]) == ["Beats both controls."] * 3
    [step] = handle.on_maps(mapped, 3, controls)  # all is known at once
    assert status(step["heading"]) == "" and step.keys() == {"heading", *METHODS}


def test_rows_are_drawn_as_the_newest_controls_say(handle, mapped, quick_evidence):
    mapped.requests.choose("controls", 5, Controls(toward="suv", own_scale=True))
    last = together(handle.on_maps(mapped, 4, Controls(toward="suv")))
    assert "each map on its own scale" in parsed(last["shap"]).one("div", "legends").text


@pytest.mark.parametrize("state", [{"mapped": 0}, {"tested": 1}], ids=["newer", "tested already"])
def test_only_the_newest_maps_are_tested_and_only_once(handle, mapped, controls, quick_evidence, state):
    for name, value in state.items():
        setattr(mapped, name, value)
    assert list(handle.on_maps(mapped, 1, controls)) == []
    assert quick_evidence == []


def test_newer_request_ends_the_tests(handle, mapped, controls, quick_evidence):
    steps = handle.on_maps(mapped, 1, controls)
    next(steps)
    mapped.requests.start("photo")
    assert list(steps) == []


def test_nothing_is_drawn_over_a_newer_request(handle, mapped, controls, quick_evidence, monkeypatch):
    """Even if the newer one comes while the older one draws."""

    def rows(*_):
        mapped.requests.start("photo")
        return {"shap": "too late"}

    monkeypatch.setattr("page.tabs.explain.handlers.finished_rows", rows)
    steps = list(handle.on_maps(mapped, 1, controls))
    assert len(steps) == 1 and "shap" not in steps[0]


def test_panels_are_cleared_again_where_the_photo_was_removed_meanwhile(
    handle, mapped, controls, quick_evidence
):
    """What was on its way may have arrived after they were cleared."""
    steps = handle.on_maps(mapped, 1, controls)
    next(steps)
    list(handle.on_remove(mapped, 2, controls))
    assert list(steps) == [{"heading": "", **dict.fromkeys(METHODS, "")}]


def test_method_without_maps_keeps_its_row(handle, mapped, controls, quick_evidence, fake, monkeypatch):
    refine = fake.refine

    def broken(photo, method, *settings, **named):
        if method == "shap":
            raise RuntimeError("no luck")
        return refine(photo, method, *settings, **named)

    monkeypatch.setattr(fake, "refine", broken)
    last = together(handle.on_maps(mapped, 1, controls))
    assert last.keys() == {"heading", "gradcam", "integrated_gradients"}
    assert status(last["heading"]) == ""


def test_failure_is_a_sentence(handle, mapped, controls, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr("page.tabs.explain.handlers.explained", broken)
    [step] = handle.on_maps(mapped, 1, controls)
    assert step.keys() == {"heading"} and status(step["heading"]) == UNTESTED
    assert "/secret/path" in caplog.text


def test_failure_after_a_newer_request_says_nothing(handle, mapped, controls, monkeypatch):
    def broken(*_):
        mapped.requests.start("photo")
        raise RuntimeError("no luck")

    monkeypatch.setattr("page.tabs.explain.handlers.explained", broken)
    assert list(handle.on_maps(mapped, 1, controls)) == []


@pytest.mark.parametrize(("sizes", "columns"), [((75,), 1), ((64, 75, 128), 4)])
def test_maps_of_any_number_of_networks_are_tested(
    handle, mapped, controls, fake_of, quick_evidence, sizes, columns
):
    handle.explainers = {"final": fake_of(*sizes)}
    list(handle.on_controls(mapped, 2, controls))
    last = together(handle.on_maps(mapped, 2, controls))
    assert [sentences(last[method]) for method in METHODS] == [["Beats both controls."] * columns] * 3
