"""Many visitors at once: `python -m tests.hostile load` asks the running page with 1, 4, 16 and 64 users.

Every answer is compared with the one a single user gets. Beyond the queue's bound a refusal is right, and is
asked again later; anything else is a lost request.
"""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from page.server.refusals import FULL, YOUR_TURN
from tests.hostile.client import call, photo, upload, visitor

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 180  # seconds
PHOTOS = ("suv_1.jpg", "coupe_1.jpg", "truck_2.jpg", "sedan_3.jpg")
SETTINGS = (  # ensemble, class explained, and not, networks, reference, tolerance
    ["average", "predicted", "nothing", "final", "blur", 0.05],
    ["priority", "suv", "sedan", "final", "mean", 0.05],
)
AGAIN = 1.0  # seconds until a refused request is asked again


@dataclass(frozen=True)
class Load:
    """What so many users met: seconds of each answered request, and the number of other endings."""

    users: int
    seconds: tuple[float, ...]
    refused: int  # politely, and asked again
    wrong: int
    lost: int

    @property
    def percentiles(self) -> tuple[float, float]:
        """p50 and p95 in seconds."""
        found = quantiles(self.seconds, n=20, method="inclusive")
        return found[9], found[18]


def figures(answer: dict[str, Any]) -> dict[str, Any]:
    """What of an answer must be the same for everybody."""
    maps = {
        name: {key: value for key, value in each.items() if key != "seconds"}
        for name, each in answer["maps"].items()
    }
    return answer | {"maps": maps}


def same(one: Any, other: Any, tolerance: float = 1e-4) -> bool:
    """Whether two answers agree, numbers within the tolerance."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key], tolerance) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(*each, tolerance) for each in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float | int):
        return abs(one - other) <= tolerance * max(1, abs(one))
    return bool(one == other)


def drive(url: str, users: int, requests: int, expected: dict[tuple[int, int], Any]) -> Load:
    """`requests` in all by `users` at once, who each take the next one as soon as theirs is answered.

    `expected` holds the answers by photo and settings; what is missing in it is put there.
    """
    seconds: list[float] = []
    counts = {"refused": 0, "wrong": 0, "lost": 0}
    lock = threading.Lock()
    together = threading.Barrier(users)
    numbers = iter(range(requests))

    def visit(user: int) -> None:
        with visitor(url, user) as http:
            together.wait()
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                ask(http, (number % len(PHOTOS), number // len(PHOTOS) % len(SETTINGS)))

    def ask(http: httpx.Client, asked: tuple[int, int]) -> None:
        name = PHOTOS[asked[0]]
        started = time.monotonic()
        while True:
            try:
                path = upload(http, name, (ROOT / "examples" / name).read_bytes()).json()[0]
                given = [photo(path, orig_name=name), *SETTINGS[asked[1]]]
                status, event, content = call(http, "explain", given)
            except (httpx.HTTPError, ValueError):
                status, event, content = 0, "lost", None
            if status != 503:
                break
            with lock:
                counts["refused" if FULL in content or YOUR_TURN in content else "lost"] += 1
            time.sleep(AGAIN)
        with lock:
            if event != "complete":
                counts["lost"] += 1
                return
            seconds.append(time.monotonic() - started)
            found = figures(content[0])
            counts["wrong"] += not same(expected.setdefault(asked, found), found)

    with ThreadPoolExecutor(users) as pool:
        for each in [pool.submit(visit, user) for user in range(users)]:
            each.result()
    return Load(users, tuple(seconds), **counts)


def megabytes(process: int) -> float:
    """The memory of a process that is in use now (RSS)."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1000


@contextmanager
def running_page() -> Iterator[tuple[str, int]]:
    """The page as `python dashboard.py` starts it; its address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryFile("w+") as log:
        command = [sys.executable, "dashboard.py", "--port", str(port)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GRADIO_")}
        page = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(2 * STARTS_WITHIN):
                try:
                    httpx.get(url, timeout=5)
                    break
                except httpx.HTTPError:
                    time.sleep(0.5)
            yield url, page.pid
        finally:
            page.terminate()
            page.wait(timeout=60)


def main(requests: int, crowds: tuple[int, ...] = (1, 4, 16, 64)) -> int:
    """Prints a line for each number of users; returns how many requests were lost or answered wrongly."""
    failed = 0
    with running_page() as (url, process):
        expected: dict[tuple[int, int], Any] = {}
        drive(url, 1, len(PHOTOS) * len(SETTINGS), expected)  # what a single user gets
        print("users  answers      p50      p95  refused  wrong  lost      RSS")
        for users in crowds:
            found = drive(url, users, requests, expected)
            middle, high = found.percentiles
            print(
                f"{users:5} {len(found.seconds):8} {middle:6.2f} s {high:6.2f} s {found.refused:8} "
                f"{found.wrong:6} {found.lost:5} {megabytes(process):5.0f} MB",
                flush=True,
            )
            failed += found.wrong + found.lost
    return failed
