import gradio as gr
import pytest

from page.lazy_tabs import LazyTab, look_at
from page.session import Session

SKIP = (gr.skip(),)


@pytest.fixture
def follow():
    """A tab "Compare" that says which setting it was asked with."""

    def refresh(session, setting):
        yield f"began {setting}", "of two"
        yield f"ended {setting}", "of two"

    return LazyTab(refresh, inputs=[], outputs=["one", "two"]).when_looked_at("Compare")


def test_tab_in_front_is_computed_once_a_request(follow):
    session = Session(newest=2, tab="Compare")
    assert list(follow(session, 5)) == [("began 5", "of two"), ("ended 5", "of two"), SKIP * 2]
    assert list(follow(session, 5)) == [SKIP * 2]
    session.newest = 3
    assert len(list(follow(session, 5))) == 3


def test_tab_behind_waits_until_it_is_looked_at(follow):
    session = Session(newest=2, tab="Explain")
    assert list(follow(session, 5)) == [SKIP * 2]
    look_at("Compare", session, 1)
    assert len(list(follow(session, 5))) == 3


def test_tab_is_cleared_again_after_the_photo_was_removed_meanwhile():
    """What was on its way may have arrived after a newer request had cleared the tab."""

    def refresh(session, _):
        yield "maps" if session.subject else "no photo", session.newest

    session = Session(newest=2, tab="Compare", subject="a photo")
    follow = LazyTab(refresh, inputs=[], outputs=["one", "two"]).when_looked_at("Compare")(session, 5)
    assert next(follow) == ("maps", 2)
    session.subject, session.newest = None, 3
    assert list(follow) == [("no photo", 3), SKIP * 2]


def test_tab_selected_last_is_in_front_though_its_request_came_first():
    session = Session()
    look_at("Compare", session, 20)
    look_at("Explain", session, 10)
    assert session.tab == "Compare"
    look_at("Trust", session, 30)
    assert session.tab == "Trust"
