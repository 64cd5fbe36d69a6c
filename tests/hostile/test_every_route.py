"""Every route of the running app, whatever gradio brings, asked 5,000 times with whatever strangers send.

Routes come from the app's own table, so that those of a new gradio are asked too. Afterwards the page answers
as before, no file outside the folder of uploads has changed, what was uploaded is gone, and memory has not
grown. The variables HOSTILE_SEED and HOSTILE_REQUESTS ask for another seed, and for more requests.
"""

import json
import os
import random
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from page.server.routes import find
from tests.hostile.client import API, ELSEWHERE, ROOT, assert_gives_nothing_away, call, photo, upload, visitor
from tests.hostile.corpus import NAMES, encode, picture

SEED = int(os.environ.get("HOSTILE_SEED", 0))
REQUESTS = int(os.environ.get("HOSTILE_REQUESTS", 5000))
AGE = 10.0  # seconds that uploads of this page last
GROWTH = 400  # MB that the process may gain: what the page may keep, and what the allocator holds back
CAR = (ROOT / "examples" / "suv_1.jpg").read_bytes()
SETTINGS = ["average", "suv", "sedan", "final", "blur", 0.5]
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "nonsense")
SESSIONS = ("", "a", "abc", "a" * 65, "../x", "ü", "\0", None, 3, [], {}, True, "11111111111", "%2e%2e")
HOSTS = ("evil.example", "127.0.0.1.evil.example:80", "", "0.0.0.0", "[::1", "localhost@evil.example", "\xff")
ORIGINS = (
    "https://evil.example",
    "null",
    "http://127.0.0.1:1",
    "file://",
    "",
    "http://[",
    "chrome-extension://x",
)
READ = httpx.Timeout(30, read=2.0)  # streams that are open end by silence


def routes(app):
    """Paths of the app's table, with those of routers and apps within it."""
    for route in app.routes:
        path = getattr(route, "path", "")
        if path:
            yield path
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        if hasattr(inner, "routes"):
            yield from ((path if hasattr(route, "app") else "") + each for each in routes(inner))


class Stranger:
    """Makes requests at random; the same for the same seed."""

    def __init__(self, paths, files, seed):
        self.paths = paths
        self.files = files  # of the machine, which no answer may give away and nothing may change
        self.chance = random.Random(seed)

    def request(self):
        """Method, path, headers and body."""
        pick = self.chance.choice
        path = re.sub(r"\{[^}]*\}", lambda _: self._part(), pick(self.paths))
        if self.chance.random() < 0.2:
            path += pick(
                (
                    "/",
                    "//",
                    "/upload",
                    "?x=1",
                    f"?session_hash={pick(SESSIONS)}",
                    "/../..",
                    "%2e%2e",
                    "?__sign=1",
                )
            )
        headers = {}
        if self.chance.random() < 0.15:
            headers["host"] = pick(HOSTS)
        if self.chance.random() < 0.15:
            headers["origin"] = pick(ORIGINS)
        if self.chance.random() < 0.2:
            headers["x-forwarded-for"] = headers["x-forwarded-host"] = pick(
                ("evil.example", "127.0.0.1", "\0", "a" * 999)
            )
        if self.chance.random() < 0.1:
            headers |= {"cookie": f"visitor={pick(SESSIONS)}", "range": "bytes=0-9", "x-gradio-user": "mcp"}
        body, kind = self._body()
        headers["content-type"] = (
            kind if self.chance.random() < 0.9 else pick(("text/html", "x", "multipart/form-data"))
        )
        headers["accept"] = "application/json, text/event-stream"
        method = pick(METHODS) if self.chance.random() < 0.3 else pick(("GET", "POST"))
        return (
            method,
            path,
            {name: value.encode("latin-1", "replace") for name, value in headers.items()},
            body,
        )

    def _part(self):
        files = [str(each) for each in self.files]
        return str(
            self.chance.choice(
                ["x", "0", "classify", "explain", "..%2f..", ELSEWHERE, "a" * 300, *files, *SESSIONS]
            )
        )

    def _body(self):
        pick, chance = self.chance.choice, self.chance.random()
        if chance < 0.1:
            return self.chance.randbytes(self.chance.randrange(400)), "application/json"
        if chance < 0.25:
            return self._form(), "multipart/form-data; boundary=x"
        if chance < 0.45:
            arguments = {
                "photo": pick(["data:,", *map(str, self.files), {"path": str(pick(self.files))}]),
                "x": self._value(),
            }
            params = {"name": pick(("classify", "explain", "x")), "arguments": arguments}
            asked = {
                "jsonrpc": "2.0",
                "id": 1,
                "method": pick(("tools/call", "tools/list", "x")),
                "params": params,
            }
            return json.dumps(asked).encode(), "application/json"
        asked = {
            "data": [self._value() for _ in range(self.chance.randrange(8))],
            "fn_index": pick((0, 1, 5, 30, -1, 10**9, None, "x")),
            "session_hash": pick(SESSIONS),
            "event_id": pick(SESSIONS),
            "event_data": self._value(),
            "trigger_id": pick((None, 1, "x")),
        }
        for name in self.chance.sample(sorted(asked), self.chance.randrange(4)):
            del asked[name]
        return json.dumps(asked).encode(), "application/json"

    def _form(self):
        parts = []
        for _ in range(self.chance.randrange(7)):
            name = self.chance.choice(("files", "files", "other", "", "session_hash"))
            file = self.chance.choice(NAMES).replace('"', "'").replace("\n", "").replace("\r", "")
            end = self.chance.choice((b"\r\n", b""))
            head = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'
            parts.append(
                head.encode("utf-8", "replace") + encode(picture(), "PNG")[: self.chance.randrange(900)] + end
            )
        return b"".join(parts) + self.chance.choice((b"--x--\r\n", b""))

    def _value(self, depth=0):
        pick = self.chance.choice
        if depth < 3 and self.chance.random() < 0.4:
            keys = ("path", "url", "meta", "x", "data", "photo")
            inner = {pick(keys): self._value(depth + 1) for _ in range(2)}
            return pick((inner, [inner], photo(str(pick(self.files)))))
        return pick(
            ("suv", "", 3, -1.5, None, True, "\0", ELSEWHERE, *map(str, self.files), "average", "final")
        )


def listing(*folders):
    """Every file with its size and when it was last changed or written."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if not {"__pycache__", ".git", ".pytest_cache", "runs", ".mypy_cache", ".ruff_cache"} & set(
                path.parts
            ):
                facts = path.lstat()
                found[path] = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
    return found


def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.fixture
def machine(tmp_path):
    """Files of the machine beside the uploads."""
    (tmp_path / "folder").mkdir()
    files = [tmp_path / "canary.txt", tmp_path / "folder" / "car.jpg"]
    files[0].write_text("alive")
    files[1].write_bytes(CAR)
    return tmp_path, [*files, tmp_path / "folder", Path("/etc/hostname"), ROOT / "weights" / "final-75.json"]


def explained(http):
    path = upload(http, "car.jpg", CAR).json()[0]
    status, event, content = call(http, "explain", [photo(path), *SETTINGS])
    assert (status, event) == (200, "complete"), content
    maps = {name: (each["score"], each["sum"], each["gap"]) for name, each in content[0]["maps"].items()}
    return content[0]["predictions"], maps


def test_every_route_with_whatever_strangers_send(serve, machine, outside):
    folder, files = machine
    outside.clear()
    with serve(every=1.0, age=AGE) as (url, uploads, page):
        paths = sorted(set(routes(page.app)))
        assert {f"{API}/upload", f"{API}/queue/join", f"{API}/mcp/sse", f"{API}/stream/{{event_id}}"} <= set(
            paths
        )
        with visitor(url, 200) as friend:
            before, kept, held = (
                explained(friend),
                listing(folder, ROOT / "weights", ROOT / "examples"),
                megabytes(),
            )
            strangers = [
                Stranger([*paths, f"{API}/mcp/", f"{API}/upload", f"{API}/queue/join"], files, SEED * 100 + n)
                for n in range(8)
            ]
            with ThreadPoolExecutor(len(strangers)) as pool:
                statuses = sum(pool.map(lambda pair: attack(url, *pair), enumerate(strangers)), Counter())
            assert statuses.total() == REQUESTS // 8 * 8
            assert not any(500 <= status < 600 and status not in (503, 507) for status in statuses), statuses
            assert statuses[200] > REQUESTS / 50 and statuses[404] > REQUESTS / 50, (
                statuses
            )  # both were reached
            deadline = time.monotonic() + 60
            while any(page._queue.active_jobs) and time.monotonic() < deadline:
                time.sleep(0.1)
            assert explained(friend) == before
            assert listing(folder, ROOT / "weights", ROOT / "examples") == kept
            time.sleep(AGE + 2)
            left = [path for path in uploads.folder.rglob("*") if path.is_file()]
            assert left == [], left
            assert megabytes() - held < GROWTH
            assert (folder / "canary.txt").read_text() == "alive"
    assert outside == []


def attack(url, number, stranger):
    """Sends a stranger's share of the requests; how often each status came, 0 for none."""
    statuses = Counter()
    with visitor(url, number) as http:
        for _ in range(REQUESTS // 8):
            method, path, headers, body = stranger.request()
            text = ""
            try:
                with http.stream(
                    method,
                    httpx.URL(url + "/" + path.lstrip("/")),
                    headers=headers,
                    content=body,
                    timeout=READ,
                ) as answer:
                    statuses[answer.status_code] += 1
                    kind = answer.headers.get("content-type", "")
                    if "event-stream" not in kind:  # those last as long as somebody listens
                        text = answer.read().decode("utf-8", "replace")
            except (httpx.HTTPError, httpx.InvalidURL, ValueError):
                statuses[0] += 1
            if text and not path.startswith(("/static", "/assets", "/svelte")):
                assert_gives_nothing_away(text.replace(str(ROOT / "weights" / "final-75.json"), ""))
                assert "alive" not in text
    return statuses


def test_a_route_that_is_not_known_is_closed():
    """What a new gradio would bring."""
    for path in (f"{API}/new", "/new", f"{API}/queue/new", f"{API}/upload/new", f"{API}/files/x"):
        for method in ("GET", "POST"):
            with pytest.raises(Exception, match="nothing at this address"):
                find(path, method)
