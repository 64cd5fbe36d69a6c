"""Where the time of Integrated Gradients goes, by kind of operation: `python -m benchmarks.parts`."""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks import EXAMPLES
from benchmarks.implementations import Case, cases, fast_integral, request_of
from carmodel.photo import read_photo
from carmodel.weights import WEIGHTS
from explain.explainer import Explainer

KINDS: Mapping[str, tuple[str, ...]] = {  # the names of torch's operations, without "aten::"
    "convolutions, forward": ("mkldnn_convolution",),
    "convolutions, backward": ("_convolution", "conv_transpose2d"),  # as transposed ones
    "fully connected": ("mm", "addmm"),
    "pools": ("max_pool2d_with_indices", "max_unpool2d"),
    "ReLU": ("clamp_min_", "sign_", "mul_"),
    "line and sum": ("lerp", "add_"),
}
OTHER = "everything else"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.parts", description="Shares of the time of Integrated Gradients, one thread."
    )
    parser.add_argument(
        "photo", nargs="?", type=Path, default=EXAMPLES / "suv_2.jpg", help="default: an example"
    )
    parser.add_argument("--weights", metavar="DIR", type=Path, default=WEIGHTS, help="folder of weights")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    explainer = Explainer.load(options.weights)
    made = cases(explainer, request_of(explainer, read_photo(options.photo), "blur"))
    columns = [shares(case) for case in made]
    print("| | " + " | ".join(f"{case.network.size} px" for case in made) + " |")
    print("|---|" + "---|" * len(made))
    for kind in (*KINDS, OTHER):
        print(f"| {kind} | " + " | ".join(f"{column[kind]:.0%}" for column in columns) + " |")
    return 0


def shares(case: Case) -> dict[str, float]:
    """The share of each of KINDS, and of OTHER, in the time of one map, after another one to warm up."""
    fast_integral(case)
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        fast_integral(case)
    kinds = {f"aten::{name}": kind for kind, names in KINDS.items() for name in names}
    seconds: Counter[str] = Counter()
    for event in profiler.key_averages():
        seconds[kinds.get(event.key, OTHER)] += event.self_cpu_time_total
    return {kind: seconds[kind] / seconds.total() for kind in (*KINDS, OTHER)}


if __name__ == "__main__":
    sys.exit(main())
