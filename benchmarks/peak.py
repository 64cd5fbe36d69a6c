"""The memory that a page of maps takes, measured for each side in a process of its own (Linux)."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch

from benchmarks.implementations import cases, fast_page, library_page, request_of, with_enough_steps
from carmodel.photo import read_photo
from explain.explainer import Explainer

SIDES = ("library", "fast")


def memory(side: str, weights: Path, file: Path, reference: str) -> float:
    """MB that a page takes at its most, beyond what importing and loading took."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_grown, side, weights, file, reference).result()


def _grown(side: str, weights: Path, file: Path, reference: str) -> float:
    torch.set_num_threads(1)
    explainer = Explainer.load(weights)
    asked = request_of(explainer, read_photo(file), reference)
    if side == "fast":
        before = _most()
        fast_page(explainer, asked)
    else:
        import captum.attr  # noqa: F401
        import shap  # noqa: F401

        made = cases(explainer, asked)
        before = _most()
        library_page([with_enough_steps(case) for case in made])
    return _most() - before


def _most() -> float:
    """The most memory, in MB, that this process has held so far; `resource` counts the parent's too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 2**10
