"""What the benchmark measures: time, work in operations, the machine's peak, how near maps are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time
from typing import TypeVar, TypeVarTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from explain.methods.shap import Background

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

SIDE = 256  # of the matrix by which rows are multiplied to find the peak
PEAK_RUNS = 20


@dataclass(frozen=True)
class Timing:
    """Seconds of all cores together, and of the clock."""

    cpu: float
    wall: float


def timed(function: Callable[[*Arguments], Result], *arguments: *Arguments) -> tuple[Result, Timing]:
    """What a function returns, and the time that it took."""
    wall, cpu = perf_counter(), process_time()
    result = function(*arguments)
    return result, Timing(process_time() - cpu, perf_counter() - wall)


def middle(timings: Iterable[Timing]) -> Timing:
    """The medians of both times."""
    timings = list(timings)
    return Timing(median(timing.cpu for timing in timings), median(timing.wall for timing in timings))


def peak_speed() -> float:
    """Operations a CPU second of a product of matrices in float32: the best of all runs.

    The product runs through both libraries that torch has for it, BLAS and, as a convolution of one pixel,
    oneDNN: which of them reaches the peak depends on the processor.
    """
    pixels = torch.rand(16, SIDE, 32, 32).contiguous(memory_format=torch.channels_last)
    kernels = torch.rand(SIDE, SIDE, 1, 1).contiguous(memory_format=torch.channels_last)
    rows = pixels.movedim(1, -1).reshape(-1, SIDE)
    with torch.no_grad():
        runs = [timed(torch.mm, rows, kernels[:, :, 0, 0].T)[1].cpu for _ in range(PEAK_RUNS)]
        runs += [timed(F.conv2d, pixels, kernels)[1].cpu for _ in range(PEAK_RUNS)]
    return 2 * len(rows) * SIDE**2 / min(runs)


def forward_work(background: Background) -> list[int]:
    """Operations of each fused layer for one picture, counted from shapes: two for a product and its sum.

    Backward, to the inputs alone, it is as many.
    """
    layers = zip(background.layers, background.references[0].whole(background.layers).z, strict=True)
    return [2 * z[0].numel() * layer.weight[0].numel() for layer, z in layers]


def distance(map: Tensor, expected: Tensor) -> float:
    """The relative L1 distance of two maps (…, rows, columns), the largest of several; 0 if both are 0."""
    differences, sizes = (values.abs().sum((-2, -1)) for values in (map - expected, expected))
    return (differences / sizes.clamp(min=1e-12)).max().item()
