"""Every route of the running app, whatever gradio brings, asked 5,000 times with whatever strangers send.

Routes come from the app's own table, so that those of a new gradio are asked too. Afterwards the page answers
as before, no file outside the folder of uploads has changed, what was uploaded is gone, and memory has not
grown. The variables HOSTILE_SEED and HOSTILE_REQUESTS ask for another seed, and for more requests.
"""

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from page.server.routes import find
from tests.hostile.client import API, ROOT, assert_gives_nothing_away, call, photo, upload, visitor
from tests.hostile.stranger import Stranger

SEED = int(os.environ.get("HOSTILE_SEED", 0))
REQUESTS = int(os.environ.get("HOSTILE_REQUESTS", 5000))
AGE = 10.0  # seconds that uploads of this page last
GROWTH = 400  # MB that the process may gain: what the page may keep, and what the allocator holds back
CAR = (ROOT / "examples" / "suv_1.jpg").read_bytes()
SETTINGS = ["average", "suv", "sedan", "final", "blur", 0.5]
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
