"""Uploads to a page that runs: too many, too large, too slow, cut off, called something odd."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx

from page.server.refusals import NO_ROOM, NOT_UPLOADED, TOO_LARGE, TOO_LARGE_FILE, TOO_MANY_FILES
from tests.hostile.client import API, JSON, ROOT, call, explained, photo, tool, until, upload, visitor
from tests.hostile.corpus import encode, picture

CAR = (ROOT / "examples" / "suv_1.jpg").read_bytes()


def test_thousands_of_uploads_while_it_sweeps(swept):
    """And what is cut off, sent in the wrong field, or called something odd."""
    ann, bob, uploads, _ = swept
    small = encode(picture(), "PNG")
    began = time.monotonic()

    def send(number):
        http = (ann, bob)[number % 2]
        if number % 50 == 0:
            http.post(f"{API}/upload", files={"other": ("..", small)})
        if number % 50 == 1:
            head = {"content-type": "multipart/form-data; boundary=x"}
            cut = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + small
            http.post(f"{API}/upload", content=cut, headers=head)
        return upload(http, ("car.png", "..", "n" * 300)[number % 3], small).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, range(2000))) == {200}
    assert uploads._sweeper.is_alive()
    print(f"2,000 uploads in {time.monotonic() - began:.0f} s")
    newest = time.time()
    assert until(lambda: not [name for _, _, names in os.walk(uploads.folder) for name in names], 30)
    assert time.time() - newest < 3 + 2 * 0.3 + 5
    assert until(lambda: uploads._of_all() == 0, 5)
    assert explained(ann)


def test_so_many_files_and_bytes_a_request(swept):
    ann, _, uploads, _ = swept
    many = [("files", (f"{number}.png", b"x")) for number in range(5)]
    answer = ann.post(f"{API}/upload", files=many)
    assert (answer.status_code, answer.text) == (400, TOO_MANY_FILES.format(4))
    assert len(ann.post(f"{API}/upload", files=many[:4]).json()) == 4
    answer = ann.post(f"{API}/upload", files=[("files", (f"{n}.bin", bytes(31_000_000))) for n in range(2)])
    assert (answer.status_code, answer.text) == (413, TOO_LARGE)
    answer = upload(ann, "car.jpg", bytes(40_000_001))
    assert (answer.status_code, answer.text) == (413, TOO_LARGE_FILE.format(40))
    for route in ("call/upload", "call/v2/upload", "stream/upload", "upload/", "run/upload"):
        assert ann.post(f"{API}/{route}", content=bytes(2_000_000)).status_code in (403, 404, 405, 413)
    assert until(lambda: uploads._of_all() == 0, 20)


def test_one_visitor_cannot_fill_the_disk(serve):
    with (
        serve(most_of_one=3_000_000, most_of_all=4_000_000) as (url, _, _),
        visitor(url) as ann,
        visitor(url, 1) as bob,
    ):
        bobs = Path(upload(bob, "bob.jpg", bytes(900_000)).json()[0])
        paths = [Path(upload(ann, f"{n}.jpg", bytes(900_000)).json()[0]) for n in range(6)]
        assert [path.exists() for path in paths] == [False] * 3 + [True] * 3
        assert bobs.exists()
        answer = upload(bob, "bob.jpg", bytes(2_000_000))
        assert (answer.status_code, answer.text) == (507, NO_ROOM)
        status, event, content = call(ann, "classify", [photo(str(paths[0])), "average", "final"])
        assert (status, event, content["error"]) == (200, "error", NOT_UPLOADED)
        data = f"data:image/jpeg;base64,{'A' * 4_400_000}"
        assert NO_ROOM in tool(ann, {"photo": data})


def test_only_pictures_are_shown_and_only_files_given(swept):
    ann, _, uploads, _ = swept
    for name, shown in (
        *(("car.jpg", "image/jpeg"), ("car.png", "image/png"), ("car.webp", "image/webp")),
        *(("page.html", ""), ("drawing.svg", ""), ("script.js", ""), ("car.xml", ""), ("car", "")),
    ):
        path = upload(ann, name, b"<script>alert(1)</script>").json()[0]
        for headers in ({}, {"range": "bytes=0-5", "content-type": "text/html"}):
            answer = ann.get(f"{API}/file={path}", headers=headers)
            assert answer.headers["content-type"] == (shown or "application/octet-stream"), name
            disposition = answer.headers.get("content-disposition", "inline")
            assert disposition.startswith("inline" if shown else "attachment"), name
            assert answer.headers["x-content-type-options"] == "nosniff"
    for path in (uploads.folder, uploads.folder.parent / "lock", "/etc/passwd", ROOT / "dashboard.py"):
        assert ann.get(f"{API}/file={path}").status_code == 404


def test_progress_of_an_upload_is_told(swept):
    ann, _, _, _ = swept
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(ann.get, f"{API}/upload_progress", params={"upload_id": "up1"})
        time.sleep(0.3)
        ann.post(f"{API}/upload", params={"upload_id": "up1"}, files={"files": ("car.jpg", CAR)})
        events = [
            json.loads(line.removeprefix("data: ")) for line in told.result().text.split("\n\n") if line
        ]
    assert events[-1] == {"msg": "done"}
    assert {each["orig_name"] for each in events[:-1]} <= {"car.jpg"}
    assert sum(each["chunk_size"] for each in events[:-1]) in (0, len(CAR))  # at once, or seen on its way
    for wrong in ("", "../x", "a" * 65, "ü"):
        assert ann.get(f"{API}/upload_progress", params={"upload_id": wrong}).status_code in (200, 400)


def test_slow_bodies_are_closed(serve, monkeypatch):
    monkeypatch.setattr("page.server.bodies.PATIENCE", 1.0)

    def trickle(head):
        yield head
        for _ in range(100):
            yield b" "
            time.sleep(0.1)

    with serve() as (url, _, _), visitor(url) as http:
        form = {"content-type": "multipart/form-data; boundary=x"}
        part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for route, head, begin in (("queue/join", JSON, b"{"), ("upload", form, part)):
            began = time.monotonic()
            with suppress(httpx.WriteError, httpx.ReadError):  # closed before all was sent
                assert http.post(f"{API}/{route}", content=trickle(begin), headers=head).status_code == 408
            assert time.monotonic() - began < 8
        assert explained(http)
