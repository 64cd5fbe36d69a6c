"""The benchmark's command line: python -m benchmarks.speed."""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import torch
from tqdm import tqdm

from benchmarks import EXAMPLES
from benchmarks.measure import peak_speed
from benchmarks.peak import SIDES, memory
from benchmarks.rounds import one_round
from benchmarks.table import as_text, goals, rows
from carmodel.photo import read_photo
from carmodel.weights import WEIGHTS
from explain.explainer import TOLERANCE, Explainer
from explain.references import REFERENCES
from explain.report.report import PACKAGES

DESCRIPTION = """Measure what the maps cost, beside captum and shap as their documentation tells users to call
them. Both sides take turns in one process, on another photo in each round; all times are medians."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser("python -m benchmarks.speed", description=DESCRIPTION)
    add = parser.add_argument
    add("photos", nargs="*", help="one to warm up and one a round (default: six of the examples)")
    add("--rounds", type=int, default=5, help="rounds that are measured (default: 5)")
    add("--threads", type=int, default=1, help="threads that one operation may use (default: 1)")
    add("--reference", choices=REFERENCES, default=next(iter(REFERENCES)), help="of Integrated Gradients")
    add("--weights", metavar="DIR", type=Path, default=WEIGHTS, help="folder of weights")
    add("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args(arguments)
    files = options.photos or sorted(EXAMPLES.glob("*.jpg"))[::3]
    if not 0 < options.rounds < len(files):
        parser.error(f"{options.rounds} rounds need {options.rounds + 1} photos; there are {len(files)}.")
    torch.set_num_threads(options.threads)
    try:
        explainer = Explainer.load(options.weights)
        photos = [read_photo(file) for file in files[: options.rounds + 1]]
    except ValueError as error:  # a PhotoError or a WeightsError: one sentence each
        print(error, file=sys.stderr)
        return 2
    samples, peak = [], peak_speed()
    for i, photo in enumerate(tqdm(photos, desc="Rounds")):
        measured = one_round(explainer, photo, options.reference, distant=i > 0)
        samples += measured if i else []
    peak = max(peak, peak_speed())
    parts = rows(samples, peak)
    table = {
        "processor": platform.processor() or platform.machine(),
        "threads": options.threads,
        "rounds": options.rounds,
        "reference": options.reference,
        "tolerance": TOLERANCE,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        "peak": peak,
        "rows": [asdict(row) for row in parts],
        "goals": [asdict(goal) for goal in goals(parts)],
        "memory": {side: memory(side, options.weights, files[0], options.reference) for side in SIDES},
    }
    print(json.dumps(table, indent=2) if options.json else as_text(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
