from types import SimpleNamespace

import gradio as gr
import pytest

from explain.door import METHODS
from page import examples
from page.markup import SORRY
from page.session import Session
from page.tabs.explain.handlers import FORGOTTEN, SAME, UNCHANGED, WELCOME, Handlers
from page.tabs.explain.stream import Panels
from page.tabs.trust.handlers import PANELS

pytestmark = pytest.mark.usefixtures("quick_pictures")
TAB = slice(-1 - len(PANELS), -1)  # of what is yielded: the panels of the Trust tab
SKIP = gr.skip()
FAST = (
    "average",
    "suv",
    "nothing",
    "final",
    "black",
    0.5,
    "regions",
    0.9,
    False,
)  # the page's controls, in order


@pytest.fixture
def handle(fake):
    return Handlers({"final": fake})


def test_a_photo_given_while_the_page_opens_stays(handle, saved):
    session = Session()
    list(handle.on_photo(saved("car.png"), session, *FAST))
    before = session.photo, session.newest
    assert list(handle.on_open(session, *FAST)) == []
    assert (session.photo, session.newest, session.name) == (*before, "car.png")


def test_photo_is_explained(handle, saved):
    session = Session()
    path = saved("car.png")
    first, *_, last = handle.on_photo(path, session, *FAST)
    assert first == (path, *UNCHANGED)  # whatever else has come to be shown since it was given
    assert (session.photo.width, session.photo.height) == (90, 60)
    assert len(last) == 1 + len(UNCHANGED) == 5 + len(METHODS) + len(PANELS)
    assert last[1] == SKIP  # no notice
    assert all("finished" in html for html in last[4 : 4 + len(METHODS)])


def test_photo_that_browsers_cannot_show_is_shown_by_us(handle, saved):
    first, *_ = handle.on_photo(saved("car.tiff"), Session(), *FAST)
    assert first[0].size == (450, 300)


def test_broken_file_leaves_everything_as_it_was(handle, photo, broken):
    session = Session(photo, newest=3)
    [(shown, notice, *panels)] = handle.on_photo(broken, session, *FAST)
    assert session == Session(photo, newest=3)  # the request before it goes on
    assert shown.size == (450, 300)  # the photo before it again
    assert "damaged" in notice
    assert tuple(panels) == UNCHANGED[1:]


def test_broken_file_first_of_all(handle, broken):
    [(shown, notice, *_)] = handle.on_photo(broken, Session(), *FAST)
    assert shown is None and 'role="alert"' in notice


def test_removed_photo_leads_back_to_the_start(handle, photo):
    session = Session(photo, begun=3, newest=3)
    [(_, notice, verdict, *others, number)] = handle.on_photo(None, session, *FAST)
    assert session == Session(None, begun=4, newest=4) and number == 4
    assert (notice, verdict) == ("", WELCOME)
    maps, (about, *tests) = others[: -len(PANELS)], others[-len(PANELS) :]
    assert {*maps, *tests} == {""} and "Give a photo" in about


def test_control_without_a_photo_does_nothing(handle):
    assert list(handle.on_controls(Session(), *FAST)) == [(SKIP, *UNCHANGED)]


def test_newer_request_replaces_the_older(handle, photo):
    session = Session(photo)
    older = handle.on_controls(session, *FAST)
    next(older)
    newer = handle.on_controls(session, *FAST)
    next(newer)
    assert list(older) == []
    assert len(list(newer)) > 1


def test_nothing_is_drawn_over_a_newer_request(handle, photo, monkeypatch):
    """Even if the older one was too far to notice that it is no longer wanted."""
    monkeypatch.setattr(
        "page.tabs.explain.handlers.panels", lambda *_: iter([Panels(verdict="1"), Panels(verdict="2")])
    )
    session = Session(photo)
    older = handle.on_controls(session, *FAST)
    next(older)
    list(handle.on_photo(None, session, *FAST))
    assert list(older) == []


def test_later_notice_is_not_wiped_away(handle, photo, broken):
    session = Session(photo)
    older = handle.on_controls(session, *FAST)
    assert next(older)[1] == ""
    [(_, notice, *_)] = handle.on_photo(broken, session, *FAST)
    assert "damaged" in notice
    assert {str(each[1]) for each in older} == {str(SKIP)}


def test_contradicting_controls_are_a_notice(handle, photo):
    same = ("average", "suv", "suv", *FAST[3:])
    session = Session(photo, newest=3)
    [(_, notice, *panels)] = handle.on_controls(session, *same)
    assert session.newest == 3  # the request before it goes on
    assert "please choose another one" in notice
    assert tuple(panels) == UNCHANGED[1:]


def test_unexpected_errors_keep_their_details(handle, photo, fake, monkeypatch, caplog):
    def broken(_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(fake, "classify", broken)
    [(_, notice, *panels)] = handle.on_controls(Session(photo), *FAST)
    assert SORRY in notice and "secret" not in notice
    assert tuple(panels) == UNCHANGED[1:]
    assert "/secret/path" in caplog.text


def test_page_opens_with_the_first_example(handle):
    session = Session()
    first = next(handle.on_open(session, *FAST))
    assert first[0].filename == str(examples.path(examples.FIRST))
    assert (session.photo.width, session.photo.height) == first[0].size


def test_clicked_example_is_explained(handle):
    session = Session()
    event = SimpleNamespace(file="truck_1.jpg")
    first, *_, last = handle.on_example(event, session, *FAST)
    assert first[0].filename == str(examples.path("truck_1.jpg"))
    assert "finished" in last[3 + len(METHODS)]
    assert session.example == "truck_1.jpg"


def test_trust_tab_begins_anew_with_every_new_subject_only(handle, photo):
    session = Session(photo)
    first, *others = (panels[TAB] for panels in handle.on_controls(session, *FAST))
    assert "Computing the maps" in first[0] and first[-1] == ""
    assert all(tab == SAME for tab in others)
    redrawn = (*FAST[:-2], 0.5, True)  # the overlay's strength and scale
    assert all(panels[TAB] == SAME for panels in handle.on_controls(session, *redrawn))
    other, *_ = handle.on_controls(session, "average", "truck", *FAST[2:])
    assert "maps that explain truck" in other[TAB][0]


def test_number_of_the_request_comes_once(handle, photo):
    first, *others = (panels[-1] for panels in handle.on_controls(Session(photo, begun=7, newest=7), *FAST))
    assert first == 8 and set(map(str, others)) == {str(SKIP)}


@pytest.mark.parametrize("other", [None, "another"])
def test_photo_removed_while_it_is_classified_stays_removed(handle, photo, fake, monkeypatch, other):
    session, classify = Session(photo, begun=3, newest=3), fake.classify

    def slow(photo):
        session.photo, session.subject, session.newest = other, None, 4
        return classify(photo)

    monkeypatch.setattr(fake, "classify", slow)
    assert list(handle.on_controls(session, *FAST)) == []
    assert session == Session(other, begun=4, newest=4)


def test_request_that_a_newer_one_overtook_shows_nothing(handle, photo, fake, monkeypatch):
    session, classify = Session(photo), fake.classify

    def overtaken(photo):
        monkeypatch.setattr(fake, "classify", classify)
        assert len(list(handle.on_controls(session, *FAST))) > 3
        return classify(photo)

    monkeypatch.setattr(fake, "classify", overtaken)
    assert list(handle.on_controls(session, *FAST)) == []
    assert (session.newest, session.mapped) == (2, 2)


def test_maps_are_ready_for_tests_only_when_all_are_there(handle, photo):
    session = Session(photo)
    requests = handle.on_controls(session, *FAST)
    next(requests)
    assert (session.newest, session.mapped) == (1, 0)
    assert session.subject.target.toward == "suv" and session.subject.reference == "black"
    list(requests)
    assert session.mapped == 1


def test_uploaded_photo_is_no_example(handle, saved):
    session = Session(example="truck_1.jpg")
    list(handle.on_photo(saved("truck_1.jpg"), session, *FAST))
    assert session.example is None


def test_known_evidence_is_there_with_the_maps(handle, photo, fake, quick_evidence):
    session = Session(photo)
    *_, untested = handle.on_controls(session, *FAST)
    maps = {}
    for method in METHODS:
        *_, maps[method] = fake.refine(photo, method, session.subject.target)
    list(handle.evidences.test(session.subject, fake, maps, True, lambda: True))
    *_, tested = handle.on_controls(session, *FAST)
    assert "Being tested" in untested[4] and "Beats both controls." in tested[4]


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
        *_, last = handle.on_photo(path, session, *FAST)
        assert SORRY in last[1]
    *_, last = handle.on_controls(session, *FAST)
    assert all("finished" in html for html in last[4 : 4 + len(METHODS)])


def test_photo_for_which_there_is_no_room_is_asked_for_again(handle, saved):
    session, others = Session(), [Session() for _ in range(3)]
    handle.cache.budget = 13_000_000  # bytes, of which photos may take a fifth: two
    list(handle.on_photo(saved("car.png"), session, *FAST))
    for each in others:
        list(handle.on_photo(saved("car.png"), each, *FAST))
    assert session.photo is session.subject is others[0].photo is None
    assert others[1].photo and others[2].photo
    [(shown, said, *panels)] = handle.on_controls(session, *FAST)
    assert shown == SKIP and FORGOTTEN in said and tuple(panels) == UNCHANGED[1:]  # what was shown stays
    *_, last = handle.on_photo(saved("car.png"), session, *FAST)
    assert session.photo and not session.forgotten and all("finished" in html for html in last[4:7])
    list(handle.on_photo(None, session, *FAST))
    assert list(handle.on_controls(session, *FAST)) == [(SKIP, *UNCHANGED)]


def test_example_for_which_there_was_no_room_is_read_again(handle):
    session = Session()
    list(handle.on_example(SimpleNamespace(file="suv_1.jpg"), session, *FAST))
    before = session.photo.digest
    session.forget()
    *_, last = handle.on_controls(session, *FAST)
    assert session.photo.digest == before and not session.forgotten
    assert all("finished" in html for html in last[4:7])
