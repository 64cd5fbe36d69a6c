"""The benchmark's table: medians of all rounds beside their goals, and how they are printed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.implementations import PARTS
from benchmarks.measure import Timing, middle
from benchmarks.rounds import DISTANT_STEPS, EVIDENCE, PAGE, Sample

RATIOS = {part.name: part.ratio for part in PARTS} | {PAGE: 1 / 6, EVIDENCE: 1.0}
DISTANCES = {part.name: part.distance for part in PARTS if part.distance is not None}
SHARE = 0.5  # of the machine's peak that a part with steps reaches at least


@dataclass(frozen=True)
class Row:
    """One part, for one network or for all."""

    part: str
    network: str
    library: Timing
    fast: Timing
    ratio: float  # fast / library, of CPU seconds
    share: float | None  # of the machine's peak that the fast one reached
    distance: float | None  # see Sample: the largest of all rounds, but of parts with steps the median
    library_distance: float | None
    library_steps: float | None
    steps: float | None


@dataclass(frozen=True)
class Goal:
    """One goal and what was measured: the worst of all networks."""

    goal: str
    limit: float
    found: float
    met: bool


def rows(samples: Sequence[Sample], peak: float) -> list[Row]:
    """The medians of samples from all rounds, part by part; peak is in operations a CPU second."""
    made = []
    for part, network in dict.fromkeys((sample.part, sample.network) for sample in samples):
        same = [sample for sample in samples if (sample.part, sample.network) == (part, network)]
        library, fast = middle(sample.library for sample in same), middle(sample.fast for sample in same)

        def typical(name: str, of: Sequence[Sample] = same, join: Any = median) -> float | None:  # noqa: ANN401
            values = [getattr(sample, name) for sample in of]
            return None if None in values else join(values)

        work = typical("work")
        made.append(
            Row(
                part,
                network,
                library,
                fast,
                ratio=fast.cpu / library.cpu,
                share=work and work / fast.cpu / peak,
                distance=typical("distance", join=median if same[0].steps else max),
                library_distance=typical("library_distance"),
                library_steps=typical("library_steps"),
                steps=typical("steps"),
            )
        )
    return made


def goals(rows: Sequence[Row]) -> list[Goal]:
    """All goals that the rows have figures for."""
    made = []
    for part in dict.fromkeys(row.part for row in rows):
        same = [row for row in rows if row.part == part]
        if part in RATIOS:
            made.append(_most(f"{part}: fast / library", RATIOS[part], [row.ratio for row in same]))
        if part in DISTANCES:
            made.append(_most(f"{part}: distance", DISTANCES[part], _present(row.distance for row in same)))
        if ratios := [
            row.distance / row.library_distance
            for row in same
            if row.distance is not None and row.library_distance
        ]:
            made.append(_most(f"{part}: distance from many steps, fast / library", 1.0, ratios))
            share = min(_present(row.share for row in same))
            made.append(Goal(f"{part}: share of the peak", SHARE, share, share >= SHARE))
    return made


def _present(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _most(goal: str, limit: float, values: Sequence[float]) -> Goal:
    return Goal(goal, limit, max(values), max(values) <= limit)


def as_text(table: dict[str, Any]) -> str:
    """The table for people, in Markdown."""
    lines = [
        f"Medians of {table['rounds']} rounds on other photos; {table['threads']} thread(s) an operation; "
        f"{', '.join(f'{name} {number}' for name, number in table['versions'].items())}.",
        f"Peak of a product of matrices: {table['peak'] / 1e9:.0f} billion operations a CPU second.",
        "",
        "| part | network | library, CPU s | fast, CPU s | ratio | library, s | fast, s | peak | distance |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in table["rows"]:
        part, away = row["part"], "" if row["distance"] is None else f"{row['distance']:.1e}"
        if row["steps"]:
            part = f"{part}, {row['library_steps']:.0f} and {row['steps']:.0f} steps"
            away = f"{away} (library {row['library_distance']:.1e})"
        share = "" if row["share"] is None else f"{row['share']:.0%}"
        library, fast = row["library"], row["fast"]
        ratio = f"1/{1 / row['ratio']:.1f}" if row["ratio"] < 1 else f"{row['ratio']:.1f}"
        times = f"{library['cpu']:.3f} | {fast['cpu']:.3f} | {ratio}"
        clock = f"{library['wall']:.3f} | {fast['wall']:.3f}"
        lines.append(f"| {part} | {row['network']} | {times} | {clock} | {share} | {away} |")
    memory = ", ".join(f"{side} {size:.0f} MB" for side, size in table["memory"].items())
    met = (
        f"| {goal['goal']} | {goal['limit']:.2g} | {goal['found']:.2g} | {'yes' if goal['met'] else 'no'} |"
        for goal in table["goals"]
    )
    return "\n".join(
        [
            *lines,
            "",
            "Distance: relative L1 of the fast map from the library's, the largest of all rounds; where maps",
            f"take steps, of either map from captum's with {DISTANT_STEPS:,} steps, the median.",
            f"Memory of a page beyond what is imported and loaded: {memory}.",
            "",
            "| goal | limit | measured | met |",
            "|---|---|---|---|",
            *met,
        ]
    )
