import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr
import httpx
import pytest

from dashboard import build, load_explainers
from page.server.settings import WAITING, settings


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
def serve(
    random_weights: Path, outside: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable]:
    """Serves the page from this process; returns its address, the folder of uploads and the page."""
    explainers = load_explainers(random_weights)
    pages = []
    folder = tmp_path_factory.mktemp("uploads")

    def start(uploads: tuple[int, int] | None = None, waiting: int = WAITING) -> tuple[str, Path, gr.Blocks]:
        with pytest.MonkeyPatch.context() as patch:
            if uploads:
                patch.setattr("dashboard.UPLOADS", uploads)
            page = build(explainers).queue(max_size=waiting)
            pages.append(page)
            _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **settings())
        return url.rstrip("/"), folder, page

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))  # gradio asks for it at every request
        yield start
        for page in pages:
            page.close(verbose=False)


@pytest.fixture(scope="session")
def served(serve: Callable) -> str:
    """The address of a page that is served as everywhere."""
    return serve()[0]


@pytest.fixture(scope="session")
def http(served: str) -> Iterator[httpx.Client]:
    """A client of the served page."""
    with httpx.Client(base_url=served, timeout=60) as client:
        yield client
