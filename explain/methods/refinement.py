"""How a map comes about, stage by stage: one stage for Grad-CAM and SHAP, more for Integrated Gradients."""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from carmodel.frame import FRAME
from carmodel.network import CarNet
from carmodel.photo import block_means
from explain.attribution import Attribution, completeness_gap, mean
from explain.methods.gradcam import gradcam, place, receptive_field
from explain.methods.integrated_gradients import (
    MOST_STEPS,
    REFERENCE_FRAMES,
    Integral,
    Line,
    least_steps,
    refined,
)
from explain.methods.shap import ShapleyValues
from explain.target import Target


@dataclass(frozen=True, eq=False)
class Refinement:
    """How far the map of one network has come."""

    latest: Attribution
    best: Attribution  # the smallest gap from `least_steps` on, which need not be the latest
    integral: Integral | None = None  # what Integrated Gradients continues from

    def finished(self, tolerance: float) -> bool:
        """Whether the best map is good enough, or as good as it gets."""
        if self.integral is None or self.integral.steps >= MOST_STEPS:
            return True
        return _enough(self.best) and _gap(self.best) <= tolerance

    @property
    def compact(self) -> "Refinement":
        """The same without what follows from the rest: its maps are their cells. A seventh of the memory."""
        latest, best = (replace(each, map=each.cells) for each in (self.latest, self.best))
        return replace(self, latest=latest, best=latest if self.best is self.latest else best)

    def on_frame(self, network: CarNet) -> "Refinement":
        """The same with its maps on the frame, of one that is compact and of this network."""
        latest = replace(self.latest, map=_on_frame(self.latest, network))
        if self.best is self.latest:
            return replace(self, latest=latest, best=latest)
        return replace(self, latest=latest, best=replace(self.best, map=_on_frame(self.best, network)))


Advance = Callable[[Refinement | None, float], Refinement]


def rounds(advance: Sequence[Advance], tolerance: float) -> Iterator[list[Attribution]]:
    """The maps of all networks after every round, until each gap and that of their mean are in tolerance.

    advance holds one function a network: from what there is so far and the gap wanted to the next stage. The
    networks advance in threads of their own, side by side.
    """

    def advanced(further: Advance, state: Refinement | None, wanted: float) -> Refinement:
        return state if state and state.finished(wanted) else further(state, wanted)

    before: Sequence[Refinement | None] = [None] * len(advance)
    wanted = tolerance
    while True:
        with ThreadPoolExecutor(len(advance)) as threads:
            before = states = list(threads.map(advanced, advance, before, repeat(wanted)))
        maps = [state.best if state.finished(tolerance) else state.latest for state in states]
        yield maps
        if all(state.finished(tolerance) for state in states):
            if all(state.finished(0.0) for state in states) or _gap(mean(maps)) <= tolerance:
                return
            wanted = 0.0  # the changes of two networks may cancel in their mean, their errors need not


def next_stage(
    network: CarNet,
    frame: Tensor,
    target: Target,
    method: str,
    reference: str,
    shapley: Callable[[CarNet], ShapleyValues],
    before: Refinement | None,
) -> Refinement:
    """The stage after `before` (None: the first) of one network's map of a frame (3, 300, 300).

    shapley gives the Shapley values of a network for this frame; only SHAP calls it.
    """
    if method == "integrated_gradients":
        return _integrated_gradients(network, frame, target, reference, before)
    only = _gradcam(network, frame, target) if method == "gradcam" else _shap(network, target, shapley)
    return Refinement(latest=only, best=only)


def _gradcam(network: CarNet, frame: Tensor, target: Target) -> Attribution:
    started = perf_counter()
    cells, score = gradcam(network, target.score, block_means(frame, network.size))
    return Attribution(
        map=place(cells, receptive_field(network), network.size),
        cells=cells,
        method="gradcam",
        network=str(network.size),
        target=target,
        reference="none",
        score=score,
        reference_score=None,
        gap=None,
        steps=1,
        seconds=perf_counter() - started,
    )


def _shap(network: CarNet, target: Target, shapley: Callable[[CarNet], ShapleyValues]) -> Attribution:
    started = perf_counter()
    found = shapley(network)
    return _complete(
        found.of(target.score),
        method="shap",
        network=str(network.size),
        target=target,
        reference="training frames",
        score=target.score(found.logits).item(),
        reference_score=target.score(found.reference_logits).item(),
        steps=1,
        seconds=perf_counter() - started,
    )


def _integrated_gradients(
    network: CarNet, frame: Tensor, target: Target, reference: str, before: Refinement | None
) -> Refinement:
    started = perf_counter()
    if before is None or before.integral is None:
        frames = torch.stack([frame, REFERENCE_FRAMES[reference](frame)])
        x, compared = block_means(frames, network.size)
        line, seconds = Line(x, compared), 0.0
    else:
        line, seconds = before.integral, before.latest.seconds
    integral = refined(network, target.score, line)
    latest = _complete(
        integral.values.sum(0),
        method="integrated_gradients",
        network=str(network.size),
        target=target,
        reference=reference,
        score=integral.score,
        reference_score=integral.reference_score,
        steps=integral.steps,
        seconds=seconds + perf_counter() - started,
    )
    best = before.best if before else latest
    if not _enough(best) or _gap(latest) <= _gap(best):
        best = latest
    return Refinement(latest, best, integral)


def _enough(attribution: Attribution) -> bool:
    """Whether a map of Integrated Gradients took so many steps that a small gap says something."""
    return attribution.steps >= least_steps(len(attribution.cells))


def _gap(attribution: Attribution) -> float:
    """The gap as a number to compare: infinite where there is none, as no such map ever adds up."""
    return math.inf if attribution.gap is None else attribution.gap


def _complete(cells: Tensor, *, score: float, reference_score: float, **facts: Any) -> Attribution:  # noqa: ANN401
    """The map of cells (size, size) that add up to a change of score: repeated over the frame's blocks."""
    blocks = _blocks(cells)
    gap = completeness_gap(blocks, score, reference_score)
    return Attribution(
        map=blocks, cells=cells, score=score, reference_score=reference_score, gap=gap, **facts
    )


def _blocks(cells: Tensor) -> Tensor:
    """Cells (size, size) as a map of the frame (300, 300) of the same sum."""
    block = FRAME // len(cells)
    return cells.repeat_interleave(block, 0).repeat_interleave(block, 1) / block**2


def _on_frame(attribution: Attribution, network: CarNet) -> Tensor:
    if attribution.method == "gradcam":
        return place(attribution.cells, receptive_field(network), network.size)
    return _blocks(attribution.cells)
