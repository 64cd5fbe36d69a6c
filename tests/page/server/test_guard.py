import errno
import json

import httpx
import pytest
from starlette.responses import JSONResponse

from page.server.guard import FULL, MAX_BODY, NO_FETCHING, NO_ROOM, NOT_UNDERSTOOD, TOO_LARGE, Guard


async def behind(scope, receive, send):
    """Answers with the body it was given; some paths fail before it, in its middle or after it."""
    if scope["path"] == "/broken":
        raise KeyError("/a/path")
    if scope["path"] == "/disk":
        raise OSError(errno.ENOSPC, "No space left on device", "/a/path")
    if scope["path"] == "/full":
        await JSONResponse({"detail": "Queue is full. Max size is 9."}, 503)(scope, receive, send)
        return
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body or b"nothing", "more_body": True})
    if scope["path"] == "/late":
        raise KeyError("/a/path")
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    if scope["path"] == "/twice":
        await JSONResponse("again")(scope, receive, send)
    if scope["path"] == "/afterwards":
        raise KeyError("/a/path")


@pytest.fixture
def ask(run_apart):
    async def strict(scope, receive, send):
        """A server that takes one answer to a request, as uvicorn does."""
        over = False

        async def take(message):
            nonlocal over
            assert not over
            over = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        await Guard(behind)(scope, receive, take)

    def ask(method, path, content=b""):
        async def once():
            transport = httpx.ASGITransport(strict)
            async with httpx.AsyncClient(transport=transport, base_url="http://page") as http:
                return await http.request(method, path, content=content)

        answer = run_apart(once())
        return answer.status_code, answer.text

    return ask


@pytest.mark.parametrize(
    "path",
    ["/proxy=http://a.b", "/gradio_api/proxy=https://a.hf.space/x", "/gradio_api/file=http://a.b/c.jpg"],
)
def test_nothing_is_fetched_from_elsewhere(ask, path):
    assert ask("GET", path) == (403, NO_FETCHING)


@pytest.mark.parametrize("address", ["http://a.b/c.jpg", " HTTPS://a.b", "ftp://a.b", "file:///etc/passwd"])
def test_files_named_by_an_address_are_refused(ask, address):
    body = json.dumps({"data": [1, [{"photo": {"path": address}}]]}).encode()
    assert ask("POST", "/gradio_api/call/classify", body) == (403, NO_FETCHING)
    harmless = body.replace(address.encode(), b"car.jpg")
    assert ask("POST", "/gradio_api/call/classify", harmless) == (200, harmless.decode())


def test_large_bodies_are_refused_except_for_uploads(ask):
    assert ask("POST", "/gradio_api/queue/join", bytes(MAX_BODY + 1)) == (413, TOO_LARGE)
    assert ask("POST", "/gradio_api/queue/join", bytes(MAX_BODY))[0] == 200
    assert ask("POST", "/gradio_api/upload", bytes(MAX_BODY + 1))[0] == 200


@pytest.mark.parametrize("depth", [60, 100_000])
def test_deep_bodies_are_refused(ask, depth):
    assert ask("POST", "/gradio_api/queue/join", b"[" * depth + b"]" * depth) == (400, NOT_UNDERSTOOD)


def test_other_bodies_arrive_as_they_were_sent(ask):
    for body in (b"", b"no json", b'{"data": []}', "ü".encode()):
        assert ask("POST", "/gradio_api/queue/join", body) == (200, body.decode() or "nothing")


@pytest.mark.parametrize("body", [bytes(range(256)), b"\xff", '{"data": []}'.encode("utf-16")])
def test_what_is_no_text_is_refused_except_for_uploads(ask, body):
    assert ask("POST", "/gradio_api/mcp/", body) == (400, NOT_UNDERSTOOD)
    assert ask("POST", "/gradio_api/upload", body)[0] == 200


def test_full_queue_is_a_polite_sentence(ask):
    assert ask("POST", "/full") == (503, json.dumps({"detail": FULL}, separators=(",", ":")))


def test_failures_are_a_sentence(ask):
    assert ask("GET", "/broken") == (400, NOT_UNDERSTOOD)
    assert ask("POST", "/disk") == (507, NO_ROOM)
    assert ask("POST", "/late", b"begun") == (200, "begun")


def test_only_the_first_answer_counts(ask):
    assert ask("POST", "/twice", b"once") == (200, "once")
    assert ask("POST", "/afterwards", b"once") == (200, "once")


@pytest.mark.parametrize(("size", "status"), [("192", 200), ("512", 200), ("513", 404), ("x", 404)])
def test_icons_have_two_sizes(ask, size, status):
    assert ask("GET", f"/pwa_icon/{size}")[0] == status


@pytest.mark.parametrize("path", ["/gradio_api/run/classify", "/api/explain", "/run/predict"])
def test_nobody_passes_the_queue(ask, path):
    status, text = ask("POST", path)
    assert status == 403
    assert "queue" in text
