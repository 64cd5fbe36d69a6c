"""How long the page takes to start and to answer first: `python -m benchmarks.start`."""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

from gradio_client import Client, handle_file

from benchmarks import EXAMPLES
from benchmarks.serving import ServingError, serving
from carmodel.weights import WEIGHTS

ALONE = "import torch, gradio"
START, REQUEST = 1.5, 2.0  # the most that the page's start may be of ALONE's, the first request of the second
DESCRIPTION = f"""Measure the time from `python dashboard.py` to a served page beside `{ALONE}` alone, taking
turns, and the page's first two requests, for all maps of two photos. Times are medians."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser("python -m benchmarks.start", description=DESCRIPTION)
    add = parser.add_argument
    add("--rounds", type=int, default=5, help="rounds that are measured, after one to warm up (default: 5)")
    add("--port", type=int, default=7930, help="a free port (default: 7930)")
    add("--weights", metavar="DIR", type=Path, default=WEIGHTS, help="folder of weights")
    options = parser.parse_args(arguments)
    try:
        rounds = [one_round(options.port, options.weights) for _ in range(options.rounds + 1)][1:]
    except ServingError as error:
        print(error, file=sys.stderr)
        return 2
    print(as_text({name: median(seconds[name] for seconds in rounds) for name in rounds[0]}))
    return 0


def one_round(port: int, weights: Path) -> dict[str, float]:
    """Seconds of every measure; those of CPU are of all cores together."""
    wall, cpu = time.perf_counter(), _children()
    subprocess.run([sys.executable, "-c", ALONE], check=True)
    seconds = {"alone": time.perf_counter() - wall, "alone_cpu": _children() - cpu}
    with serving(port, weights) as page:
        seconds |= {"served": page.wall, "served_cpu": page.cpu}
        client = Client(page.url, verbose=False)
        for name, file in zip(("first", "second"), sorted(EXAMPLES.glob("*.jpg"))[2:4], strict=True):
            began = time.perf_counter()
            client.predict(handle_file(file), api_name="/explain")
            seconds[name] = time.perf_counter() - began
    return seconds


def as_text(seconds: dict[str, float]) -> str:
    """The table for people, in Markdown."""
    starts = (seconds["served"] / seconds["alone"], seconds["served_cpu"] / seconds["alone_cpu"])
    first = seconds["first"] / seconds["second"]
    return "\n".join(
        [
            "| | seconds | beside | ratio | limit |",
            "|---|---|---|---|---|",
            f"| page served; `{ALONE}` alone | {seconds['served']:.1f} | {seconds['alone']:.1f} | "
            f"{starts[0]:.2f} | {START} |",
            f"| the same in CPU seconds | {seconds['served_cpu']:.1f} | {seconds['alone_cpu']:.1f} | "
            f"{starts[1]:.2f} | {START} |",
            f"| first request; second request | {seconds['first']:.1f} | {seconds['second']:.1f} | "
            f"{first:.2f} | {REQUEST} |",
        ]
    )


def _children() -> float:
    """CPU seconds of the processes that this one has started and seen end."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
