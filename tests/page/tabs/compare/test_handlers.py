"""What the Compare tab shows of a request, and what goes wrong with it."""

from dataclasses import replace

import pytest

from explain.methods.registry import METHODS
from explain.target import Target
from page.controls import Controls
from page.progress import FAILED
from page.session import Session
from page.tabs.compare.handlers import SECOND, SORRY, WELCOME, CompareHandlers
from page.tabs.compare.swipe import SAME
from tests.document import parsed
from tests.page.steps import alts, status, together

pytestmark = pytest.mark.usefixtures("quick_pictures")
CONTROLS = Controls(toward="suv", reference="black", tolerance=0.5, smoothing="pixels")
CHOICE = ("shap", "final-75", "final-100", "final-75")  # method, left, right, the one that sees two photos
ALL = {"about", "maps", "agreement", "slider", "photos"}


def waiting(html):
    """How many maps are still to come."""
    return len(parsed(html).all("div", "waiting"))


def test_maps_come_network_by_network_and_the_rest_after_them(handle, session):
    first, *others = steps = list(handle.refresh(session, 2, CONTROLS, *CHOICE))
    assert [waiting(step["maps"]) for step in steps[:3]] == [2, 1, 0]
    assert {name: first[name] for name in ALL - {"about", "maps"}} == dict.fromkeys(
        ("agreement", "slider", "photos"), ""
    )  # what was found about another request
    names = [{"about", "maps"}] * 2 + [{"agreement"}, {"slider"}, {"photos"}]
    assert [set(step) for step in others] == names
    assert [status(step["about"]) for step in steps[:3]] == ["Computing 75 px …", "Computing 100 px …", ""]
    assert len(parsed(steps[3]["agreement"]).one("table", "matrix").table()) == 2
    assert parsed(steps[4]["slider"]).one("input").attributes["type"] == "range"
    assert steps[5]["photos"] == SECOND


@pytest.mark.parametrize("sizes", [(75,), (64, 75, 128)])
def test_any_number_of_networks_is_compared(fake_of, session, sizes):
    handle = CompareHandlers([fake_of(*sizes)])
    names = [f"final-{size}" for size in sizes]
    last = together(handle.refresh(session, 2, CONTROLS, "shap", names[0], names[-1], names[0]))
    titles = [title.one("span").text for title in parsed(last["maps"]).all("h4")]
    assert titles == [f"{size} px" for size in sizes]
    pairs = [cell for cell in parsed(last["agreement"]).all("td") if "style" in cell.attributes]
    assert len(pairs) == len(sizes) * (len(sizes) - 1) / 2
    assert (SAME in parsed(last["slider"]).text) == (len(sizes) == 1)


def test_networks_of_several_kinds_stand_side_by_side(fake_of, session):
    baseline = fake_of(75, 100)
    baseline.cards = {name: replace(card, name=f"baseline-{name}") for name, card in baseline.cards.items()}
    handle = CompareHandlers([fake_of(75, 100), baseline])
    last = together(handle.refresh(session, 2, CONTROLS, *CHOICE))
    titles = [title.one("span").text for title in parsed(last["maps"]).all("h4")]
    assert titles == ["75 px", "100 px", "75 px baseline", "100 px baseline"]


def test_what_is_shown_is_redrawn_in_one_step(handle, session):
    list(handle.refresh(session, 2, CONTROLS, *CHOICE))
    steps = list(handle.refresh(session, 3, replace(CONTROLS, strength=0.5), *CHOICE))
    assert [set(step) for step in steps] == [{"about", "maps"}, {"agreement"}, {"slider"}, {"photos"}]
    assert waiting(steps[0]["maps"]) == 0
    first = next(handle.refresh(session, 4, CONTROLS, "gradcam", *CHOICE[1:]))
    assert (first["agreement"], first["slider"], first["photos"]) == ("", "", "")
    session.asked = replace(session.asked, target=Target("truck"))
    first = next(handle.refresh(session, 5, CONTROLS, *CHOICE))
    assert (first["agreement"], first["slider"], first["photos"]) == ("", "", "")


def test_what_was_interrupted_is_not_taken_for_shown(handle, session):
    next(handle.refresh(session, 2, CONTROLS, *CHOICE))
    assert waiting(next(handle.refresh(session, 3, CONTROLS, *CHOICE))["maps"]) == 2


def test_settings_are_those_of_the_request(handle, fake, session):
    list(handle.refresh(session, 2, CONTROLS, *CHOICE))
    assert {settings[1:5] for settings in fake.asked} == {("shap", Target("suv"), "black", 0.5)}
    assert [settings[5] for settings in fake.asked] == [("75",), ("100",)]


def test_method_says_what_its_maps_show(handle, session):
    last = together(handle.refresh(session, 2, CONTROLS, *CHOICE))
    assert parsed(last["maps"]).one("div", "caption").all("p")[0].text == METHODS["shap"].hint


def test_refinement_says_how_far_it_is(handle, session, monkeypatch):
    monkeypatch.setattr("page.tabs.compare.handlers.PACE", -1.0)
    steps = list(handle.refresh(session, 2, CONTROLS, "integrated_gradients", *CHOICE[1:]))
    assert parsed(steps[1]["maps"]).all("p", "computing")[0].text.startswith("Refining: 8 steps, gap 50 %")
    assert status(steps[1]["about"]) == "Computing 75 px …"


def test_without_a_photo_the_tab_is_empty(handle):
    cleared = dict.fromkeys(ALL, "") | {"about": WELCOME}
    assert list(handle.refresh(Session(), 1, CONTROLS, *CHOICE)) == [cleared]
    assert list(handle.on_pair(Session(), 1, CONTROLS, *CHOICE)) == []
    assert list(handle.on_network(Session(), 1, CONTROLS, *CHOICE)) == []


def test_network_that_fails_says_so_and_the_others_go_on(handle, session, broken, caplog):
    broken("75")
    steps = list(handle.refresh(session, 2, CONTROLS, *CHOICE))
    last = together(steps)
    assert parsed(last["maps"]).one("p", "lost").text == FAILED and waiting(last["maps"]) == 1
    assert last["agreement"] == ""  # one map alone agrees with nothing
    assert parsed(last["slider"]).text == FAILED
    assert "secret" not in str(steps) and "/secret/path" in caplog.text


def test_failure_of_everything_is_a_sentence(handle, fake, session, monkeypatch, caplog):
    def fail(_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(fake, "classify", fail)
    session.other = session.photo
    assert list(handle.refresh(session, 2, CONTROLS, *CHOICE)) == [{"about": SORRY}]
    assert list(handle.on_pair(session, 3, CONTROLS, *CHOICE)) == [{"slider": SORRY}]
    assert list(handle.on_network(session, 4, CONTROLS, *CHOICE)) == [{"photos": SORRY}]
    assert "/secret/path" in caplog.text


def test_two_different_networks_are_needed(handle, session):
    [step] = handle.on_pair(session, 2, CONTROLS, "shap", *["final-75"] * 3)
    assert parsed(step["slider"]).text == SAME


def test_pair_is_the_same_whether_it_was_chosen_or_came_with_the_rest(fake_of, attribution, session):
    """On the scale of all networks, of which the largest is not in it."""
    fakes = fake_of(64, 75, 100)
    fakes.attribution = lambda total, change, method, network, steps: attribution(
        9 * total if network == "64" else total, change, method, network, steps
    )
    handle = CompareHandlers([fakes])
    choice = ("shap", "final-75", "final-100", "final-75")
    together_with_all = together(handle.refresh(session, 2, CONTROLS, *choice))["slider"]
    [alone] = handle.on_pair(session, 3, CONTROLS, *choice)
    assert alone["slider"] == together_with_all
    labels = [label.text for label in parsed(alone["slider"]).one("div", "bar").all("span")]
    assert labels == ["100 px −0.18", "0", "75 px +0.18"]  # 18 logits over the picture


def test_every_map_is_described(handle, session):
    last = together(handle.refresh(session, 2, CONTROLS, *CHOICE))
    assert [alt.split(" for ")[0] for alt in alts(last["maps"])] == ["SHAP, 75 px,", "SHAP, 100 px,"]
