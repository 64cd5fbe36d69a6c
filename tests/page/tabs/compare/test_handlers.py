from types import SimpleNamespace

import pytest
from PIL import Image

from explain.target import Target
from page.session import Session, Subject
from page.tabs.compare.handlers import SECOND, SKIP, SORRY, WELCOME, CompareHandlers
from page.tabs.compare.swipe import SAME
from page.tabs.explain.stream import FAILED

CONTROLS = ("average", "suv", "nothing", "final", "black", 0.5, "pixels", 0.9, False)
GIVEN = (*CONTROLS, "shap", "final-75", "final-100", "final-75")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    def tiny(attribution, photo, scale, strength, side=3):
        return Image.new("RGB", (3, 2), (round(255 * strength), 0, 0))

    monkeypatch.setattr("page.tabs.compare.grid.overlay", tiny)
    monkeypatch.setattr("page.tabs.compare.swipe.overlay", tiny)


@pytest.fixture
def handle(fake):
    return CompareHandlers([fake])


@pytest.fixture
def session(photo):
    subject = Subject(photo, photo.digest, "final", Target("suv"), "black", 0.5, "pixels")
    return Session(photo, newest=1, subject=subject)


def broken(fake, monkeypatch, network):
    refine = fake.refine

    def fail(photo, method, target, reference, tolerance, networks):
        if networks == [network]:
            raise RuntimeError("/secret/path")
        return refine(photo, method, target, reference, tolerance, networks)

    monkeypatch.setattr(fake, "refine", fail)


def shown(step):
    return [index for index, each in enumerate(step) if each != SKIP]


def test_maps_come_network_by_network_and_the_rest_after_them(handle, session):
    steps = list(handle.refresh(session, *GIVEN))
    assert [each[1].count("waiting") for each in steps[:3]] == [2, 1, 0]
    assert steps[0][2:] == ("", "", "")  # what was found about another subject
    assert [shown(each) for each in steps[1:]] == [[0, 1], [0, 1], [2], [3], [4]]
    assert "Computing 75 px" in steps[0][0] and "Computing" not in steps[2][0]
    assert "<table" in steps[3][2] and 'type="range"' in steps[4][3] and steps[5][4] == SECOND


def test_what_is_shown_is_redrawn_in_one_step(handle, session):
    list(handle.refresh(session, *GIVEN))
    fainter = (*CONTROLS[:7], 0.5, False, *GIVEN[-4:])
    steps = list(handle.refresh(session, *fainter))
    assert [shown(each) for each in steps] == [[0, 1], [2], [3], [4]]
    assert "waiting" not in steps[0][1]
    gradcam = (*CONTROLS, "gradcam", *GIVEN[-3:])
    assert next(handle.refresh(session, *gradcam))[2:] == ("", "", "")


def test_request_from_before_the_choice_of_a_method_shows_the_choice(handle, session):
    list(handle.on_method(session, *CONTROLS, "gradcam", *GIVEN[-3:]))
    late = list(handle.refresh(session, *GIVEN))
    assert all(
        'alt="Grad-CAM, ' in step[1] and 'alt="SHAP, ' not in step[1] for step in late if step[1] != SKIP
    )


def test_settings_are_those_of_the_left_side(handle, fake, session):
    list(handle.refresh(session, *GIVEN))
    assert {each[1:5] for each in fake.asked} == {("shap", Target("suv"), "black", 0.5)}


def test_refinement_says_how_far_it_is(handle, session, monkeypatch):
    monkeypatch.setattr("page.tabs.compare.handlers.PACE", -1.0)
    given = (*CONTROLS, "integrated_gradients", *GIVEN[-3:])
    steps = list(handle.refresh(session, *given))
    assert "Refining: 8 steps" in steps[1][1] and "Computing 75 px" in steps[1][0]


def test_without_a_photo_the_tab_is_empty(handle):
    assert list(handle.refresh(Session(newest=3), *GIVEN)) == [(WELCOME, "", "", "", "")]
    assert list(handle.on_pair(Session(), *GIVEN)) == list(handle.on_network(Session(), *GIVEN)) == []


@pytest.mark.parametrize("newer", ["another request", "another method"])
def test_newer_request_stops_the_older(handle, session, newer):
    older = handle.refresh(session, *GIVEN)
    next(older)
    if newer == "another request":
        session.newest += 1
    else:
        next(handle.refresh(session, *GIVEN))
    assert list(older) == []


def test_other_choice_is_not_drawn_over(handle, session):
    """A pair chosen while the maps come is drawn by its own request, once."""
    steps = handle.refresh(session, *GIVEN)
    next(steps)
    [(drawn, rest)] = handle.on_pair(session, *GIVEN[:-3], "final-100", "final-75", "final-75")
    assert "100 px − 75 px" in drawn and rest == SKIP
    assert all(each[3] == SKIP for each in steps)


def test_network_that_fails_says_so_and_the_others_go_on(handle, fake, session, monkeypatch):
    broken(fake, monkeypatch, "75")
    steps = list(handle.refresh(session, *GIVEN))
    assert FAILED in steps[2][1] and steps[2][1].count("waiting") == 1
    assert steps[3][2] == ""  # one map alone agrees with nothing
    assert FAILED in steps[4][3]
    assert "secret" not in str(steps)


def test_failure_of_everything_is_a_sentence(handle, fake, session, monkeypatch, caplog):
    def fail(_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(fake, "classify", fail)
    session.other = session.photo
    assert list(handle.refresh(session, *GIVEN)) == [(SORRY, *(SKIP,) * 4)]
    assert list(handle.on_pair(session, *GIVEN)) == [(SORRY, SKIP)]
    assert list(handle.on_network(session, *GIVEN)) == [(SKIP, SORRY)]
    assert "/secret/path" in caplog.text


def test_two_different_networks_are_needed(handle, session):
    [(drawn, _)] = handle.on_pair(session, *GIVEN[:-3], *("final-75",) * 3)
    assert SAME in drawn


def test_example_as_second_photo(handle, session):
    first, *others = handle.on_example(SimpleNamespace(file="truck_1.jpg"), session, *GIVEN)
    assert isinstance(first[0], Image.Image) and (session.other.width, session.other.height) == first[0].size
    assert [each[1].count("waiting") for each in others] == [1, 0]
    assert "This photo" in others[-1][1] and "Second photo" in others[-1][1]
    *_, last = handle.refresh(session, *GIVEN)
    assert last[4] == others[-1][1]


def test_uploaded_second_photo_can_be_removed(handle, session, tmp_path):
    path = tmp_path / "car.png"
    Image.effect_noise((90, 60), 80).convert("RGB").save(path)
    first, *_, last = handle.on_photo(str(path), session, *GIVEN)
    assert first == (SKIP, SKIP) and session.other.width == 90 and "Second photo" in last[1]
    assert list(handle.on_photo(None, session, *GIVEN)) == [(SKIP, SKIP), (SKIP, SECOND)]
    assert session.other is None


def test_broken_second_photo_is_a_sentence_and_the_one_before_stays(handle, session, tmp_path):
    path = tmp_path / "car.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 and no more")
    session.other = session.photo
    [(before, said)] = handle.on_photo(str(path), session, *GIVEN)
    assert before.size == (450, 300) and "damaged" in said and session.other is session.photo


def test_second_photo_is_counted(handle, session):
    list(handle.on_example(SimpleNamespace(file="truck_1.jpg"), session, *GIVEN))
    assert 2 * session.other.frame.nbytes < handle.cache.bytes < 2.1 * session.other.frame.nbytes
