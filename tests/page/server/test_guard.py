import json
import time

import httpx
import pytest

from page.server.guard import Guard, content_policy
from page.server.hosts import Hosts
from page.server.refusals import (
    FOREIGN_HOST,
    FOREIGN_SITE,
    FULL,
    LONG_HEAD,
    NO_FETCHING,
    NO_ROOM,
    NOT_HERE,
    NOT_UNDERSTOOD,
    NOT_YOURS,
    STARTING_AGAIN,
    TOO_LARGE,
)
from page.server.routes import API, MAX_BODY
from page.server.visitors import COOKIE

JOIN = f"{API}/queue/join"
PLAIN = {"session_hash": "abc", "data": []}


def said(answer):
    return answer.status_code, answer.text


def test_only_its_own_names_are_served(ask, behind):
    for path, method in (("/", "GET"), (f"{API}/upload", "POST"), (JOIN, "POST"), ("/nothing", "GET")):
        assert said(ask(method, path, host="evil.example")) == (421, FOREIGN_HOST)
    assert behind.seen == 0
    assert ask("GET", "/", host="localhost:7860").status_code == 200


@pytest.mark.parametrize(
    "path", [JOIN, f"{API}/upload", f"{API}/call/classify", f"{API}/cancel", f"{API}/mcp/"]
)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8888"])
def test_other_websites_may_post_nothing(ask, behind, path, origin):
    assert said(ask("POST", path, PLAIN, origin=origin)) == (403, FOREIGN_SITE)
    assert behind.seen == 0


@pytest.mark.parametrize(
    "foreign",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://evil.example", "sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_websites_may_begin_no_visit(ask, behind, foreign):
    """Too many visits of one address end its oldest."""
    heartbeat = f"{API}/heartbeat/abc"
    assert said(ask("GET", heartbeat, **foreign)) == (403, FOREIGN_SITE)
    assert behind.seen == 0
    own = ({"origin": "http://127.0.0.1:7860"}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"})
    for headers in (*own, {}):
        assert ask("GET", heartbeat, **headers).status_code == 200
    assert ask("GET", "/", **foreign).status_code == 200  # a link to the page


def test_the_page_itself_may_post(ask):
    assert said(ask("POST", JOIN, PLAIN, origin="http://127.0.0.1:7860")) == (200, json.dumps(PLAIN))


def test_closed_routes_never_reach_gradio(ask, behind):
    assert said(ask("POST", f"{API}/component_server", PLAIN)) == (404, NOT_HERE)
    assert said(ask("GET", f"{API}/file=http://a.b")) == (403, NO_FETCHING)
    assert behind.seen == 0


@pytest.mark.parametrize("session", ["", " ", "a" * 65, "a/b", "ä", "a\n", 3, None, True, [], {}, ["abc"]])
def test_sessions_that_no_browser_makes_are_refused(ask, behind, session):
    assert said(ask("POST", JOIN, {"session_hash": session, "data": []})) == (400, NOT_YOURS)
    if session is not None:  # endpoints take none at all
        body = {"session_hash": session, "data": []}
        assert said(ask("POST", f"{API}/call/classify", body)) == (400, NOT_YOURS)
    assert behind.seen == 0


def test_ids_are_needed_known_and_the_visitors_own(ask, behind):
    assert said(ask("POST", JOIN, {"data": []})) == (400, NOT_YOURS)
    assert said(ask("POST", JOIN, {**PLAIN, "event_id": 3})) == (400, NOT_YOURS)
    assert said(ask("GET", f"{API}/queue/data")) == (400, NOT_YOURS)
    for unknown in (
        ("GET", f"{API}/queue/data?session_hash=zzz"),
        ("GET", f"{API}/call/classify/zzz"),
        ("POST", f"{API}/cancel", {"session_hash": "zzz", "event_id": "zzz", "fn_index": 1}),
        ("POST", f"{API}/reset", {"event_id": "zzz"}),
    ):
        assert said(ask(*unknown)) == (404, NOT_YOURS)
    assert behind.seen == 0
    assert ask("GET", f"{API}/heartbeat/abc").status_code == 200
    assert ask("POST", JOIN, PLAIN).status_code == 200
    assert ask("GET", f"{API}/queue/data?session_hash=abc").status_code == 200
    for foreign in (
        ("GET", f"{API}/queue/data?session_hash=abc"),
        ("GET", f"{API}/heartbeat/abc"),
        ("POST", JOIN, PLAIN),
        ("POST", f"{API}/call/classify", PLAIN),
    ):
        assert said(ask(*foreign, client="192.0.2.2")) == (404, NOT_YOURS)
    cookie = {"cookie": f"{COOKIE}=ann"}
    assert ask("POST", JOIN, {**PLAIN, "session_hash": "anns"}, **cookie).status_code == 200
    assert ask("GET", f"{API}/heartbeat/anns", client="192.0.2.9", **cookie).status_code == 200
    assert ask("GET", f"{API}/heartbeat/anns", cookie=f"{COOKIE}=bob").status_code == 404


def test_the_last_of_two_ids_counts_as_it_does_for_gradio(ask):
    """Of fields of the same name, JSON's and the query's readers take the last."""
    assert ask("POST", JOIN, b'{"session_hash": "abc", "session_hash": "", "data": []}').status_code == 400
    ask("GET", f"{API}/heartbeat/abc")
    assert ask("GET", f"{API}/queue/data?session_hash=abc&session_hash=zzz").status_code == 404


def test_large_bodies_are_refused(ask):
    fits = json.dumps({"session_hash": "abc", "x": ""}).encode()
    for extra, status in ((0, 200), (1, 413)):
        body = fits[:-2] + b"x" * (MAX_BODY - len(fits) + extra) + fits[-2:]
        assert ask("POST", JOIN, body).status_code == status
    assert said(ask("POST", JOIN, bytes(MAX_BODY + 1))) == (413, TOO_LARGE)
    assert ask("POST", f"{API}/upload", bytes(MAX_BODY + 1)).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"no json", bytes(range(256)), '{"session_hash": ""}'.encode("utf-16")]
)
def test_what_is_no_json_is_refused_except_for_uploads(ask, body):
    assert said(ask("POST", f"{API}/mcp/", body)) == (400, NOT_UNDERSTOOD)
    assert said(ask("POST", JOIN, body)) == (400, NOT_UNDERSTOOD)
    assert ask("POST", f"{API}/upload", body).status_code == 200


def test_a_full_queue_and_a_stopped_one_are_told_apart(ask):
    full = ask("POST", JOIN, {**PLAIN, "fail": "full"})
    assert (full.status_code, full.json(), full.headers["retry-after"]) == (503, {"detail": FULL}, "60")
    stopped = ask("POST", JOIN, {**PLAIN, "fail": "stopped"})
    assert (stopped.status_code, stopped.json()) == (503, {"detail": STARTING_AGAIN})


def test_failures_are_a_sentence(ask):
    assert said(ask("POST", JOIN, {**PLAIN, "fail": "broken"})) == (400, NOT_UNDERSTOOD)
    assert said(ask("POST", JOIN, {**PLAIN, "fail": "disk"})) == (507, NO_ROOM)
    late = {**PLAIN, "fail": "late"}
    assert said(ask("POST", JOIN, late)) == (200, json.dumps(late))


@pytest.mark.parametrize("how", ["twice", "afterwards"])
def test_only_the_first_answer_counts(ask, how):
    body = {**PLAIN, "fail": how}
    assert said(ask("POST", JOIN, body)) == (200, json.dumps(body))


def test_what_nobody_was_told_to_believe_is_taken_away(behind, run_apart):
    """gradio makes addresses of what a proxy says that the page is called."""
    seen = []

    async def look(scope, receive, send):
        seen.append(dict(scope["headers"]).get(b"x-forwarded-host"))
        await behind(scope, receive, send)

    async def once(name):
        transport = httpx.ASGITransport(Guard(look, Hosts(allowed=["cars.example"])))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as http:
            await http.get("/config", headers={"x-forwarded-host": name})

    for name in ("evil.example", "cars.example"):
        run_apart(once(name))
    assert seen == [None, b"cars.example"]


def test_a_cookie_holds_nobody_up_and_stops_at_the_guard(behind, run_apart):
    seen = []

    async def look(scope, receive, send):
        seen.extend(name for name, _ in scope["headers"])
        await behind(scope, receive, send)

    async def once(cookie):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(Guard(look)), base_url="http://127.0.0.1"
        ) as http:
            return await http.get("/", headers={"cookie": cookie})

    began = time.monotonic()
    assert run_apart(once('a="' + "\\\\" * 15_000 + '"')).status_code == 200
    assert said(run_apart(once('a="' + "\\\\" * 30_000 + '"'))) == (431, LONG_HEAD)
    assert time.monotonic() - began < 1
    assert seen and b"cookie" not in seen


def test_every_answer_tells_the_browser_to_be_careful(ask):
    for answer in (
        ask("GET", "/"),
        ask("GET", "/nothing"),
        ask("GET", "/", host="evil.example"),
        ask("POST", JOIN, {**PLAIN, "fail": "stopped"}),
        ask("POST", JOIN, {**PLAIN, "fail": "full"}),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["content-security-policy"] == content_policy(())


def test_nothing_from_elsewhere_is_loaded_or_shown_around_the_page():
    rules = dict(rule.split(" ", 1) for rule in content_policy(["https://huggingface.co"]).split("; "))
    assert rules.pop("frame-ancestors") == "'self' https://huggingface.co"
    assert rules["object-src"] == "'none'"
    assert all("http" not in rule and "*" not in rule for rule in rules.values())


def test_a_browser_gets_a_cookie_once(ask):
    assert COOKIE in ask("GET", "/").cookies
    assert "set-cookie" not in ask("GET", "/", cookie=f"{COOKIE}=ann").headers
    assert "set-cookie" not in ask("GET", "/config").headers
