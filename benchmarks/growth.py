"""How cost grows with work, measured and drawn: `python -m benchmarks.growth --out docs/growth.png`."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import torch
from tqdm import tqdm

from benchmarks import EXAMPLES
from benchmarks.implementations import fast_page, request_of
from benchmarks.measure import Timing
from carmodel.files import write_whole
from carmodel.photo import Photo, read_photo
from carmodel.sampling import area_means
from carmodel.weights import WEIGHTS
from explain.explainer import Explainer
from explain.methods.integrated_gradients import Line, refined
from explain.methods.shap import background, shapley_values
from explain.references import reference_frame
from explain.request import Settings, request
from explain.source import Source
from explain.survey.records import record_path
from explain.survey.workers import Task, work
from explain.target import Target

DOUBLINGS = 7  # of Integrated Gradients' first steps
REFERENCES = (4, 8, 16, 32, 64)
USERS = (1, 2, 4, 8, 16)
DESCRIPTION = """Measure how cost grows with the steps of Integrated Gradients, SHAP's references, the photos
of a survey and the users at once, with one thread an operation."""


@dataclass(frozen=True)
class Point:
    """What an amount of work costs."""

    series: str
    work: int
    timing: Timing


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser("python -m benchmarks.growth", description=DESCRIPTION)
    add = parser.add_argument
    add_counts = partial(add, nargs="+", type=int, metavar="N")
    add_counts("--survey", default=(1, 4, 16), help="photos in a survey (default: 1 4 16)")
    add_counts("--workers", default=(1, 2), help="processes of a survey (default: 1 2)")
    add_counts("--users", default=USERS, help="users at once (default: 1 2 4 8 16)")
    add("--out", type=Path, metavar="PNG", help="draw into this file")
    add("--weights", metavar="DIR", type=Path, default=WEIGHTS, help="folder of weights")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    files = sorted(EXAMPLES.glob("*.jpg"))
    photos = [read_photo(file) for file in files]
    warm = Explainer.load(options.weights)
    fast_page(warm, request_of(warm, photos[0], "blur"))
    parts: dict[str, Callable[[], list[Point]]] = {
        "steps of Integrated Gradients": partial(steps, warm, photos[1]),
        "references of SHAP": partial(references, warm, photos[1]),
        "users at once": partial(users, options.weights, photos, options.users),
        "photos in a survey": partial(survey, options.weights, files, options.survey, options.workers),
    }
    costs = {name: measure() for name, measure in tqdm(parts.items(), disable=None)}
    print(as_text(costs))
    if options.out:
        write_whole(options.out, draw(costs))
    return 0


def steps(explainer: Explainer, photo: Photo) -> list[Point]:
    """Integrated Gradients of a class by every network, doubling by doubling; each costs all before it."""
    frames = torch.stack([photo.frame, reference_frame("blur", photo.frame)])
    points = []
    for name, network in explainer.networks.items():
        x, reference = area_means(frames, network.size)
        line, total = Line(x, reference), Timing(0.0, 0.0)
        for _ in range(DOUBLINGS):
            with _Clock() as clock:
                line = integral = refined(network, Target("suv").score, line)
            total = Timing(total.cpu + clock.timing.cpu, total.wall + clock.timing.wall)
            points.append(Point(f"{name} px", integral.steps, total))
    return points


def references(explainer: Explainer, photo: Photo) -> list[Point]:
    """SHAP of a class by every network for ever more references, whose traces are kept for all photos."""
    points = []
    for name, network in explainer.networks.items():
        x, few = (area_means(frames, network.size) for frames in (photo.frame, explainer.references))
        for count in REFERENCES:
            traces = background(network, few[torch.arange(count) % len(few)])
            with _Clock() as clock:
                shapley_values(network, x, traces, score=Target("suv").score)
            points.append(Point(f"{name} px", count, clock.timing))
    return points


def users(weights: Path, photos: Sequence[Photo], counts: Sequence[int]) -> list[Point]:
    """Users who each want all maps of a photo of their own from one Explainer at the same time."""
    points = []
    for count in counts:
        explainer = Explainer.load(weights)
        # Of a contrast, which nobody asks about: the references are known from then on.
        settings = Settings(toward="coupe", against="sedan")
        fast_page(explainer, request(explainer, photos[-1], settings))
        asked = [request_of(explainer, photos[i % len(photos)], "blur") for i in range(count)]
        with _Clock() as clock, ThreadPoolExecutor(count) as threads:
            list(threads.map(fast_page, repeat(explainer), asked))
        points.append(Point("all maps of a photo each", count, clock.timing))
    return points


def survey(
    weights: Path, files: Sequence[Path], counts: Sequence[int], workers: Sequence[int]
) -> list[Point]:
    """The maps and evidence of ever more photos by as many processes; the examples again and again.

    The most photos, which take longest, are left to the most processes.
    """
    points = []
    for processes in workers:
        for count in counts:
            if processes < max(workers) and count == max(counts) > min(counts):
                continue
            with tempfile.TemporaryDirectory() as folder, _Clock() as clock:
                tasks = [
                    Task(files[i % len(files)], "maps", record_path(Path(folder), i + 1, "maps"))
                    for i in range(count)
                ]
                for _ in work(tasks, processes, Source(weights)):
                    pass
            points.append(Point(f"{processes} process{'es' * (processes > 1)}", count, clock.timing))
    return points


class _Clock:
    """Measures what runs inside it, in this process and in those that have ended in the meantime."""

    timing: Timing

    def __enter__(self) -> "_Clock":
        self._began = time.perf_counter(), _cpu()
        return self

    def __exit__(self, *_: object) -> None:
        wall, cpu = self._began
        self.timing = Timing(_cpu() - cpu, time.perf_counter() - wall)


def _cpu() -> float:
    used = [getrusage(whose) for whose in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def as_text(costs: dict[str, list[Point]]) -> str:
    """The table for people, in Markdown."""
    lines = [
        "| work | | amount | CPU s | s | amount a CPU second | a second |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, points in costs.items():
        for point in points:
            cpu, wall = point.timing.cpu, point.timing.wall
            rates = f"{point.work / cpu:.3g} | {point.work / wall:.3g}"
            lines.append(f"| {name} | {point.series} | {point.work} | {cpu:.2f} | {wall:.2f} | {rates} |")
    return "\n".join(lines)


def draw(costs: dict[str, list[Point]]) -> bytes:
    """A panel for each kind of work: CPU seconds, both axes logarithmic, and what is proportional, dotted."""
    from io import BytesIO

    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6.4), dpi=110, layout="constrained")
    for panel, (name, points) in zip(figure.subplots(2, 2).flat, costs.items(), strict=True):
        for series in dict.fromkeys(point.series for point in points):
            same = [point for point in points if point.series == series]
            amounts = [point.work for point in same]
            [line] = panel.plot(amounts, [point.timing.cpu for point in same], "o-", label=series)
            last = same[-1]
            proportional = [last.timing.cpu * amount / last.work for amount in amounts]
            panel.plot(amounts, proportional, ":", color=line.get_color())
        panel.set(xscale="log", yscale="log", xlabel=name, ylabel="CPU seconds")
        panel.set_xticks(sorted({point.work for point in points}), minor=False)
        panel.set_xticklabels(sorted({point.work for point in points}), fontsize=8)
        panel.minorticks_off()
        panel.grid(alpha=0.25)
        panel.spines[["top", "right"]].set_visible(False)
        panel.legend(frameon=False, fontsize=8)
    file = BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main())
