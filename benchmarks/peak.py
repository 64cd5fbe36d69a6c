"""The memory that a page of maps takes, measured for each side in a process of its own."""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch

from benchmarks.implementations import cases, our_page, plain_page, with_enough_steps
from carmodel.photo import read_photo
from explain.explainer import Explainer
from explain.target import Target

SIDES = ("plain", "ours")


def memory(side: str, weights: Path, file: Path, reference: str) -> float:
    """MB that a page takes at its most, beyond what importing and loading took."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_grown, side, weights, file, reference).result()


def _grown(side: str, weights: Path, file: Path, reference: str) -> float:
    torch.set_num_threads(1)
    explainer, photo = Explainer(weights), read_photo(file)
    if side == "ours":
        target = explainer.classify(photo).predictions["average"].verdict
        before = _most()
        our_page(explainer, photo, Target(target), reference)
    else:
        import captum.attr  # noqa: F401
        import shap  # noqa: F401

        found = cases(explainer, photo, reference)
        before = _most()
        plain_page([with_enough_steps(case) for case in found])
    return _most() - before


def _most() -> float:
    """The most memory, in MB, that this process has held so far."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where `resource` also counts what the parent held
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 2**10
    import resource  # not on every system

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
