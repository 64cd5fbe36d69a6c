"""The queue of a page that runs: whatever is thrown inside it, the next request is answered."""

import logging
import time
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from gradio_client import Client

from page.server.checked import CheckedBlocks
from page.server.queue import LastingQueue
from page.server.refusals import Refused


@pytest.fixture
def page():
    with CheckedBlocks() as page:
        box = gr.Textbox()
        box.submit(lambda text: text[::-1], box, box, api_name="turn", concurrency_limit=1)
    page.queue(max_size=8)
    page.launch(prevent_thread_lock=True, quiet=True, share=False)
    yield page
    page.close(verbose=False)


@pytest.fixture
def turn(page):
    client = Client(page.local_url, verbose=False, analytics_enabled=False)
    yield lambda text: client.submit(text, api_name="/turn").result(timeout=60)
    client.close()


def test_a_page_has_a_queue_that_lasts(page, turn):
    assert isinstance(page._queue, LastingQueue) and page._queue.max_size == 8
    assert turn("abc") == "cba"


@pytest.mark.parametrize("method", ["get_events", "broadcast_estimations", "__len__"])
def test_an_error_in_its_loops_does_not_stop_it(page, turn, monkeypatch, caplog, method):
    failed = []

    def fail(*given):
        failed.append(given)
        if len(failed) < 4:
            raise KeyError("session")
        return original(*given)

    original = getattr(LastingQueue, method)
    with caplog.at_level(logging.ERROR), monkeypatch.context() as patch:
        patch.setattr(LastingQueue, method, fail)
        deadline = time.monotonic() + 30
        while len(failed) < 4 and time.monotonic() < deadline:
            try:
                turn("abc")
            except Exception:  # the request in which it was thrown may be lost
                continue
    assert turn("abcd") == "dcba"
    assert not page._queue.stopped


def test_a_queue_that_was_stopped_goes_on(page, turn, caplog):
    page._queue.stopped = True
    deadline = time.monotonic() + 30
    while page._queue.stopped and time.monotonic() < deadline:
        time.sleep(0.02)
    assert turn("abc") == "cba"
    assert "it goes on" in caplog.text


def test_a_visit_that_gradio_has_forgotten_is_over(page, turn):
    class Event:
        session_hash, alive, _id = "forgotten", True, "e"

    event = Event()
    page._queue.send_message(event, None)
    assert not event.alive
    assert "forgotten" not in page._queue.pending_messages_per_session
    assert turn("abc") == "cba"


def test_a_call_without_a_session_leaves_no_state(page, turn):
    ask = f"{page.local_url}gradio_api/call/turn"
    for _ in range(3):
        event = httpx.post(ask, json={"data": ["abc"]}).json()["event_id"]
        assert "cba" in httpx.get(f"{ask}/{event}", timeout=60).text
    held = page.state_holder
    deadline = time.monotonic() + 20
    while held.session_data and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not held.session_data and not held.time_last_used
    assert turn("abc") == "cba"
    assert len(held.session_data) == 1  # the client's, which has one


def test_what_is_told_to_visitors_is_kept_for_more_of_them_than_may_come(page):
    kept = page._queue.pending_messages_per_session
    for number in range(5_000):
        kept[str(number)] = None
    assert "0" in kept


@pytest.mark.parametrize("event", [-1, 999, 10**30, None])
def test_an_event_that_the_page_does_not_have_is_refused(page, run_apart, event):
    with pytest.raises(Refused):
        run_apart(page._queue.push(SimpleNamespace(fn_index=event), None, None))


def test_what_nobody_reads_is_dropped(page, turn, monkeypatch):
    monkeypatch.setattr("page.server.queue.UNREAD", 0.5)
    queue = page._queue
    (turned,) = (number for number, fn in page.fns.items() if fn.api_name == "turn")
    body = {"data": ["abc"], "fn_index": turned, "session_hash": "silent"}
    httpx.post(f"{page.local_url}gradio_api/queue/join", json=body).raise_for_status()
    deadline = time.monotonic() + 20
    while queue.pending_messages_per_session["silent"].qsize() < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert queue.pending_messages_per_session["silent"].qsize() >= 2
    time.sleep(0.6)
    assert turn("abc") == "cba"  # somebody else asks
    assert "silent" not in queue.pending_messages_per_session


def test_a_closed_page_stops(page):
    page.close(verbose=False)
    assert page._queue.stopped
    time.sleep(0.3)
    assert page._queue.stopped
