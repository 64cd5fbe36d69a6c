import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import httpx
import pytest

from page.server.lifetime import SPACE_PROXIES, cannot_listen, trust_proxies
from page.server.upload_folder import PREFIX
from tests.hostile.corpus import encode, picture

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def start(random_weights, tmp_path):
    """Starts the page as a process; its address is waited for."""
    processes = []

    def start(*options, **environment):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [
            sys.executable,
            "dashboard.py",
            "--weights",
            str(random_weights),
            "--port",
            str(port),
            *options,
        ]
        known = {**os.environ, "GRADIO_TEMP_DIR": str(tmp_path), **environment}
        page = subprocess.Popen(
            command, cwd=ROOT, env=known, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        processes.append(page)
        url = f"http://127.0.0.1:{port}"
        for _ in range(1200):
            try:
                urllib.request.urlopen(f"{url}/robots.txt", timeout=5).close()
                return page, url
            except urllib.error.HTTPError:
                return page, url
            except OSError:
                assert page.poll() is None, page.stdout.read().decode()
                time.sleep(0.1)
        pytest.fail("The page did not start.")

    yield start
    for page in processes:
        page.kill()
        page.wait()
        page.stdout.close()


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_page_that_is_told_to_stop_does_so_at_once_and_leaves_nothing(start, tmp_path, told):
    """Also while it computes, and with connections open that would never end by themselves."""
    page, url = start()
    heartbeats = [
        urllib.request.urlopen(f"{url}/gradio_api/heartbeat/session{n}", timeout=60) for n in range(3)
    ]
    (home,) = tmp_path.glob(f"{PREFIX}*")
    (home / "files" / "car.jpg").write_bytes(b"x")
    began = time.monotonic()
    page.send_signal(told)
    assert page.wait(60) == 0
    assert time.monotonic() - began < 3
    assert not home.exists()
    assert b"Traceback" not in page.stdout.read()
    for each in heartbeats:
        each.close()


def test_it_stops_at_once_while_many_upload(start, tmp_path):
    page, url = start()
    small, over = encode(picture(), "PNG"), threading.Event()

    def keep_on():
        with httpx.Client(base_url=url, timeout=5) as http:
            while not over.is_set():
                try:
                    http.post("/gradio_api/upload", files=[("files", (f"{n}.png", small)) for n in range(4)])
                except httpx.HTTPError:
                    return

    threads = [threading.Thread(target=keep_on) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    began = time.monotonic()
    page.send_signal(signal.SIGTERM)
    assert page.wait(60) == 0
    assert time.monotonic() - began < 4  # three, and what a busy machine adds
    over.set()
    for thread in threads:
        thread.join()
    while list(tmp_path.glob(f"{PREFIX}*")) and time.monotonic() - began < 20:
        time.sleep(0.05)
    assert not list(tmp_path.glob(f"{PREFIX}*"))


def test_a_port_in_use_is_a_sentence(tmp_path, random_weights):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "dashboard.py", "--port", str(port), "--weights", str(random_weights)],
            cwd=ROOT,
            env={**os.environ, "GRADIO_TEMP_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
        )
    assert ended.returncode == 1
    assert ended.stderr.strip() == cannot_listen("127.0.0.1", port)
    assert not list(tmp_path.glob(f"{PREFIX}*"))


def test_who_passes_requests_on_is_told_or_nobody(monkeypatch):
    def trusted(proxies=None, **environment):
        for name in ("FORWARDED_ALLOW_IPS", "SPACE_ID"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        trust_proxies(proxies)
        return os.environ["FORWARDED_ALLOW_IPS"]

    assert trusted() == "none"
    assert trusted("192.0.2.1") == "192.0.2.1"
    assert trusted(FORWARDED_ALLOW_IPS="192.0.2.2") == "192.0.2.2"
    assert trusted(SPACE_ID="ann/cars") == SPACE_PROXIES
