"""The benchmark's table: medians of all rounds, and how they are printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.measure import Timing, middle
from benchmarks.rounds import DISTANT_STEPS, Sample


@dataclass(frozen=True)
class Row:
    """One part, for one network or for both."""

    part: str
    network: str
    plain: Timing
    ours: Timing
    ratio: float  # ours / plain, of CPU seconds
    share: float | None  # of the machine's peak that ours reached
    distance: float | None  # see Sample: the largest of all rounds, but Integrated Gradients' median
    plain_distance: float | None
    plain_steps: float | None
    steps: float | None


def rows(samples: Sequence[Sample], peak: float) -> list[Row]:
    """The medians of samples from all rounds, part by part; peak is in operations a CPU second."""
    found = []
    for part, network in dict.fromkeys((each.part, each.network) for each in samples):
        same = [each for each in samples if (each.part, each.network) == (part, network)]
        plain, ours = middle(each.plain for each in same), middle(each.ours for each in same)

        def typical(name: str, of: Sequence[Sample] = same, join: Any = median) -> float | None:  # noqa: ANN401
            values = [getattr(each, name) for each in of]
            return None if None in values else join(values)

        work = typical("work")
        found.append(
            Row(
                part,
                network,
                plain,
                ours,
                ratio=ours.cpu / plain.cpu,
                share=work and work / ours.cpu / peak,
                distance=typical("distance", join=median if same[0].steps else max),
                plain_distance=typical("plain_distance"),
                plain_steps=typical("plain_steps"),
                steps=typical("steps"),
            )
        )
    return found


def as_text(table: dict[str, Any]) -> str:
    """The table for people, in Markdown."""
    lines = [
        f"Medians of {table['rounds']} rounds on other photos; {table['threads']} thread(s) an operation; "
        f"{', '.join(f'{name} {number}' for name, number in table['versions'].items())}.",
        f"Peak of a product of matrices: {table['peak'] / 1e9:.0f} billion operations a CPU second.",
        "",
        "| part | network | plain, CPU s | ours, CPU s | ratio | plain, s | ours, s | peak | distance |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in table["rows"]:
        part, away = row["part"], "" if row["distance"] is None else f"{row['distance']:.1e}"
        if row["steps"]:
            part = f"{part}, {row['plain_steps']:.0f} and {row['steps']:.0f} steps"
            away = f"{away} (plain {row['plain_distance']:.1e})"
        share = "" if row["share"] is None else f"{row['share']:.0%}"
        plain, ours = row["plain"], row["ours"]
        ratio = f"1/{1 / row['ratio']:.1f}" if row["ratio"] < 1 else f"{row['ratio']:.1f}"
        times = f"{plain['cpu']:.3f} | {ours['cpu']:.3f} | {ratio}"
        clock = f"{plain['wall']:.3f} | {ours['wall']:.3f}"
        lines.append(f"| {part} | {row['network']} | {times} | {clock} | {share} | {away} |")
    return "\n".join(
        [
            *lines,
            "",
            "Distance: relative L1 of our map from plain's, the largest of all rounds; for Integrated",
            f"Gradients of either map from captum's with {DISTANT_STEPS:,} steps, the median.",
            "Memory of a page beyond what is imported and loaded: "
            + ", ".join(f"{side} {size:.0f} MB" for side, size in table["memory"].items())
            + ".",
            "",
            "| goal | limit | found | met |",
            "|---|---|---|---|",
            *(
                f"| {each['goal']} | {each['limit']:.2g} | {each['found']:.2g} | "
                f"{'yes' if each['met'] else 'no'} |"
                for each in table["goals"]
            ),
        ]
    )
