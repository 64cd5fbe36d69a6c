import gradio as gr
import pytest

from page.tabs import Follower, look_at
from page.visit import Visit

SKIP = (gr.skip(),)


@pytest.fixture
def follow():
    """A tab "Compare" that says which setting it was asked with."""

    def refresh(visit, setting):
        yield f"began {setting}", "of two"
        yield f"ended {setting}", "of two"

    return Follower(refresh, inputs=[], outputs=["one", "two"]).when_looked_at("Compare")


def test_tab_in_front_is_computed_once_a_request(follow):
    visit = Visit(newest=2, tab="Compare")
    assert list(follow(visit, 5)) == [("began 5", "of two"), ("ended 5", "of two"), SKIP * 2]
    assert list(follow(visit, 5)) == [SKIP * 2]
    visit.newest = 3
    assert len(list(follow(visit, 5))) == 3


def test_tab_behind_waits_until_it_is_looked_at(follow):
    visit = Visit(newest=2, tab="Explain")
    assert list(follow(visit, 5)) == [SKIP * 2]
    look_at("Compare", visit, 1)
    assert len(list(follow(visit, 5))) == 3


def test_tab_is_cleared_again_after_the_photo_was_removed_meanwhile():
    """What was on its way may have arrived after a newer request had cleared the tab."""

    def refresh(visit, _):
        yield "maps" if visit.subject else "no photo", visit.newest

    visit = Visit(newest=2, tab="Compare", subject="a photo")
    follow = Follower(refresh, inputs=[], outputs=["one", "two"]).when_looked_at("Compare")(visit, 5)
    assert next(follow) == ("maps", 2)
    visit.subject, visit.newest = None, 3
    assert list(follow) == [("no photo", 3), SKIP * 2]


def test_tab_selected_last_is_in_front_though_its_request_came_first():
    visit = Visit()
    look_at("Compare", visit, 20)
    look_at("Explain", visit, 10)
    assert visit.tab == "Compare"
    look_at("Trust", visit, 30)
    assert visit.tab == "Trust"
