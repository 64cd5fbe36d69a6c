import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from carmodel.card import Card
from carmodel.network import CLASSES, SIZES, CarNet
from carmodel.weights import WEIGHTS, available, save, save_references
from explain.evidence.evidence import Evidence
from explain.evidence.faithfulness import Controls, Curve, Faithfulness, beats
from explain.evidence.regions import Share
from explain.methods.method import Method
from explain.methods.registry import METHODS

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = 120  # seconds, on a busy machine

# Tests run side by side: threads of OpenMP would wait for each other many times longer than they compute.
torch.set_num_threads(1)
os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that tests start


@pytest.fixture(scope="session")
def run_apart() -> Callable[[Coroutine], Any]:
    """Runs a coroutine in a thread of its own: the browser's tests leave a loop running in this one."""

    def run(coroutine):
        with ThreadPoolExecutor(1) as elsewhere:
            return elsewhere.submit(asyncio.run, coroutine).result()

    return run


@pytest.fixture
def methods() -> Iterator[dict[str, Method]]:
    """The registry of methods, for a test to change; it is as it was afterwards, in its order too."""
    before = dict(METHODS)
    yield METHODS
    METHODS.clear()
    METHODS.update(before)


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with networks of every kind, untrained, and two reference frames."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    for kind, batchnorm in (("final", True), ("baseline", False)):
        for size in SIZES:
            network = CarNet(size, batchnorm)
            for module in network.modules():
                if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
                    torch.nn.init.kaiming_normal_(module.weight)
            torch.nn.init.normal_(network.head.fc3.weight, 0, 0.001)  # Integrated Gradients is quick then
            save(network, Card(f"{kind}-{size}", size, batchnorm, CLASSES, 1.0, "", {}, {}, {}), folder)
    save_references(torch.rand(2, 3, 300, 300), folder)
    return folder


@pytest.fixture(scope="session")
def page_url(random_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The running page, with the weights that the product ships or, while there are none, untrained ones."""
    weights = WEIGHTS if {"final-75", "final-100"} <= set(available()) else random_weights
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("page") / "log.txt"
    with log.open("w") as output:
        page = subprocess.Popen(
            [sys.executable, "dashboard.py", "--port", str(port), "--weights", str(weights)],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("GRADIO_")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(2 * STARTS_WITHIN):
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                assert page.poll() is None, log.read_text()
                time.sleep(0.5)
        else:
            pytest.fail(f"The page did not start:\n{log.read_text()}")
        yield url
    finally:
        page.terminate()
        page.wait(timeout=30)
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def known():
    """Makes evidence of two areas: curves begin at 1, end at 0 and are constant between; controls are 0.5."""

    def curves(deletion, insertion):
        fractions = (0.0, 0.0, 0.5, 1.0, 1.0)
        covered, uncovered = (1.0, *(deletion,) * 3, 0.0), (0.0, *(insertion,) * 3, 1.0)
        return Faithfulness(*(Curve(fractions, values, values) for values in (covered, uncovered)))

    def make(deletion=0.25, insertion=0.75, border=0.2):
        found, against = curves(deletion, insertion), Controls(curves(0.4, 0.5), curves(0.5, 0.6))
        return Evidence(found, against, beats(found, against), Share(border, 0.4224))

    return make
