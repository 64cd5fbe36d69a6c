"""One round of the benchmark: every part by both sides, on one photo."""

from dataclasses import dataclass, replace

from torch import Tensor

from benchmarks.implementations import (
    PARTS,
    SHAP_OF_ALL,
    SHAP_OF_ONE,
    Case,
    cases,
    fast_evidence,
    fast_page,
    library_integrated_gradients,
    library_page,
    request_of,
    with_enough_steps,
)
from benchmarks.measure import Timing, distance, timed
from carmodel.photo import Photo
from explain.explainer import Explainer
from explain.methods.integrated_gradients import Integral

PAGE = "Page: all methods"
EVIDENCE = "Evidence of these maps; beside them"
EVERY = "all"  # in place of a network
DISTANT_STEPS = 1000  # of the map that both sides' Integrated Gradients are compared with
DISTANT_CHUNK = 8


@dataclass(frozen=True)
class Sample:
    """One part on one photo."""

    part: str
    network: str  # its size, or EVERY
    library: Timing
    fast: Timing
    work: float | None = None  # operations of the layers in the fast one, counted from their shapes
    distance: float | None = None  # relative L1, from the library's map or, with steps, from a distant one
    library_distance: float | None = None  # of the library's map from that of DISTANT_STEPS
    library_steps: int | None = None
    steps: int | None = None


def one_round(explainer: Explainer, photo: Photo, reference: str, distant: bool = True) -> list[Sample]:
    """The samples of all parts; without `distant` Integrated Gradients' maps are not judged.

    The photo must be new to the explainer, which keeps its answers.
    """
    asked = request_of(explainer, photo, reference)
    ready = [with_enough_steps(case) for case in cases(explainer, asked)]
    samples = [sample for case in ready for sample in _of_parts(case, distant)]
    _, library = timed(library_page, ready)
    _, fast = timed(fast_page, explainer, asked)
    _, tests = timed(fast_evidence, explainer, asked)
    return [*samples, Sample(PAGE, EVERY, library, fast), Sample(EVIDENCE, EVERY, fast, tests)]


def _of_parts(case: Case, distant: bool) -> list[Sample]:
    samples: list[Sample] = []
    maps: dict[str, tuple[Tensor, Tensor]] = {}
    for part in PARTS:
        theirs, library_time = timed(part.library, case)
        ours, fast_time = timed(part.fast, case)
        size, work = str(case.network.size), part.work(case, ours)
        sample = Sample(part.name, size, library_time, fast_time, work)
        if isinstance(ours, Integral):
            sample = replace(sample, library_steps=case.steps, steps=ours.steps)
            if distant:
                settings = {"n_steps": DISTANT_STEPS, "internal_batch_size": DISTANT_CHUNK}
                goal = library_integrated_gradients(case, **settings).sum(0)
                away, library_away = (distance(map.sum(0), goal) for map in (ours.values, theirs))
                sample = replace(sample, distance=away, library_distance=library_away)
        else:
            maps[part.name] = ours, theirs
        samples.append(sample)
    # Of one class shap's map is that of the class which the network names: it need not be the target.
    maps[SHAP_OF_ONE.name] = maps[SHAP_OF_ONE.name][0][0], maps[SHAP_OF_ALL.name][1][case.index]
    return [
        replace(sample, distance=distance(*maps[sample.part])) if sample.part in maps else sample
        for sample in samples
    ]
