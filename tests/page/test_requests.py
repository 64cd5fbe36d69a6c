import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from itertools import permutations
from random import Random
from threading import Barrier, Thread

import gradio as gr
import pytest

from page.requests import PHOTO, Requests, numbered
from page.server.refusals import NOT_UNDERSTOOD

THREADS, EVENTS = 8, 500


@pytest.fixture(scope="module", autouse=True)
def threads_that_interrupt_each_other():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def requests() -> Requests:
    return Requests()


@pytest.mark.parametrize("number", [0, 1, 7.0, 2**53])
def test_numbers_that_browsers_give(requests, number):
    assert requests.choose("a", number, "value") and requests.value("a") == "value"


@pytest.mark.parametrize("number", [None, True, "1", [1], {}, -1, 2**54, float("nan"), float("inf"), 10**400])
def test_no_other_numbers_are_kept(requests, number):
    with pytest.raises(gr.Error) as refused:
        requests.choose("a", number, "value")
    assert refused.value.message == NOT_UNDERSTOOD and not refused.value.print_exception
    assert requests.chosen == {}


def at_once(work: Callable[[int], object]) -> list:
    """What the same work gives in several threads that begin together."""
    ready = Barrier(THREADS)

    def begin(thread: int) -> object:
        ready.wait()
        return work(thread)

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(begin, range(THREADS)))


@pytest.mark.parametrize("order", list(permutations((1, 2, 3, 4))))
def test_the_value_is_that_of_the_highest_number_in_whatever_order_events_arrive(requests, order):
    for place, number in enumerate(order):
        newest = number == max(order[: place + 1])
        assert requests.choose("tab", number, f"value {number}") is newest
        assert requests.value("tab") == f"value {max(order[: place + 1])}"


def test_event_of_the_same_number_is_kept(requests):
    """Several handlers may follow one event of the browser."""
    assert requests.choose("controls", 3, "first") and requests.choose("controls", 3, "second")
    assert requests.value("controls") == "second"


def test_names_do_not_know_each_other(requests):
    requests.choose("tab", 9, "Trust")
    assert requests.choose("controls", 1, "average")
    assert (requests.value("tab"), requests.value("controls")) == ("Trust", "average")


def test_nothing_chosen_is_what_it_is_otherwise(requests):
    assert requests.value("tab") is None and requests.value("tab", "Explain") == "Explain"
    requests.choose("tab", 1, None)  # a photo that was removed, say
    assert requests.value("tab", "Explain") is None


def test_newer_run_ends_the_older_for_the_same_part(requests):
    older = requests.start("maps")
    assert older.holds()
    newer = requests.start("maps")
    assert newer.holds() and not older.holds()


def test_other_parts_go_on(requests):
    every, one = requests.start("maps", "slider"), requests.start("slider")
    assert every.holds("maps") and not every.holds("slider") and one.holds()
    assert every.holds()  # asked without a part, it answers for its first


def test_run_ends_nothing_before_it_takes_over(requests):
    older = requests.start("maps")
    newer = requests.begin("maps")
    assert older.holds() and not newer.holds()
    assert newer.take_over()
    assert newer.holds() and not older.holds()


def test_run_that_a_newer_one_overtook_is_refused(requests):
    older, newer = requests.begin("maps"), requests.begin("maps")
    assert newer.take_over()
    assert not older.take_over()
    assert newer.holds() and not older.holds()


def test_run_overtaken_in_one_of_its_parts_takes_over_none(requests):
    before, older = requests.start("maps"), requests.begin("maps", "slider")
    requests.start("slider")
    assert not older.take_over()
    assert before.holds() and not older.holds("maps")


def test_run_about_the_photo_ends_all_others(requests):
    before, maps, test = requests.start(PHOTO), requests.start("maps"), requests.start("trust")
    assert before.holds() and maps.holds() and test.holds()
    newer = requests.start(PHOTO)
    assert [run.holds() for run in (before, maps, test, newer)] == [False, False, False, True]
    assert requests.start("maps").holds() and newer.holds()


def test_refused_run_about_the_photo_ends_nothing(requests):
    older, newer = requests.begin(PHOTO), requests.start(PHOTO)
    maps = requests.start("maps")
    assert not older.take_over()
    assert newer.holds() and maps.holds() and requests.newest == newer.number


def test_run_holds_for_the_photo_at_which_it_took_over_and_not_began(requests):
    maps = requests.begin("maps")
    requests.start(PHOTO)
    assert maps.take_over() and maps.holds()


def test_newest_is_that_of_the_photo(requests):
    assert requests.newest == 0
    photo = requests.start(PHOTO)
    requests.start("maps")
    assert requests.newest == photo.number == 1


def test_stopped_run_holds_no_longer(requests):
    run = requests.start("sanity")
    assert requests.stop("sanity") and not run.holds()
    assert not requests.stop("sanity")  # there is none any more
    assert requests.start("sanity").holds() and not run.holds()


def test_every_session_begins_with_its_own(requests):
    requests.choose("tab", 5, "Trust")
    requests.start(PHOTO)
    copied = deepcopy(requests)
    assert copied.value("tab") is None and copied.newest == 0
    copied.choose("tab", 6, "Guide")
    assert requests.value("tab") == "Trust"


def test_no_event_comes_between_the_look_at_the_last_one_and_the_new_value(requests):
    class Overtaken(int):
        """A number at whose comparison a newer event arrives."""

        def __gt__(self, other: int) -> bool:
            newer.start()
            newer.join(0.2)
            return int(self) > int(other)

    newer = Thread(target=requests.choose, args=("tab", 9, "newest"))
    requests.choose("tab", Overtaken(1), "first")
    assert requests.choose("tab", 5, "between")
    newer.join()
    assert requests.value("tab") == "newest"


def test_highest_number_wins_among_threads(requests):
    numbers = list(range(THREADS * EVENTS))
    Random(0).shuffle(numbers)

    def choose(thread):
        for number in numbers[thread::THREADS]:
            if requests.choose("tab", number, number):
                assert requests.value("tab") >= number  # whatever another thread did since

    at_once(choose)
    assert requests.value("tab") == THREADS * EVENTS - 1


def test_exactly_one_run_holds_among_threads(requests):
    def begin_and_take_over(_):
        runs = [requests.begin("maps") for _ in range(EVENTS)]
        return runs, [run.take_over() for run in runs]

    results = at_once(begin_and_take_over)
    runs = [run for begun, _ in results for run in begun]
    assert sorted(run.number for run in runs) == list(range(1, THREADS * EVENTS + 1))
    [last] = [run for run in runs if run.holds()]
    assert last.number == THREADS * EVENTS
    accepted = {
        run.number: taken for begun, takings in results for run, taken in zip(begun, takings, strict=True)
    }
    assert accepted[last.number] and requests.runs == {"maps": last.number}


def test_number_comes_behind_the_inputs():
    with gr.Blocks():
        text, box, number = gr.Textbox(), gr.Checkbox(), gr.Number(visible=False)
    event = numbered([text, box], number)
    assert event["inputs"] == [text, box, number]
    assert event["js"] == "(...values) => [...values.slice(0, 2), window.nextRequest()]"
