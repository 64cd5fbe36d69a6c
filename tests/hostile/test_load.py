"""Crowds, bounds and visitors who leave; `python -m tests.hostile load` is the long form."""

import threading
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from page.server.refusals import FULL, YOUR_TURN
from tests.hostile.client import API, photo, until, upload, visitor
from tests.hostile.load import PHOTOS, SETTINGS, Load, drive, figures, same

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def slow(monkeypatch):
    """Makes classifying wait until it is told to go on; counts how many began."""
    begun, go_on = [], threading.Event()

    def wait(*given):
        begun.append(given)
        go_on.wait(60)
        return {"sentence": "Slow."}

    monkeypatch.setattr("page.api.answers.classify", wait)
    yield begun, go_on
    go_on.set()


def ask(http, path):
    return http.post(f"{API}/call/classify", json={"data": [photo(path), "average", "final"]})


@pytest.fixture
def visitors():
    """Makes clients of a page, each with an address of its own."""
    with ExitStack() as stack:
        yield lambda url, count: [stack.enter_context(visitor(url, number)) for number in range(count)]


def test_beyond_the_queue_a_polite_refusal_and_after_it_an_answer(serve, slow, visitors):
    begun, go_on = slow
    with serve(waiting=3) as (url, _, page):
        first, *others = visitors(url, 6)
        path = upload(first, "car.jpg", (ROOT / "examples" / PHOTOS[0]).read_bytes()).json()[0]
        for number in range(4):  # as many as are computed at once
            assert ask(first, path).status_code == 200
            assert until(lambda least=number: len(begun) > least)
        answers = [ask(http, path) for http in others]
        assert [answer.status_code for answer in answers] == [200] * 3 + [503] * 2
        assert answers[-1].json() == {"detail": FULL}
        assert answers[-1].headers["retry-after"] == "60"
        go_on.set()
        assert until(lambda: len(begun) == 7)
        assert until(lambda: not len(page._queue) and not any(page._queue.active_jobs))
        assert ask(first, path).status_code == 200
        assert until(lambda: len(begun) == 8 and not any(page._queue.active_jobs))


def test_one_address_has_a_quarter_of_the_queue(serve, slow, visitors):
    begun, go_on = slow
    with serve(waiting=8) as (url, _, page):
        greedy, other = visitors(url, 2)
        path = upload(greedy, "car.jpg", (ROOT / "examples" / PHOTOS[0]).read_bytes()).json()[0]
        for number in range(4):
            ask(greedy, path)
            assert until(lambda least=number: len(begun) > least)
        answers = [ask(greedy, path) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 503, 503]
        assert answers[-1].json() == {"detail": YOUR_TURN}
        assert ask(other, path).status_code == 200
        # What a proxy says of who asks is believed where one is configured, and nowhere else.
        forwarded = {"x-forwarded-for": "192.0.2.7"}
        data = {"data": [photo(path), "average", "final"]}
        assert greedy.post(f"{API}/call/classify", json=data, headers=forwarded).status_code == 503
        go_on.set()
        assert until(lambda: not len(page._queue) and not any(page._queue.active_jobs))


def test_a_visitor_who_leaves_frees_what_waits(serve, slow):
    """Five ask, four are computed; the one that waits leaves and is never begun."""
    begun, go_on = slow
    with serve() as (url, _, page), httpx.Client(base_url=url, timeout=60) as http:
        path = upload(http, "car.jpg", (ROOT / "examples" / PHOTOS[0]).read_bytes()).json()[0]
        for _ in range(4):
            ask(http, path)
        assert until(lambda: len(begun) == 4)
        left = ask(http, path).json()["event_id"]
        with http.stream("GET", f"{API}/call/classify/{left}") as answer:
            assert answer.status_code == 200
            assert until(lambda: len(page._queue) == 1)
        assert until(lambda: len(page._queue) == 0)
        go_on.set()
        assert until(lambda: not any(page._queue.active_jobs))
    assert len(begun) == 4


def test_several_users_get_what_one_gets(served):
    expected = {}
    assert drive(served, 1, 2, expected).wrong == 0
    found = drive(served, 3, 6, expected)
    assert (len(found.seconds), found.refused, found.wrong, found.lost) == (6, 0, 0, 0)


def test_what_is_the_same():
    answer = {"maps": {"shap_75": {"sum": 1.0, "seconds": 3.0}}, "mode": "average"}
    assert figures(answer) == {"maps": {"shap_75": {"sum": 1.0}}, "mode": "average"}
    assert same({"a": [1.0, "x"]}, {"a": [1.00001, "x"]})
    assert not same({"a": [1.0, "x"]}, {"a": [1.001, "x"]})
    assert not same({"a": 1.0}, {"b": 1.0})
    assert not same([1.0], [1.0, 1.0])


def test_percentiles():
    assert Load(1, tuple(float(each) for each in range(101)), 0, 0, 0).percentiles == (50.0, 95.0)
    assert all(len(each) == 6 for each in SETTINGS)
