import mmap
import os
import socket
import urllib.request

import pytest

from benchmarks import serving as module
from benchmarks.serving import Server, ServingError, serving

ANSWERS = """
import http.server, sys
assert sys.argv[1] == "--port" and sys.argv[3] == "--weights"
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_serves_until_the_end_of_the_block(port, tmp_path, monkeypatch):
    (tmp_path / "dashboard.py").write_text(ANSWERS)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    with serving(port) as page:
        assert urllib.request.urlopen(page.url).status == 200
        assert 0 < page.cpu <= page.wall + 0.02  # one thread; the system counts in hundredths
        assert 1 < page.memory() < 200
    with pytest.raises(OSError):
        urllib.request.urlopen(page.url)


def test_a_page_that_ends_says_why(port, tmp_path, monkeypatch):
    (tmp_path / "dashboard.py").write_text("raise SystemExit('There are no networks.')")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    with (
        pytest.raises(ServingError, match=r"did not start within \d+ s\. There are no networks\.$"),
        serving(port),
    ):
        pass


def test_memory_is_in_megabytes():
    page = Server("", os.getpid(), 0.0, 0.0)
    before = page.memory()
    with mmap.mmap(-1, 100 * 2**20) as held:  # from the system itself: malloc may give what it has kept
        for at in range(0, len(held), mmap.PAGESIZE):
            held[at] = 1
        assert 90 < page.memory() - before < 110


def test_peak_is_no_less_than_what_is_held():
    page = Server("", os.getpid(), 0.0, 0.0)
    before = page.peak()
    with mmap.mmap(-1, 2**20 * int(before - page.memory() + 50)) as held:
        for at in range(0, len(held), mmap.PAGESIZE):
            held[at] = 1
    assert page.peak() > before + 30 and page.memory() < page.peak() - 30
