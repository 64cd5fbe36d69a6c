"""What the library lane costs beside plain captum and shap, and the fast lane beside both.

`python -m benchmarks.lanes`: CPU seconds of one thread, medians over photos, the three sides taking turns.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from benchmarks import EXAMPLES
from benchmarks.implementations import (
    CAM,
    GRADIENTS,
    SHAP_OF_ONE,
    Case,
    Part,
    cases,
    library_integrated_gradients,
    request_of,
)
from benchmarks.measure import Timing, middle, timed
from carmodel.photo import read_photo
from carmodel.weights import WEIGHTS
from explain.attribution import completeness_gap
from explain.explainer import TOLERANCE, Explainer
from explain.methods import library
from explain.methods.integrated_gradients import MOST_STEPS, Integral, Line, least_steps, refined

LIMIT = 1.1  # the most of plain captum's and shap's CPU seconds


def lane_gradcam(case: Case) -> Tensor:
    """The cells of the library lane."""
    return library.gradcam(case.network, case.target.score, case.x)[0]


def lane_integral(case: Case) -> Integral:
    """The first of the library lane's integrals that is in tolerance."""
    integral = refined(case.network, case.target.score, Line(case.x, case.reference), library.integrate)
    while integral.steps < MOST_STEPS:
        gap = completeness_gap(integral.values, integral.score, integral.reference_score)
        if integral.steps >= least_steps(case.network.size) and gap <= TOLERANCE:
            break
        integral = refined(case.network, case.target.score, integral, library.integrate)
    return integral


def plain_integral(case: Case, steps: int) -> Tensor:
    """captum's map with as many steps as the lane took, and as many pictures in a pass."""
    return library_integrated_gradients(case, n_steps=steps, internal_batch_size=library.CHUNK)


def lane_shap(case: Case) -> Tensor:
    """The values of the library lane, whose background is kept from photo to photo."""
    known = library.Background(case.references, case.background.logits, deep=True)
    return library.shapley_values(case.network, case.target.score, case.x, known)[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser("python -m benchmarks.lanes", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--photos", type=int, default=5, help="that are measured, after one to warm up (default: 5)")
    add("--weights", metavar="DIR", type=Path, default=WEIGHTS, help="folder of weights")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    explainer = Explainer.load(options.weights)
    rounds: dict[tuple[str, str], list[list[Timing]]] = {}
    for number, file in enumerate(sorted(EXAMPLES.glob("*.jpg"))[: options.photos + 1]):
        for case in cases(explainer, request_of(explainer, read_photo(file), "blur")):
            for part, timings in _round(case):
                if number:
                    rounds.setdefault((part.name, f"{case.network.size} px"), []).append(timings)
    print("| | network | plain | library lane | fast lane | lane / plain | at most | fast / plain |")
    print("|---|---|---|---|---|---|---|---|")
    for names, photos in rounds.items():
        plain, lane, fast = (middle(side).cpu for side in zip(*photos, strict=True))
        figures = f"{plain:.2f} s | {lane:.2f} s | {fast:.2f} s | {lane / plain:.2f} | {LIMIT}"
        print(f"| {' | '.join(names)} | {figures} | {fast / plain:.2f} |")
    return 0


def _round(case: Case) -> Iterator[tuple[Part, list[Timing]]]:
    """The times of plain, library lane and fast lane, for each kind of map."""
    integral, seconds = timed(lane_integral, case)
    yield (
        GRADIENTS,
        [timed(plain_integral, case, integral.steps)[1], seconds, timed(GRADIENTS.fast, case)[1]],
    )
    sides: Sequence[tuple[Part, Callable[[Case], Tensor]]] = ((CAM, lane_gradcam), (SHAP_OF_ONE, lane_shap))
    for part, lane in sides:
        yield part, [timed(side, case)[1] for side in (part.library, lane, part.fast)]


if __name__ == "__main__":
    sys.exit(main())
