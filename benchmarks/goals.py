"""What the benchmark is held against: what parts may cost beside plain, and how near maps must be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.rounds import EVIDENCE, PAGE
from benchmarks.table import Row

RATIOS = {  # part -> the most of ours / plain, in CPU seconds
    PAGE: 1 / 6,
    "SHAP, one class": 1 / 5,
    "SHAP, four classes": 1 / 4,
    "Integrated Gradients": 1 / 2,
    "Grad-CAM": 1.0,
    EVIDENCE: 1.0,
}
DISTANCES = {
    "SHAP, one class": 1e-3,
    "SHAP, four classes": 1e-3,
    "Grad-CAM": 1e-5,
}  # relative L1 from plain's
SHARE = 0.5  # of the peak that Integrated Gradients reaches at least


@dataclass(frozen=True)
class Goal:
    """One goal and what was found: the worst of both networks."""

    goal: str
    limit: float
    found: float
    met: bool


def goals(rows: Sequence[Row]) -> list[Goal]:
    """All goals that the rows have figures for."""
    found = []
    for part in dict.fromkeys(row.part for row in rows):
        same = [row for row in rows if row.part == part]
        if part in RATIOS:
            found.append(_most(f"{part}: ours / plain", RATIOS[part], [row.ratio for row in same]))
        if part in DISTANCES:
            found.append(_most(f"{part}: distance", DISTANCES[part], _known(row.distance for row in same)))
        ratios = [
            row.distance / row.plain_distance
            for row in same
            if row.distance is not None and row.plain_distance
        ]
        if ratios:
            found.append(_most(f"{part}: distance from many steps, ours / plain", 1.0, ratios))
            share = min(_known(row.share for row in same))
            found.append(Goal(f"{part}: share of the peak", SHARE, share, share >= SHARE))
    return found


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _most(goal: str, limit: float, values: Sequence[float]) -> Goal:
    return Goal(goal, limit, max(values), max(values) <= limit)
