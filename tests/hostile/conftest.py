import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from dashboard import build
from explain.source import Source, load_kinds
from page.api.tools import speak_json
from page.server import connections
from page.server.hosts import Hosts
from page.server.settings import WAITING, Access, settings
from page.server.upload_folder import own_uploads
from tests.hostile.client import visitor


@pytest.fixture(scope="session")
def outside() -> Iterator[list[str]]:
    """Every address outside this machine that this process asked for; none of them is reached."""
    asked: list[str] = []
    look_up, connect = socket.getaddrinfo, socket.socket.connect
    here = ("127.0.0.1", "::1", "localhost", "0.0.0.0", socket.gethostname(), None, "")

    def observed_look_up(host, *more, **options):
        if host not in here:
            asked.append(str(host))
            raise OSError("There is no way out.")
        return look_up(host, *more, **options)

    def observed_connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in here:
            asked.append(address[0])
            raise OSError("There is no way out.")
        return connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket, "getaddrinfo", observed_look_up)
    patch.setattr(socket.socket, "connect", observed_connect)
    yield asked
    patch.undo()


@pytest.fixture(scope="session")
def serve(random_weights: Path, outside: list[str]) -> Callable:
    """Serves the page from this process, for a while; gives its address, its uploads and the page."""
    explainers = load_kinds(Source(random_weights))

    @contextmanager
    def start(waiting: int = WAITING, hosts: Hosts | None = None, **limits: float) -> Iterator[tuple]:
        connections.install()
        with own_uploads(**limits) as uploads:
            page = build(explainers).queue(max_size=waiting)
            access = Access(uploads, hosts or Hosts())
            _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **settings(access, speak_json))
            try:
                yield url.rstrip("/"), uploads, page
            finally:
                page.close(verbose=False)

    return start


@pytest.fixture(scope="session")
def served(serve: Callable) -> Iterator[str]:
    """The address of a page that is served as everywhere."""
    with serve() as (url, _, _):
        yield url


@pytest.fixture(scope="session")
def http(served: str) -> Iterator[httpx.Client]:
    """A client of the served page."""
    with httpx.Client(base_url=served, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def swept(serve):
    """A page that deletes what is three seconds old, and clients of it from two addresses."""
    with serve(every=0.3, age=3.0) as (url, uploads, page), visitor(url) as ann, visitor(url, 1) as bob:
        yield ann, bob, uploads, page
