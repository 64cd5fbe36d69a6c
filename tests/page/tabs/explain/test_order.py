"""Whatever the order in which a visitor's events arrive, the page ends with what was done last."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from carmodel.photo import read_photo
from page import examples
from page.controls import Controls
from page.session import Session
from tests.document import parsed
from tests.page.steps import together

pytestmark = pytest.mark.usefixtures("quick_pictures")
FAST = Controls(toward="suv", reference="black", tolerance=0.5)


@pytest.fixture
def events(handle, saved):
    """Each event about the photo, by name; given the session and its number, what it yields."""
    path = saved("car.png")
    return {
        "open": lambda session, number: list(handle.on_open(session, number, FAST)),
        "upload": lambda session, number: list(handle.on_photo(session, number, FAST, path)),
        "remove": lambda session, number: list(handle.on_remove(session, number, FAST)),
        "example": lambda session, number: list(
            handle.on_example(SimpleNamespace(file="truck_1.jpg"), session, number, FAST)
        ),
    }


@pytest.mark.parametrize("late", ["open", "upload", "remove", "example"])
@pytest.mark.parametrize("last", ["upload", "remove", "example"])
def test_event_that_arrives_too_late_changes_nothing(events, last, late):
    session = Session()
    events[last](session, 2)
    before = replace(session), session.requests.newest
    assert events[late](session, 1) == []
    assert (session, session.requests.newest) == before


def test_a_photo_given_while_the_page_opens_stays(events, handle):
    session = Session()
    opening = handle.on_open(session, 1, FAST)
    next(opening)
    events["upload"](session, 2)
    list(opening)
    assert (session.name, session.example) == ("car.png", None)
    assert session.asked.digest == session.photo.digest


@pytest.mark.parametrize("last", ["upload", "remove", "example"])
@pytest.mark.parametrize("first", ["upload", "example"])
def test_what_was_done_while_a_photo_was_read_counts(events, monkeypatch, first, last):
    """A large file takes a while to read, and another thread may have gone on meanwhile."""
    session = Session()

    def slow(path):
        photo = read_photo(path)
        monkeypatch.setattr("page.tabs.explain.handlers.read_photo", read_photo)
        events[last](session, 2)
        nonlocal after
        after = replace(session), session.requests.newest
        return photo

    after = None
    monkeypatch.setattr("page.tabs.explain.handlers.read_photo", slow)
    steps = events[first](session, 1)
    assert (session, session.requests.newest) == after
    assert together(steps) == {}


def test_broken_file_that_was_read_too_late_says_nothing(events, handle, broken_file, monkeypatch):
    session = Session()

    def slow(path):
        monkeypatch.setattr("page.tabs.explain.handlers.read_photo", read_photo)
        events["upload"](session, 2)
        return read_photo(path)

    monkeypatch.setattr("page.tabs.explain.handlers.read_photo", slow)
    assert together(handle.on_photo(session, 1, FAST, broken_file)) == {}


def test_control_that_was_changed_last_counts(handle, photo):
    session = Session(photo)
    list(handle.on_controls(session, 5, replace(FAST, toward="truck", strength=0.4)))
    late = together(handle.on_controls(session, 4, replace(FAST, strength=0.8)))
    assert session.asked.target.toward == "truck"
    assert parsed(late["heading"]).one("h2").text == "Why truck?"


def test_newer_request_replaces_the_older(handle, photo):
    session = Session(photo)
    older = handle.on_controls(session, 1, FAST)
    next(older)
    newer = handle.on_controls(session, 2, FAST)
    next(newer)
    assert list(older) == []
    assert len(list(newer)) > 1


def test_nothing_is_drawn_over_a_newer_request(handle, photo, monkeypatch):
    """Even if the older one was too far to notice that it is no longer wanted."""
    steps = [{"verdict": "first"}, {"verdict": "second"}]
    monkeypatch.setattr("page.tabs.explain.handlers.panels", lambda *_: iter(steps))
    session = Session(photo)
    older = handle.on_controls(session, 1, FAST)
    next(older)
    list(handle.on_remove(session, 2, FAST))
    assert list(older) == []
    assert session.mapped == 0


def test_later_notice_is_not_wiped_away(handle, photo, broken_file):
    session = Session(photo)
    older = handle.on_controls(session, 1, FAST)
    assert next(older)["notice"] == ""
    assert "damaged" in together(handle.on_photo(session, 2, FAST, broken_file))["notice"]
    assert not any("notice" in step for step in older)


@pytest.mark.parametrize("other", [None, "another"])
def test_photo_removed_while_it_is_classified_stays_removed(handle, photo, fake, monkeypatch, other):
    session, classify = Session(photo), fake.classify

    def slow(photo):
        session.photo, session.asked = other, None
        session.requests.start("photo")
        return classify(photo)

    monkeypatch.setattr(fake, "classify", slow)
    assert list(handle.on_controls(session, 1, FAST)) == []
    assert session == Session(other, requests=session.requests)
    assert session.requests.newest == 2


def test_request_that_a_newer_one_overtook_shows_nothing(handle, photo, fake, monkeypatch):
    session, classify = Session(photo), fake.classify

    def overtaken(photo):
        monkeypatch.setattr(fake, "classify", classify)
        assert len(list(handle.on_controls(session, 2, replace(FAST, toward="truck")))) > 3
        return classify(photo)

    monkeypatch.setattr(fake, "classify", overtaken)
    assert list(handle.on_controls(session, 1, FAST)) == []
    assert session.requests.newest == session.mapped == 2
    assert session.asked.target.toward == "truck"


def test_forgotten_photo_is_no_longer_what_was_given(handle, saved):
    """An example that was shown before an upload does not come back when there was no room for that."""
    session = Session()
    list(handle.on_example(SimpleNamespace(file=examples.FIRST), session, 1, FAST))
    list(handle.on_photo(session, 2, FAST, saved("car.png")))
    session.forget()
    list(handle.on_controls(session, 3, FAST))
    assert session.photo is None and session.forgotten
