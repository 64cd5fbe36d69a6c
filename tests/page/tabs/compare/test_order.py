"""Whatever the order in which events reach the Compare tab, it ends with what was done last."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from carmodel.photo import read_photo
from page.controls import Controls
from tests.document import parsed
from tests.page.steps import alts, together

pytestmark = pytest.mark.usefixtures("quick_pictures")
CONTROLS = Controls(toward="suv", reference="black", tolerance=0.5, smoothing="pixels")
CHOICE = ("shap", "final-75", "final-100", "final-75")
TRUCK = SimpleNamespace(file="truck_1.jpg")


def slider(html):
    """The networks at the left and at the right of the handle."""
    handle = parsed(html).one("input").attributes
    return handle["data-first"], handle["data-second"]


def test_request_from_before_the_choice_of_a_method_shows_the_choice(handle, session):
    list(handle.refresh(session, 3, CONTROLS, "gradcam", *CHOICE[1:]))
    late = together(handle.refresh(session, 2, CONTROLS, *CHOICE))
    assert {alt.split(",")[0] for alt in alts(late["maps"])} == {"Grad-CAM"}


def test_networks_of_the_slider_are_those_chosen_last(handle, session):
    list(handle.on_pair(session, 3, CONTROLS, "shap", "final-100", "final-75", "final-75"))
    [late] = handle.on_pair(session, 2, CONTROLS, *CHOICE)
    assert slider(late["slider"]) == ("100 px", "75 px")
    assert slider(together(handle.refresh(session, 1, CONTROLS, *CHOICE))["slider"]) == ("100 px", "75 px")


@pytest.mark.parametrize("newer", ["another request", "another method"])
def test_newer_request_stops_the_older(handle, session, newer):
    older = handle.refresh(session, 2, CONTROLS, *CHOICE)
    next(older)
    if newer == "another request":
        session.requests.start("photo")
    else:
        next(handle.refresh(session, 3, CONTROLS, "gradcam", *CHOICE[1:]))
    assert list(older) == []
    assert "compare" not in session.drawn


def test_nothing_is_drawn_over_a_newer_request(handle, session, monkeypatch):
    """Even if the newer one comes while the older one draws."""

    def drawn_too_late(*_, **__):
        session.requests.start("photo")
        return "too late"

    monkeypatch.setattr("page.tabs.compare.handlers.grid", drawn_too_late)
    assert list(handle.refresh(session, 2, CONTROLS, *CHOICE)) == []
    session.other = session.photo
    assert list(handle.on_network(session, 3, CONTROLS, *CHOICE)) == []


def test_request_that_was_replaced_computes_no_more_maps(handle, session, fake, monkeypatch):
    refine = fake.refine

    def overtaken(*settings):
        session.requests.start("photo")
        return refine(*settings)

    monkeypatch.setattr(fake, "refine", overtaken)
    assert len(list(handle.refresh(session, 2, CONTROLS, *CHOICE))) == 1  # before the first map
    assert [settings[5] for settings in fake.asked] == [("75",)]


def test_other_choice_is_not_drawn_over(handle, session):
    """A pair chosen while the maps come is drawn by its own request, once."""
    steps = handle.refresh(session, 2, CONTROLS, *CHOICE)
    next(steps)
    [chosen] = handle.on_pair(session, 3, CONTROLS, "shap", "final-100", "final-75", "final-75")
    assert slider(chosen["slider"]) == ("100 px", "75 px") and chosen.keys() == {"slider"}
    assert [set(step) for step in steps] == [{"about", "maps"}] * 2 + [{"agreement"}, {"photos"}]


def test_photos_that_are_drawn_anew_meanwhile_are_not_drawn_over(handle, session):
    session.other = session.photo
    steps = handle.refresh(session, 2, CONTROLS, *CHOICE)
    next(steps)
    list(handle.on_network(session, 3, CONTROLS, "shap", "final-75", "final-100", "final-100"))
    assert not any("photos" in step for step in steps)


def test_pair_whose_maps_came_too_late_is_not_drawn(handle, session, fake, monkeypatch):
    refine = fake.refine

    def overtaken(*settings):
        session.requests.start("photo")
        return refine(*settings)

    monkeypatch.setattr(fake, "refine", overtaken)
    assert list(handle.on_pair(session, 2, CONTROLS, *CHOICE)) == []
    assert [settings[5] for settings in fake.asked] == [("75",)]  # and no more maps are made for it


@pytest.fixture
def events(handle, saved):
    """Each event about the second photo, by name; given the session and its number, what it yields."""
    path = saved("car.png")
    return {
        "upload": lambda session, number: list(handle.on_photo(session, number, CONTROLS, path, *CHOICE)),
        "remove": lambda session, number: list(handle.on_remove(session, number, CONTROLS, *CHOICE)),
        "example": lambda session, number: list(handle.on_example(TRUCK, session, number, CONTROLS, *CHOICE)),
    }


@pytest.mark.parametrize("late", ["upload", "remove", "example"])
@pytest.mark.parametrize("last", ["upload", "remove", "example"])
def test_second_photo_is_that_given_last(events, session, last, late):
    events[last](session, 3)
    before = replace(session)
    assert together(events[late](session, 2)) == {}
    assert session == before


@pytest.mark.parametrize("last", ["upload", "remove", "example"])
@pytest.mark.parametrize("first", ["upload", "example"])
def test_what_was_done_while_a_second_photo_was_read_counts(events, session, monkeypatch, first, last):
    after = None

    def slow(path):
        photo = read_photo(path)
        monkeypatch.setattr("page.tabs.compare.handlers.read_photo", read_photo)
        events[last](session, 3)
        nonlocal after
        after = replace(session)
        return photo

    monkeypatch.setattr("page.tabs.compare.handlers.read_photo", slow)
    assert together(events[first](session, 2)) == {}
    assert session == after
