import pytest

from page.lazy_tabs import Tab, look_at, when_in_front
from page.requests import PHOTO
from page.session import Session


def refresh(session, number, controls, setting):
    yield {"maps": f"began {setting}"}
    yield {"maps": f"ended {setting}"}


def comes_in_front(session, name="Compare", number=1, tab=None):
    """What a tab of this name draws where an event of this number reaches it."""
    return when_in_front(name, tab or Tab(refresh=refresh))(session, number, "controls", 5)


@pytest.fixture
def session():
    """The Compare tab is in front, and a photo was given."""
    session = Session(asked="a request")
    look_at("Compare", session, 1)
    session.requests.start(PHOTO)
    return session


def test_tab_in_front_is_computed_once_a_request(session):
    assert list(comes_in_front(session)) == [{"maps": "began 5"}, {"maps": "ended 5"}]
    assert list(comes_in_front(session)) == []
    session.requests.start(PHOTO)
    assert len(list(comes_in_front(session))) == 2


def test_tab_behind_waits_until_it_is_looked_at(session):
    assert list(comes_in_front(session, "Trust")) == []
    look_at("Trust", session, 2)
    assert len(list(comes_in_front(session, "Trust"))) == 2


def test_each_tab_is_computed_for_itself(session):
    list(comes_in_front(session))
    look_at("Trust", session, 2)
    assert len(list(comes_in_front(session, "Trust"))) == 2
    look_at("Compare", session, 3)
    assert list(comes_in_front(session)) == []  # it shows all of this request


def test_tab_is_given_what_its_event_brought(session):
    asked = []
    list(comes_in_front(session, number=9, tab=Tab(refresh=lambda *values: asked.append(values) or ())))
    assert asked == [(session, 9, "controls", 5)]


def test_tab_that_computes_nothing_does_nothing(session):
    assert list(comes_in_front(session, tab=Tab())) == []


def test_tab_is_cleared_again_after_the_photo_was_removed_meanwhile(session):
    """What was on its way may have arrived after a newer request had cleared the tab."""

    def refresh(session, *_):
        yield {"maps": "maps" if session.asked else "no photo"}

    steps = comes_in_front(session, tab=Tab(refresh=refresh))
    assert next(steps) == {"maps": "maps"}
    session.asked = None
    session.requests.start(PHOTO)
    assert list(steps) == [{"maps": "no photo"}]


def test_tab_selected_last_is_in_front_though_its_request_came_first():
    session = Session()
    look_at("Compare", session, 20)
    look_at("Explain", session, 10)
    assert session.requests.value("tab") == "Compare"
    look_at("Trust", session, 30)
    assert session.requests.value("tab") == "Trust"
