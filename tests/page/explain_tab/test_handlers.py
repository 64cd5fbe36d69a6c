from types import SimpleNamespace

import gradio as gr
import pytest

from explain.attribution import METHODS
from page import examples
from page.explain_tab.handlers import FORGOTTEN, SAME, UNCHANGED, WELCOME, Handlers
from page.explain_tab.stream import Panels
from page.markup import SORRY
from page.trust_tab.handlers import PANELS
from page.visit import Visit

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
    visit = Visit()
    list(handle.on_photo(saved("car.png"), visit, *FAST))
    before = visit.photo, visit.newest
    assert list(handle.on_open(visit, *FAST)) == []
    assert (visit.photo, visit.newest, visit.name) == (*before, "car.png")


def test_photo_is_explained(handle, saved):
    visit = Visit()
    path = saved("car.png")
    first, *_, last = handle.on_photo(path, visit, *FAST)
    assert first == (path, *UNCHANGED)  # whatever else has come to be shown since it was given
    assert (visit.photo.width, visit.photo.height) == (90, 60)
    assert len(last) == 1 + len(UNCHANGED) == 5 + len(METHODS) + len(PANELS)
    assert last[1] == SKIP  # no notice
    assert all("finished" in html for html in last[4 : 4 + len(METHODS)])


def test_photo_that_browsers_cannot_show_is_shown_by_us(handle, saved):
    first, *_ = handle.on_photo(saved("car.tiff"), Visit(), *FAST)
    assert first[0].size == (450, 300)


def test_broken_file_leaves_everything_as_it_was(handle, photo, broken):
    visit = Visit(photo, newest=3)
    [(shown, notice, *panels)] = handle.on_photo(broken, visit, *FAST)
    assert visit == Visit(photo, newest=3)  # the request before it goes on
    assert shown.size == (450, 300)  # the photo before it again
    assert "damaged" in notice
    assert tuple(panels) == UNCHANGED[1:]


def test_broken_file_first_of_all(handle, broken):
    [(shown, notice, *_)] = handle.on_photo(broken, Visit(), *FAST)
    assert shown is None and 'role="alert"' in notice


def test_removed_photo_leads_back_to_the_start(handle, photo):
    visit = Visit(photo, begun=3, newest=3)
    [(_, notice, verdict, *others, number)] = handle.on_photo(None, visit, *FAST)
    assert visit == Visit(None, begun=4, newest=4) and number == 4
    assert (notice, verdict) == ("", WELCOME)
    maps, (about, *tests) = others[: -len(PANELS)], others[-len(PANELS) :]
    assert {*maps, *tests} == {""} and "Give a photo" in about


def test_control_without_a_photo_does_nothing(handle):
    assert list(handle.on_controls(Visit(), *FAST)) == [(SKIP, *UNCHANGED)]


def test_newer_request_replaces_the_older(handle, photo):
    visit = Visit(photo)
    older = handle.on_controls(visit, *FAST)
    next(older)
    newer = handle.on_controls(visit, *FAST)
    next(newer)
    assert list(older) == []
    assert len(list(newer)) > 1


def test_nothing_is_drawn_over_a_newer_request(handle, photo, monkeypatch):
    """Even if the older one was too far to notice that it is no longer wanted."""
    monkeypatch.setattr(
        "page.explain_tab.handlers.panels", lambda *_: iter([Panels(verdict="1"), Panels(verdict="2")])
    )
    visit = Visit(photo)
    older = handle.on_controls(visit, *FAST)
    next(older)
    list(handle.on_photo(None, visit, *FAST))
    assert list(older) == []


def test_later_notice_is_not_wiped_away(handle, photo, broken):
    visit = Visit(photo)
    older = handle.on_controls(visit, *FAST)
    assert next(older)[1] == ""
    [(_, notice, *_)] = handle.on_photo(broken, visit, *FAST)
    assert "damaged" in notice
    assert {str(each[1]) for each in older} == {str(SKIP)}


def test_contradicting_controls_are_a_notice(handle, photo):
    same = ("average", "suv", "suv", *FAST[3:])
    visit = Visit(photo, newest=3)
    [(_, notice, *panels)] = handle.on_controls(visit, *same)
    assert visit.newest == 3  # the request before it goes on
    assert "please choose another one" in notice
    assert tuple(panels) == UNCHANGED[1:]


def test_unexpected_errors_keep_their_details(handle, photo, fake, monkeypatch, caplog):
    def broken(_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(fake, "classify", broken)
    [(_, notice, *panels)] = handle.on_controls(Visit(photo), *FAST)
    assert SORRY in notice and "secret" not in notice
    assert tuple(panels) == UNCHANGED[1:]
    assert "/secret/path" in caplog.text


def test_page_opens_with_the_first_example(handle):
    visit = Visit()
    first = next(handle.on_open(visit, *FAST))
    assert first[0].filename == str(examples.path(examples.FIRST))
    assert (visit.photo.width, visit.photo.height) == first[0].size


def test_clicked_example_is_explained(handle):
    visit = Visit()
    event = SimpleNamespace(file="truck_1.jpg")
    first, *_, last = handle.on_example(event, visit, *FAST)
    assert first[0].filename == str(examples.path("truck_1.jpg"))
    assert "finished" in last[3 + len(METHODS)]
    assert visit.example == "truck_1.jpg"


def test_trust_tab_begins_anew_with_every_new_subject_only(handle, photo):
    visit = Visit(photo)
    first, *others = (panels[TAB] for panels in handle.on_controls(visit, *FAST))
    assert "Computing the maps" in first[0] and first[-1] == ""
    assert all(tab == SAME for tab in others)
    redrawn = (*FAST[:-2], 0.5, True)  # the overlay's strength and scale
    assert all(panels[TAB] == SAME for panels in handle.on_controls(visit, *redrawn))
    other, *_ = handle.on_controls(visit, "average", "truck", *FAST[2:])
    assert "maps that explain truck" in other[TAB][0]


def test_number_of_the_request_comes_once(handle, photo):
    first, *others = (panels[-1] for panels in handle.on_controls(Visit(photo, begun=7, newest=7), *FAST))
    assert first == 8 and set(map(str, others)) == {str(SKIP)}


@pytest.mark.parametrize("other", [None, "another"])
def test_photo_removed_while_it_is_classified_stays_removed(handle, photo, fake, monkeypatch, other):
    visit, classify = Visit(photo, begun=3, newest=3), fake.classify

    def slow(photo):
        visit.photo, visit.subject, visit.newest = other, None, 4
        return classify(photo)

    monkeypatch.setattr(fake, "classify", slow)
    assert list(handle.on_controls(visit, *FAST)) == []
    assert visit == Visit(other, begun=4, newest=4)


def test_request_that_a_newer_one_overtook_shows_nothing(handle, photo, fake, monkeypatch):
    visit, classify = Visit(photo), fake.classify

    def overtaken(photo):
        monkeypatch.setattr(fake, "classify", classify)
        assert len(list(handle.on_controls(visit, *FAST))) > 3
        return classify(photo)

    monkeypatch.setattr(fake, "classify", overtaken)
    assert list(handle.on_controls(visit, *FAST)) == []
    assert (visit.newest, visit.mapped) == (2, 2)


def test_maps_are_ready_for_tests_only_when_all_are_there(handle, photo):
    visit = Visit(photo)
    requests = handle.on_controls(visit, *FAST)
    next(requests)
    assert (visit.newest, visit.mapped) == (1, 0)
    assert visit.subject.target.toward == "suv" and visit.subject.reference == "black"
    list(requests)
    assert visit.mapped == 1


def test_uploaded_photo_is_no_example(handle, saved):
    visit = Visit(example="truck_1.jpg")
    list(handle.on_photo(saved("truck_1.jpg"), visit, *FAST))
    assert visit.example is None


def test_known_evidence_is_there_with_the_maps(handle, photo, fake, quick_evidence):
    visit = Visit(photo)
    *_, untested = handle.on_controls(visit, *FAST)
    maps = {}
    for method in METHODS:
        *_, maps[method] = fake.refine(photo, method, visit.subject.target)
    list(handle.evidences.test(visit.subject, fake, maps, True, lambda: True))
    *_, tested = handle.on_controls(visit, *FAST)
    assert "Being tested" in untested[4] and "Beats both controls." in tested[4]


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes.")],
)
def test_out_of_memory_is_a_sentence_and_the_page_lives_on(handle, fake, monkeypatch, saved, error):
    path, visit = saved("car.png"), Visit()

    def fail(photo):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(fake, "classify", fail)
        *_, last = handle.on_photo(path, visit, *FAST)
        assert SORRY in last[1]
    *_, last = handle.on_controls(visit, *FAST)
    assert all("finished" in html for html in last[4 : 4 + len(METHODS)])


def test_photo_for_which_there_is_no_room_is_asked_for_again(handle, saved):
    visit, others = Visit(), [Visit() for _ in range(3)]
    handle.cache.budget = 13_000_000  # bytes, of which photos may take a fifth: two
    list(handle.on_photo(saved("car.png"), visit, *FAST))
    for each in others:
        list(handle.on_photo(saved("car.png"), each, *FAST))
    assert visit.photo is visit.subject is others[0].photo is None
    assert others[1].photo and others[2].photo
    [(shown, said, *panels)] = handle.on_controls(visit, *FAST)
    assert shown == SKIP and FORGOTTEN in said and tuple(panels) == UNCHANGED[1:]  # what was shown stays
    *_, last = handle.on_photo(saved("car.png"), visit, *FAST)
    assert visit.photo and not visit.forgotten and all("finished" in html for html in last[4:7])
    list(handle.on_photo(None, visit, *FAST))
    assert list(handle.on_controls(visit, *FAST)) == [(SKIP, *UNCHANGED)]


def test_example_for_which_there_was_no_room_is_read_again(handle):
    visit = Visit()
    list(handle.on_example(SimpleNamespace(file="suv_1.jpg"), visit, *FAST))
    before = visit.photo.digest
    visit.forget()
    *_, last = handle.on_controls(visit, *FAST)
    assert visit.photo.digest == before and not visit.forgotten
    assert all("finished" in html for html in last[4:7])
