"""Hostile requests: every route answers with a status below 500 or a sentence, and no file leaves."""

import json
import time
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from page.server.refusals import NOT_UPLOADED
from page.server.upload_folder import PREFIX
from tests.hostile.client import (
    API,
    ELSEWHERE,
    JSON,
    ROOT,
    assert_gives_nothing_away,
    call,
    classify,
    explained,
    photo,
    upload,
)
from tests.hostile.corpus import NAMES, encode, picture, sample
from tests.hostile.reading import TELLTALE, is_one_sentence

CAR = (ROOT / "examples" / "suv_1.jpg").read_bytes()
BODIES = {
    "empty": b"",
    "text": b"no json",
    "null": b"null",
    "list": b"[]",
    "number": b"1e999",
    "deep": b"[" * 20_000 + b"]" * 20_000,
    "deep data": b'{"data":' + b"[" * 500 + b"]" * 500 + b"}",
    "not a number": b'{"data":[NaN, Infinity, -Infinity]}',
    "huge function": b'{"data":[],"fn_index":1000000000000,"session_hash":"a"}',
    "negative function": b'{"data":[],"fn_index":-1,"session_hash":"a"}',
    "text for a function": b'{"data":"x","fn_index":"x","session_hash":"a"}',
    "table for data": b'{"data":{"a":1},"fn_index":1,"session_hash":"a"}',
    "oversized": b'{"data":["' + b"x" * 2_000_000 + b'"]}',
    "elsewhere": json.dumps({"data": [photo(ELSEWHERE)], "fn_index": 1, "session_hash": "a"}).encode(),
    "bytes": bytes(range(256)) * 20,
    "no text": b'{"data": "\xff"}',
}
POSTS = (
    *("queue/join", "call/classify", "call/explain", "call/none", "call/v2/classify", "cancel", "reset"),
    *("mcp/", "mcp/http/", "upload"),
)
CLOSED = (
    *("run/classify", "api/explain", "run/predict", "component_server", "stream/x", "stream/x/close"),
    *("process_recording", "vibe-edit/", "undo-vibe-edit/", "run-history/connect", "mcp/sse", "deep_link"),
    *("mcp/messages/", "launch", "queue/data", "call/upload", "call/v2/upload/x", "stream/upload"),
    *("upload/", "upload/upload", "dev/reload", "profiling/clear", "login", "mcp/http/x/upload"),
)
FILES = (
    *("file=/etc/passwd", "file=../../etc/passwd", "file=%2e%2e%2f%2e%2e%2fetc/passwd", "file=dashboard.py"),
    *("file=//etc/passwd", "file=weights/final-75.json", "file=~/.bashrc", "file=C:\\windows\\win.ini"),
    *("file/etc/passwd", f"file={ELSEWHERE}", f"proxy={ELSEWHERE}", "proxy=https://x.hf.space/", "file=\0"),
    *("custom_component/x/client/component/..%2f..%2fetc", "upload_progress?upload_id=x", "vibe-code/"),
    *("deep_link?session_hash=../../etc", "stream/x/y/1/playlist.m3u8", "call/classify/none"),
    *("stream/..%2f..%2fetc/y/1/playlist-file", "file=" + "a" * 5_000, "run-history/records"),
)
PAGES = (
    *("/static/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2f..%2fetc%2fpasswd", "/svelte/..%2f..%2fpasswd"),
    *("/pwa_icon/99999999", "/pwa_icon/20000", "/pwa_icon/-1", "/pwa_icon/x", "/monitoring", "/docs"),
    *("/?deep_link=../../../etc/passwd", "/proxy=http://example.org", "/login", "/logout", "/%00"),
)


@pytest.fixture(scope="module", autouse=True)
def nothing_from_before(outside):
    """What other tests of this process asked for is not the page's doing."""
    outside.clear()


@pytest.mark.parametrize("path", [*(f"{API}/{each}" for each in FILES), *PAGES])
def test_no_route_gives_a_file_away(http, path):
    answer = http.get(path) if "\0" not in path else http.get(path.replace("\0", "%00"))
    assert answer.status_code < 500
    assert_gives_nothing_away(answer.text)
    if "file" in path or "proxy" in path or ".." in path:
        assert answer.status_code >= 400 or "deep_link" in path or "upload" in path or "call" in path


@pytest.mark.parametrize("route", POSTS)
def test_hostile_bodies_are_refused(http, route):
    for name, body in BODIES.items():
        answer = http.post(f"{API}/{route}", content=body, headers=JSON)
        assert answer.status_code < 500, name
        assert_gives_nothing_away(answer.text)
        large = name == "oversized" and not route.startswith("mcp")  # whose photos are part of the request
        if (large or name == "elsewhere") and route != "upload":
            assert answer.status_code in (403, 413), name
            assert is_one_sentence(answer.text), name


@pytest.mark.parametrize("route", CLOSED)
def test_other_routes_are_closed(http, route):
    for name, body in BODIES.items():
        answer = http.post(f"{API}/{route}", content=body, headers=JSON)
        assert answer.status_code in (400, 403, 404, 405, 413, 422), name
        assert_gives_nothing_away(answer.text)


EXPLAIN = ["average", "suv", "sedan", "final", "blur", 0.02]
PATHS = (
    *("/etc/passwd", "../../etc/passwd", str(ROOT / "examples" / "suv_1.jpg"), str(ROOT / "dashboard.py")),
    *("", ".", "/", "/proc/self/environ", "/dev/zero", "\0", "a" * 5_000, "https:/example.org", ELSEWHERE),
)


@pytest.mark.parametrize("path", PATHS)
def test_hand_made_paths_reach_no_file(http, path):
    for data in ([photo(path), "average", "final"], [photo("x", url=path), "average", "final"]):
        status, event, content = call(http, "classify", data)
        assert status < 500
        assert event in ("refused", "error"), content
        assert is_one_sentence(content if event == "refused" else content["error"])
        assert_gives_nothing_away(json.dumps(content))


@pytest.mark.parametrize(
    "settings",
    [
        ["nonsense", "suv", "sedan", "final", "blur", 0.02],
        ["average", "lorry", "sedan", "final", "blur", 0.02],
        ["average", "suv", "suv", "final", "blur", 0.02],
        ["average", "suv", "sedan", "../final", "blur", 0.02],
        ["average", "suv", "sedan", "final", "white", 0.02],
        ["average", "suv", "sedan", "final", "blur", 1e300],
        ["average", "suv", "sedan", "final", "blur", -1],
        ["average", "suv", "sedan", "final", "blur", "tiny"],
        ["average", "suv", "sedan", "final", "blur", 0],
        [None] * 6,
        [["average"], {"a": 1}, 3, True, [], {}],
        [photo("/etc/passwd")] * 6,
    ],
)
def test_wrong_settings_end_in_a_sentence(http, settings):
    path = upload(http, "car.jpg", CAR).json()[0]
    status, event, content = call(http, "explain", [photo(path), *settings])
    assert (status, event) == (200, "error"), content
    assert is_one_sentence(content["error"]), content
    assert_gives_nothing_away(json.dumps(content))


WHAT_IF = [[], None, "blur", "average", "predicted", "nothing", "final", ["gradcam"]]


@pytest.mark.parametrize(
    ("endpoint", "settings", "sentence"),
    [
        ("classify", ["average", "other"], "“networks” must be one of final"),
        ("classify", ["average"], "takes a list of 3: photo, ensemble, networks."),
        ("evidence", [*EXPLAIN, "stars"], "“detail” must be one of regions, pixels."),
        ("compare", ["lime", *EXPLAIN[1:3], *EXPLAIN[4:]], "“method” must be one of gradcam, integrated_g"),
        ("compare", ["shap", "suv", "suv", "blur", 0.02], "please choose another one."),
        ("what_if", [["paint"], *WHAT_IF[1:]], "“edits” must be a list of any of border, wheels_row, mirr"),
        ("what_if", ["border", *WHAT_IF[1:]], "“edits” must be a list of any of border, wheels_row, mirr"),
        ("what_if", [[], [0, 0, 1e300, 1], *WHAT_IF[2:]], "all between 0 and 1; please change it."),
        ("what_if", [[], {"left": 1}, *WHAT_IF[2:]], "A box is a list of four numbers"),
        ("what_if", [[], [[0], 0, 1, 1], *WHAT_IF[2:]], "A box is a list of four numbers"),
        ("what_if", [[], 10**39, *WHAT_IF[2:]], "A box is a list of four numbers"),
        ("what_if", [*WHAT_IF[:2], "tar", *WHAT_IF[3:]], "“fill” must be one of blur, grey, mean."),
        ("what_if", [*WHAT_IF[:4], "lorry", *WHAT_IF[5:]], "“toward” must be one of predicted, sedan"),
        ("what_if", [*WHAT_IF[:7], [3]], "“methods” must be a list of any of gradcam, integrated_gradie"),
    ],
)
def test_a_wrong_choice_is_told_what_is_right(http, endpoint, settings, sentence):
    path = upload(http, "car.jpg", CAR).json()[0]
    status, event, content = call(http, endpoint, [photo(path), *settings])
    assert (status, event) == (200, "error"), content
    assert is_one_sentence(content["error"]) and sentence in content["error"], content
    assert_gives_nothing_away(json.dumps(content))


@pytest.mark.parametrize("given", ["car.jpg", 3, [], {"path": "/etc/passwd"}, {"path": 3, "meta": {}}])
def test_what_is_no_photo_is_told_so(http, given):
    status, event, content = call(http, "classify", [given, "average", "final"])
    assert (status, event, content["error"]) == (
        200,
        "error",
        "“photo” must be a file that was uploaded before.",
    )


def test_clients_are_told_what_is_right(outside, served):
    before = len(outside)
    client = Client(served, verbose=False, analytics_enabled=False)
    del outside[before:]  # its library asks huggingface.co for a list, which is not the page's doing
    for asked, sentence in (
        ({"toward": "lorry"}, "“toward” must be one of predicted, sedan, coupe, suv, truck."),
        ({"tolerance": 1e300}, "“tolerance” must be a number from 0.001 to 0.5."),
    ):
        with pytest.raises(AppError) as refused:
            client.predict(handle_file(ROOT / "examples" / "suv_1.jpg"), **asked, api_name="/explain")
        assert refused.value.message == sentence


def test_too_large_a_file_is_refused(http):
    answer = upload(http, "car.jpg", bytes(43_000_000))
    assert answer.status_code == 413
    status, event, content = classify(http, "car.jpg", bytes(21_000_000))
    assert event == "error"
    assert content["error"] == "This file is larger than 20 MB; please make the picture smaller first."
    assert status == 200


@pytest.mark.parametrize("name", NAMES)
def test_uploads_stay_in_their_folder(http, name):
    answer = upload(http, name, encode(picture(), "PNG"))
    assert answer.status_code < 500
    if answer.status_code == 200:
        found = Path(answer.json()[0]).resolve()
        assert found.is_file()
        assert found.parents[2].name.startswith(PREFIX)


def test_hostile_pictures_end_in_an_answer_or_a_sentence(http):
    """A few; `python -m tests.hostile page` sends hundreds."""
    for each in sample(12):
        status, event, content = classify(http, each.name, each.data)
        assert status < 500, each.name
        if event == "error":
            assert is_one_sentence(content["error"]), (each.kind, each.name)
        elif event == "complete":
            assert not TELLTALE.search(content[0]["sentence"])


def test_uploads_are_deleted(serve):
    with serve(every=0.5, age=2.0) as (url, uploads, _), httpx.Client(base_url=url, timeout=60) as http:
        path = Path(upload(http, "car.jpg", CAR).json()[0])
        assert path.is_file()
        assert path.is_relative_to(uploads.folder)
        assert http.get(f"{API}/file={path}").content == CAR
        deadline = time.monotonic() + 30
        while path.exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert not path.exists()
        assert http.get(f"{API}/file={path}").status_code == 404
        status, event, content = call(http, "classify", [photo(str(path)), "average", "final"])
        assert (status, event, content["error"]) == (200, "error", NOT_UPLOADED)


def test_page_still_works_and_nothing_left_the_machine(http, outside):
    assert explained(http)
    assert outside == []
