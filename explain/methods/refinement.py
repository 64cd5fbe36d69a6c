"""How a map comes about, step by step: one step for most methods, more for those that refine theirs."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

from torch import Tensor

from carmodel.network import Network
from explain.attribution import FUSED, Attribution, completeness_gap, mean
from explain.methods.method import Method, Question


@dataclass(frozen=True, eq=False)
class Refinement:
    """How far the map of one network has come."""

    latest: Attribution
    best: Attribution  # that with the smallest gap that can be believed, which need not be the latest
    state: Any = None  # what the method continues from
    credible: bool = True  # whether the best map took so much work that a small gap says something
    final: bool = True  # whether nothing better can come
    earlier: "Refinement | None" = None  # the one before it, compact and without its state

    def finished(self, tolerance: float) -> bool:
        """Whether the best map is good enough, or as good as it gets."""
        return self.final or (self.credible and gap_of(self.best) <= tolerance)

    @property
    def stages(self) -> "tuple[Refinement, ...]":
        """All from the first to this one."""
        return (*self.earlier.stages, self) if self.earlier else (self,)

    def after(self, before: "Refinement | None", tolerance: float | None) -> "Refinement | None":
        """The first stage after `before` that is finished, or the last one; of no tolerance the very next.

        So a map does not depend on how much further others went before. None if there is no such stage.
        """
        later = self.stages[len(before.stages) if before else 0 :]
        if tolerance is None or not later:
            return next(iter(later), None)
        return next((stage for stage in later if stage.finished(tolerance)), later[-1])

    @property
    def compact(self) -> "Refinement":
        """The same without what follows from the rest: its maps are their cells. A seventh of the memory."""
        return self._with_maps(lambda attribution: attribution.cells)

    def on_frame(self, network: Network) -> "Refinement":
        """The same with its maps on the frame, of one that is compact and of this network."""
        return self._with_maps(lambda attribution: attribution.method.place(attribution.cells, network))

    def _with_maps(self, map_of: Callable[[Attribution], Tensor]) -> "Refinement":
        latest = replace(self.latest, map=map_of(self.latest))
        best = latest if self.best is self.latest else replace(self.best, map=map_of(self.best))
        return replace(self, latest=latest, best=best)


def advance(method: Method, question: Question, before: Refinement | None) -> Refinement:
    """The refinement after `before` (None: the first) of a method's map."""
    if method.refine is None:
        return replace(method.start(question), final=True)
    if before is None:
        return method.start(question)
    return replace(method.refine(question, before), earlier=replace(before.compact, state=None))


Advance = Callable[[Refinement | None, float | None], Refinement]


def rounds(
    networks: Mapping[str, Advance], tolerance: float, members: Collection[str] = ()
) -> Iterator[dict[str, Attribution]]:
    """The maps of all networks after every round, until each gap and that of a mean are in tolerance.

    The mean is of the maps of those networks that are `members`, of all if none is. networks holds one
    function each: from what there is so far to the refinement that `Refinement.after` chooses by a tolerance.
    They advance in threads of their own, side by side.
    """

    def advanced(network: Advance, state: Refinement | None, allowed_gap: float | None) -> Refinement:
        return state if state and state.finished(allowed_gap or 0.0) else network(state, allowed_gap)

    before: Sequence[Refinement | None] = [None] * len(networks)
    allowed_gap: float | None = tolerance
    while True:
        with ThreadPoolExecutor(len(networks)) as threads:
            before = states = list(threads.map(advanced, networks.values(), before, repeat(allowed_gap)))
        finest = (state.best if state.finished(tolerance) else state.latest for state in states)
        maps = dict(zip(networks, finest, strict=True))
        yield maps
        if all(state.finished(tolerance) for state in states):
            together = [maps[name] for name in networks if name in members] or list(maps.values())
            if all(state.finished(0.0) for state in states) or gap_of(mean(together)) <= tolerance:
                return
            allowed_gap = None  # the changes of networks may cancel in their mean, their errors need not


def gap_of(attribution: Attribution) -> float:
    """The gap as a number to compare: infinite where there is none, as no such map ever adds up."""
    return math.inf if attribution.gap is None else attribution.gap


def attribution_of(
    method: Method,
    question: Question,
    cells: Tensor,
    score: float,
    reference_score: float | None,
    seconds: float,
    steps: int = 1,
    made_by: str = FUSED,
) -> Attribution:
    """The map of cells (n, n) that a method found, placed on the frame, with its gap if it has a sum."""
    map = method.place(cells, question.network)
    gap = None if reference_score is None else completeness_gap(map, score, reference_score)
    return Attribution(
        map=map,
        cells=cells,
        method=method,
        network=question.name,
        target=question.target,
        reference=question.reference,
        score=score,
        reference_score=reference_score,
        gap=gap,
        steps=steps,
        seconds=seconds,
        made_by=made_by,
    )
