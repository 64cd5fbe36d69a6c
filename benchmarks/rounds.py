"""One round of the benchmark: every part by both sides, on one photo."""

from dataclasses import dataclass, replace

from torch import Tensor

from benchmarks.implementations import (
    PARTS,
    Case,
    cases,
    our_evidence,
    our_page,
    plain_integrated_gradients,
    plain_page,
    with_enough_steps,
)
from benchmarks.measure import Timing, distance, forward_work, timed
from carmodel.photo import Photo
from explain.explainer import Explainer
from explain.methods.integrated_gradients import FIRST_STEPS, Integral

PAGE = "Page: all three methods"
EVIDENCE = "Evidence of the six maps; as plain, these maps by ours"
DISTANT_STEPS = 1000  # of the map that both sides' Integrated Gradients are compared with
DISTANT_CHUNK = 8


@dataclass(frozen=True)
class Sample:
    """One part on one photo."""

    part: str
    network: str  # "75", "100" or "both"
    plain: Timing
    ours: Timing
    work: float | None = None  # operations of the layers in ours, counted from their shapes
    distance: float | None = (
        None  # relative L1, from plain's map or, where steps are given, from a distant one
    )
    plain_distance: float | None = None  # of plain's map from that of DISTANT_STEPS
    plain_steps: int | None = None
    steps: int | None = None


def one_round(explainer: Explainer, photo: Photo, reference: str, distant: bool = True) -> list[Sample]:
    """The samples of all parts; without `distant` Integrated Gradients' maps are not judged.

    The photo must be new to the explainer, which keeps its answers.
    """
    found = [with_enough_steps(case) for case in cases(explainer, photo, reference)]
    samples = [sample for case in found for sample in _parts(case, distant)]
    _, plain = timed(plain_page, found)
    _, ours = timed(our_page, explainer, photo, found[0].target, reference)
    _, tests = timed(our_evidence, explainer, photo, found[0].target, reference)
    return [*samples, Sample(PAGE, "both", plain, ours), Sample(EVIDENCE, "both", ours, tests)]


def _parts(case: Case, distant: bool) -> list[Sample]:
    samples, maps = [], {}
    for part, (plain, ours) in PARTS.items():
        theirs, plain_time = timed(plain, case)
        mine, our_time = timed(ours, case)
        sample = Sample(part, str(case.network.size), plain_time, our_time, work(case, part, mine))
        if isinstance(mine, Integral):
            sample = replace(sample, plain_steps=case.steps, steps=mine.steps)
            if distant:
                settings = {"n_steps": DISTANT_STEPS, "internal_batch_size": DISTANT_CHUNK}
                goal = plain_integrated_gradients(case, **settings).sum(0)
                away = [distance(each.sum(0), goal) for each in (mine.values, theirs)]
                sample = replace(sample, distance=away[0], plain_distance=away[1])
        else:
            maps[part] = theirs, mine
        samples.append(sample)
    # Of one class shap's map is that of the class which the network names: it need not be the target.
    maps["SHAP, one class"] = maps["SHAP, four classes"][0][case.index], maps["SHAP, one class"][1][0]
    return [
        sample
        if sample.steps
        else replace(sample, distance=distance(maps[sample.part][1], maps[sample.part][0]))
        for sample in samples
    ]


def work(case: Case, part: str, ours: Tensor | Integral) -> float:
    """Operations of the layers in our computing of a part: forward and backward passes, at two a product."""
    first, *others = forward_work(case.background)
    one, references = first + sum(others), len(case.references)
    if isinstance(ours, Integral):
        ends = (
            ours.steps.bit_length() - FIRST_STEPS.bit_length() + 1
        )  # doublings, each with one map in the end
        return 3 * ends * first + 2 * (ours.steps + 1) * sum(others)
    if part == "Grad-CAM":
        return one
    return one + len(ours) * references * one
