"""What a request about a photo yields, and what goes wrong with it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from explain.methods.registry import METHODS
from page import examples
from page.controls import Controls
from page.markup import SORRY
from page.session import Session
from page.tabs.explain.handlers import FORGOTTEN, WELCOME
from tests.document import parsed
from tests.page.steps import state, together

pytestmark = pytest.mark.usefixtures("quick_pictures")
FAST = Controls(toward="suv", reference="black", tolerance=0.5)


def finished(steps):
    """Whether every method's maps are all there in the end."""
    last = together(steps)
    return [state(last[method]) for method in METHODS] == ["finished"] * len(METHODS)


def alert(html):
    """What a notice says."""
    line = parsed(html).one("p", "notice")
    assert line.attributes["role"] == "alert"
    return line.text


def test_photo_is_explained(handle, saved):
    session, path = Session(), saved("car.png")
    first, *steps = handle.on_photo(session, 1, FAST, path)
    assert first == {"photo": path}  # whatever else has come to be shown since it was given
    assert (session.photo.width, session.photo.height, session.name) == (90, 60, "car.png")
    assert finished(steps)
    assert together(steps).keys() == {"notice", "asked", "verdict", "heading", *METHODS}
    assert session.asked.photo is session.photo and session.asked.reference == "black"


def test_photo_that_browsers_cannot_show_is_shown_by_us(handle, saved):
    first, *_ = handle.on_photo(Session(), 1, FAST, saved("car.tiff"))
    assert first["photo"].size == (450, 300)


def test_broken_file_leaves_everything_as_it_was(handle, photo, session, broken_file):
    before = replace(session)
    [step] = handle.on_photo(session, 2, FAST, broken_file)
    assert session == before and session.requests.newest == 1  # the request before it goes on
    assert step.keys() == {"photo", "notice"}
    assert step["photo"].size == (450, 300)  # the photo before it again
    assert "damaged" in alert(step["notice"])


def test_broken_file_first_of_all(handle, broken_file):
    [step] = handle.on_photo(Session(), 1, FAST, broken_file)
    assert step["photo"] is None and alert(step["notice"])


def test_removed_photo_leads_back_to_the_start(handle, session):
    session.example = "truck_1.jpg"
    [step] = handle.on_remove(session, 2, FAST)
    assert session == Session(requests=session.requests)
    assert step == {
        "notice": "",
        "verdict": WELCOME,
        "heading": "",
        **dict.fromkeys(METHODS, ""),
        "asked": session.requests.newest,
    }
    assert session.requests.newest == 2


def test_control_without_a_photo_does_nothing(handle):
    session = Session()
    assert together(handle.on_controls(session, 1, FAST)) == {}
    assert session.requests.newest == 0


def test_controls_are_kept_for_the_photo_to_come(handle, saved):
    """Their event may overtake that of the photo."""
    session = Session()
    list(handle.on_controls(session, 2, replace(FAST, toward="truck")))
    list(handle.on_photo(session, 1, FAST, saved("car.png")))
    assert session.asked.target.toward == "truck"


def test_contradicting_controls_are_a_notice(handle, session):
    before = session.asked
    [step] = handle.on_controls(session, 2, replace(FAST, against="suv"))
    assert (session.requests.newest, session.asked) == (1, before)  # the request before it goes on
    assert step.keys() == {"notice"} and "please choose another one" in alert(step["notice"])


def test_unexpected_errors_keep_their_details(handle, session, fake, monkeypatch, caplog):
    def fail(_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(fake, "classify", fail)
    [step] = handle.on_controls(session, 2, FAST)
    assert step.keys() == {"notice"} and alert(step["notice"]) == SORRY
    assert "/secret/path" in caplog.text


def test_page_opens_with_the_first_example(handle):
    session = Session()
    first = next(handle.on_open(session, 1, FAST))
    assert first["photo"].filename == str(examples.path(examples.FIRST))
    assert (session.photo.width, session.photo.height) == first["photo"].size


def test_page_opens_with_the_example_of_its_link(handle):
    session = Session(example="truck_1.jpg")
    first = next(handle.on_open(session, 1, FAST))
    assert first["photo"].filename == str(examples.path("truck_1.jpg"))


def test_clicked_example_is_explained(handle):
    session = Session()
    first, *steps = handle.on_example(SimpleNamespace(file="truck_1.jpg"), session, 1, FAST)
    assert first["photo"].filename == str(examples.path("truck_1.jpg"))
    assert finished(steps)
    assert (session.example, session.name) == ("truck_1.jpg", "truck_1.jpg")


def test_number_and_clearing_of_the_notice_come_once(handle, session):
    first, *others = handle.on_controls(session, 2, FAST)
    assert (first["asked"], first["notice"]) == (2, "")
    assert not any({"asked", "notice"} & step.keys() for step in others)


def test_maps_are_ready_for_tests_only_when_all_are_there(handle, photo):
    session = Session(photo)
    requests = handle.on_controls(session, 1, FAST)
    next(requests)
    assert (session.requests.newest, session.mapped) == (1, 0)
    assert session.asked.target.toward == "suv" and session.asked.reference == "black"
    list(requests)
    assert session.mapped == 1


def test_uploaded_photo_is_no_example(handle, saved):
    session = Session(example="truck_1.jpg")
    list(handle.on_photo(session, 1, FAST, saved("truck_1.jpg")))
    assert session.example is None


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes.")],
)
def test_out_of_memory_is_a_sentence_and_the_page_lives_on(handle, fake, monkeypatch, saved, error):
    path, session = saved("car.png"), Session()

    def fail(photo):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(fake, "classify", fail)
        assert alert(together(handle.on_photo(session, 1, FAST, path))["notice"]) == SORRY
    assert finished(handle.on_controls(session, 2, FAST))


def test_photo_for_which_there_is_no_room_is_asked_for_again(handle, saved):
    session, others = Session(), [Session() for _ in range(3)]
    handle.cache.budget = 13_000_000  # bytes, of which photos may take a fifth: two
    for visitor in (session, *others):
        list(handle.on_photo(visitor, 1, FAST, saved("car.png")))
    assert session.photo is session.asked is others[0].photo is None
    assert others[1].photo and others[2].photo
    [step] = handle.on_controls(session, 2, FAST)
    assert step.keys() == {"notice"} and alert(step["notice"]) == FORGOTTEN  # what was shown stays
    steps = list(handle.on_photo(session, 3, FAST, saved("car.png")))
    assert session.photo and not session.forgotten and finished(steps)
    list(handle.on_remove(session, 4, FAST))
    assert together(handle.on_controls(session, 5, FAST)) == {}


def test_example_for_which_there_was_no_room_is_read_again(handle):
    session = Session()
    list(handle.on_example(SimpleNamespace(file="suv_1.jpg"), session, 1, FAST))
    before = session.photo.digest
    session.forget()
    steps = list(handle.on_controls(session, 2, FAST))
    assert session.photo.digest == before and not session.forgotten
    assert finished(steps)
