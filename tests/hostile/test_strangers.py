"""What strangers once could do to a page that runs: delete files, stop it, fill its disk."""

import base64
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from page.server.refusals import FULL, NOT_YOURS
from tests.hostile.client import API, JSON, ROOT, call, explained, photo, tool, until, upload, visitor

CAR = (ROOT / "examples" / "suv_1.jpg").read_bytes()
SETTINGS = ["average", "suv", "sedan", "final", "blur", 0.5]


def test_no_file_of_the_machine_is_deleted_or_opened(swept, tmp_path):
    ann, _, uploads, page = swept
    canary, car = tmp_path / "canary.txt", tmp_path / "car.jpg"
    canary.write_text("alive")
    car.write_bytes(CAR)
    folder = tmp_path / "folder"
    folder.mkdir()
    link = uploads.folder / "link.jpg"
    link.symlink_to(car)
    for path in map(str, (canary, car, folder, link, f"{uploads.folder}/../../{car.name}")):
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        said = tool(ann, {"photo": "data:,", "x": {"path": path}})  # what was deleted a minute later
        assert "Error" in said or "error" in said
        for arguments in (
            {"photo": file},
            {"photo": path},
            {"photo": f"file://{path}"},
            {"photo": "data:image/png;base64,AAAA", "ensemble": file},
            {"photo": {"path": path}, "networks": {"path": path}},
        ):
            said = tool(ann, arguments)
            assert "sentence" not in said, said  # no answer about what is in the file
        for data in ([file, "average", "final"], [photo(path), file, file]):
            _status, event, content = call(ann, "classify", data)
            assert event in ("refused", "error"), content
        ann.post(f"{API}/call/classify", json={"data": [], "x": {"path": path}, "event_data": {"path": path}})
    assert page.upload_file_set == set()
    time.sleep(4)  # longer than anything uploaded lasts
    assert canary.read_text() == "alive" and car.read_bytes() == CAR and folder.is_dir()
    assert until(lambda: not link.is_symlink(), 10)
    assert explained(ann)


@pytest.mark.parametrize(
    "session",
    ["", " ", "a" * 1000, "../x", "ü", 3, None, [], {"a": 1}, True],
    ids=lambda each: repr(each)[:9],
)
def test_no_session_stops_the_page(swept, session):
    """Six requests so that all that compute are busy; one more whose visit gradio cannot find."""
    ann, bob, _, page = swept
    path = upload(ann, "car.jpg", CAR).json()[0]
    ann.post(f"{API}/queue/join", json={"session_hash": "a", "fn_index": 0, "data": []})
    for _ in range(6):
        assert ann.post(f"{API}/call/explain", json={"data": [photo(path), *SETTINGS]}).status_code == 200
    (explain,) = (fn._id for fn in page.fns.values() if fn.api_name == "explain")
    body = {"data": [photo(path), *SETTINGS], "fn_index": explain, "session_hash": session}
    refused = ann.post(f"{API}/queue/join", content=json.dumps(body), headers=JSON)
    assert (refused.status_code, refused.text) == (400, NOT_YOURS)
    assert until(lambda: not len(page._queue) and not any(page._queue.active_jobs))
    assert not page._queue.stopped
    assert explained(bob)


def test_nobody_reads_or_ends_what_another_has_asked(swept):
    ann, bob, _, _ = swept
    path = upload(ann, "car.jpg", CAR).json()[0]
    event = ann.post(f"{API}/call/explain", json={"data": [photo(path), *SETTINGS]}).json()["event_id"]
    for answer in (
        bob.get(f"{API}/call/explain/{event}"),
        bob.get(f"{API}/queue/data", params={"session_hash": event}),
        bob.post(f"{API}/cancel", json={"session_hash": event, "event_id": event, "fn_index": 1}),
        bob.post(f"{API}/reset", json={"event_id": event}),
        bob.post(f"{API}/queue/join", json={"session_hash": event, "fn_index": 1, "data": []}),
        bob.get(f"{API}/heartbeat/{event}"),
    ):
        assert (answer.status_code, answer.text) == (404, NOT_YOURS)
    assert '"gradcam_75"' in ann.get(f"{API}/call/explain/{event}").text


def test_an_event_that_is_ended_keeps_its_place_until_its_work_is_over(serve, monkeypatch):
    """gradio frees it at once, and whoever asks and cancels has as many computed at once as they like."""
    running, most, lock = 0, 0, threading.Lock()

    def slow(*given):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.5)
        with lock:
            running -= 1
        return {"sentence": "Slow."}

    monkeypatch.setattr("page.api.answers.classify", slow)
    with serve() as (url, _, page), visitor(url) as ann:
        path = upload(ann, "car.jpg", CAR).json()[0]
        for _ in range(16):
            data = {"data": [photo(path), "average", "final"]}
            event = ann.post(f"{API}/call/classify", json=data).json()["event_id"]
            time.sleep(0.1)
            body = {"session_hash": event, "event_id": event, "fn_index": 0}
            ended = ann.post(f"{API}/cancel", json=body)
            assert ended.status_code in (200, 404)
        assert until(lambda: not len(page._queue) and not any(page._queue.active_jobs))
    assert 1 <= most <= 4


def test_one_address_cannot_end_the_visits_of_others(serve, monkeypatch):
    monkeypatch.setattr("page.server.visitors.VISITS", 5)
    with serve() as (url, _, page), visitor(url) as ann, visitor(url, 1) as bob:
        tab = next(number for number, fn in page.fns.items() if fn.name == "came_to_front")
        held = page.state_holder.session_data
        bob.post(f"{API}/queue/join", json={"session_hash": "bobs", "fn_index": tab, "data": [None, 0]})
        assert until(lambda: "bobs" in held)
        for number in range(20):
            body = {"session_hash": f"ann{number}", "fn_index": tab, "data": [None, 0]}
            ann.post(f"{API}/queue/join", json=body)
        assert until(lambda: not len(page._queue) and not any(page._queue.active_jobs))
        assert "bobs" in held
        assert len([each for each in held if each.startswith("ann")]) <= 5


def test_calls_without_a_session_end_nobodys(serve):
    """gradio gives each a session of its own, and forgets the oldest of all for it."""
    with serve() as (url, _, page), visitor(url) as ann, visitor(url, 1) as bob:
        page.state_holder.capacity = 20
        tab = next(number for number, fn in page.fns.items() if fn.name == "came_to_front")
        bob.post(f"{API}/queue/join", json={"session_hash": "bobs", "fn_index": tab, "data": [None, 0]})
        assert until(lambda: "bobs" in page.state_holder.session_data)
        asked = 0
        while asked < 40:
            begun = ann.post(f"{API}/call/classify", json={"data": []})
            asked += begun.status_code == 200
        event = begun.json()["event_id"]
        body = {"session_hash": event, "fn_index": tab, "data": [None, 0]}
        assert ann.post(f"{API}/queue/join", json=body).status_code == 404
        assert until(lambda: [*page.state_holder.session_data] == ["bobs"])


@pytest.mark.parametrize(
    "arguments",
    [
        {"photo": "data:,", "x": [[]] * 30_000},
        {"photo": "data:" + ";" * 3_000_000},
        {"photo": "data:image/png;base64,!!!!"},
        {"photo": ";" * 1000 + ","},
    ],
    ids=("lists", "semicolons", "no base64", "head"),
)
def test_no_tool_call_holds_the_page_up(swept, arguments):
    ann, bob, _, _ = swept
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(tool, ann, arguments)
        slowest = 0.0
        while not asked.done():
            began = time.monotonic()
            bob.get("/robots.txt")
            slowest = max(slowest, time.monotonic() - began)
        said = asked.result()
    assert "sentence" not in said
    assert slowest < 3


def test_every_tool_answers(swept):
    ann, _, _, _ = swept
    picture = f"data:image/jpeg;base64,{base64.b64encode(CAR).decode()}"
    for name, more in (
        *(("classify", {}), ("explain", {"tolerance": 0.5}), ("compare", {"method": "gradcam"})),
        ("what_if", {"box": [0.1, 0.1, 0.5, 0.5]}),
        ("what_if", {"edits": ["mirror"]}),
    ):
        said = tool(ann, {"photo": picture, **more}, name)
        assert '"isError":false' in said.replace(" ", ""), said[:500]
    bare = base64.b64encode(CAR).decode()
    assert '"isError":false' in tool(ann, {"photo": bare}).replace(" ", "")
    for path in ("/etc/passwd", str(ROOT / "examples" / "suv_1.jpg")):
        for name in ("classify", "explain", "compare", "what_if", "evidence"):
            assert '"isError":true' in tool(ann, {"photo": path}, name).replace(" ", "")


def test_slow_bodies_take_no_place_of_others(serve):
    """A body that is still coming is held by nobody's memory and in nobody's way."""
    with serve() as (url, _, _), ExitStack() as stack:
        host, port = url.removeprefix("http://").split(":")
        lines = f"POST {API}/mcp/ HTTP/1.1", f"Host: {host}", "Content-Length: 20000000", "", ""
        head = "\r\n".join(lines)
        for number in range(9):
            address = f"127.0.1.{1 + number // 3}", 0
            slow = stack.enter_context(socket.create_connection((host, int(port)), source_address=address))
            slow.sendall(head.encode() + b"{" + b" " * 2_000_000)
        time.sleep(1)
        with visitor(url, 3) as other:
            picture = f"data:image/jpeg;base64,{base64.b64encode(CAR).decode()}"
            said = tool(other, {"photo": picture, "x": "A" * 1_500_000})
            assert said != FULL and "jsonrpc" in said
            assert explained(other)
