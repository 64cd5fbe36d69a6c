"""The page in a process of its own, as `python dashboard.py` starts it, for measuring from outside."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ROOT
from carmodel.weights import WEIGHTS

PATIENCE = 300  # seconds until the page must be there
LOOK_UP = 0.05  # seconds between looks whether it is


class ServingError(RuntimeError):
    """The page did not start; the message says what it printed last."""


@dataclass(frozen=True)
class Server:
    """A page that answers."""

    url: str
    process: int
    wall: float  # seconds from the command to the first answer
    cpu: float  # seconds of all cores until then

    def memory(self) -> float:
        """MB of memory that the process holds now (Linux)."""
        return self._status("VmRSS")

    def peak(self) -> float:
        """The most MB of memory that the process has held so far (Linux)."""
        return self._status("VmHWM")

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) / 2**10


@contextmanager
def serving(port: int, weights: Path = WEIGHTS) -> Iterator[Server]:
    """Starts the page on a free port and stops it in the end (Linux).

    Raises ServingError if it does not answer.
    """
    command = [sys.executable, "dashboard.py", "--port", str(port), "--weights", str(weights.resolve())]
    url = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryFile("w+") as log:
        started = time.perf_counter()
        page = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            while not _answers(url):
                waited = time.perf_counter() - started
                if page.poll() is not None or waited > PATIENCE:
                    log.seek(0)
                    last = log.read().strip().splitlines()[-1:]
                    raise ServingError(
                        f"The page did not start within {waited:.0f} s. {''.join(last)}".strip()
                    )
                time.sleep(LOOK_UP)
            yield Server(url, page.pid, time.perf_counter() - started, _cpu(page.pid))
        finally:
            page.terminate()
            page.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=PATIENCE).close()
    except OSError:
        return False
    return True


def _cpu(process: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # in user mode and in the kernel
