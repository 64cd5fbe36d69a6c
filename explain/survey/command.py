"""The survey's command line: `python -m explain.survey --data DIR --out OUT`.

What is measured on a photo is in `photo`, how it is kept in `records`, spread over processes in `workers`,
joined in `findings`, summed up in `summary`, drawn in `figures` and told in `report` and `phrases`.
"""

import argparse
import csv
import json
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import distributed
from tqdm import tqdm

from carmodel.files import shown, whole_file, write_whole
from carmodel.memory import wants_memory
from carmodel.train.data import SPLITS, DataError, Sample, read_samples
from carmodel.train.distributed import Processes
from carmodel.weights import WeightsError
from explain.explainer import TOLERANCE
from explain.methods.lanes import NoMapError
from explain.methods.registry import METHODS
from explain.references import REFERENCES
from explain.report.markup import written
from explain.report.report import PACKAGES
from explain.smoothing import SMOOTHINGS
from explain.source import kind_options, source_of
from explain.survey.figures import draw
from explain.survey.findings import Findings, gather
from explain.survey.records import (
    SurveyError,
    fingerprint,
    open_records,
    record_path,
    survey_order,
)
from explain.survey.report import as_html
from explain.survey.summary import FACTS, summarise
from explain.survey.workers import Task, work

DESCRIPTION = "Measure over many photos how far the maps of car classifiers can be trusted."
EPILOG = """Files in OUT:
  report.html    what was found, in words, tables and figures; opens without a connection
  survey.json    every figure with its 95 % interval, and the settings
  survey.csv     a row for each photo, network and method; a photo is a number, a class and a source
  maps.npz       the mean |map| of each method, network and group of 20 photos or more: 75 x 75, mean 1
  *.png          the report's figures
  photos/        what was measured on each photo: needed to go on with the survey, and not to be passed on

The same command goes on where it was stopped; with more photos it continues a smaller survey. Under torchrun
each process takes its share. Exit code 2 means that photos, weights or OUT cannot be used, or that memory is
short, 130 stopped."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code: 0, 2 after one sentence on stderr, or 130."""
    options = _parser().parse_args(arguments)
    processes = Processes(torch.device("cpu"))
    try:
        order = survey_order(read_samples(options.data, [options.split]), options.seed)
        settings = _settings(options, order)
        open_records(options.out / "photos", settings)
        photos = order[: options.photos]
        tasks = _tasks(options, photos)[processes.rank :: processes.count]
        missing = [task for task in tasks if not task.record.exists()]
        done = len(tasks) - len(missing)
        bar = tqdm(desc="measuring", total=len(tasks), initial=done, disable=not processes.is_first)
        with bar:
            for _ in work(missing, options.workers, source_of(options)):
                bar.update()
        if processes.count > 1:
            distributed.monitored_barrier(timeout=timedelta(days=1))  # shares need not end together
        if processes.is_first:
            _write(gather(options.out / "photos", photos), settings, photos, options.out)
    except (DataError, NoMapError, SurveyError, WeightsError) as error:
        print(shown(error), file=sys.stderr)
        return 2
    except OSError as error:
        if wants_memory(error):
            raise
        reason = error.strerror or error
        sentence = f"Cannot write into {options.out}: {reason}. Please choose another --out."
        print(shown(sentence), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    finally:
        processes.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m explain.survey",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    folder: dict[str, Any] = {"type": Path, "metavar": "DIR"}
    add("--data", **folder, required=True, help="folder with manifest.csv or class folders")
    add("--split", choices=SPLITS, default="val", help="which of its photos (default: val)")
    add("--photos", type=_count, metavar="N", default=400, help="how many of them (default: 400)")
    add("--out", type=Path, metavar="OUT", required=True, help="folder to write into; made if need be")
    add("--seed", type=int, metavar="N", default=1, help="decides which photos are taken (default: 1)")
    add("--workers", type=_count, metavar="N", default=1, help="processes to use (default: 1)")
    for part, what in (
        ("stability", "how much maps change with a little noise"),
        ("sanity", "how maps fall apart when layers are randomised"),
    ):
        add(
            f"--{part}-photos",
            type=_count,
            metavar="N",
            default=0,
            help=f"on how many to measure {what} (default: none, it takes long)",
        )
    kind_options(parser)
    return parser


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return count


def _settings(options: argparse.Namespace, order: Sequence[Sample]) -> dict[str, Any]:
    """All that decides what is measured on the photo of a number. Raises NoMapError where nothing can be."""
    explainer = source_of(options).load()
    obstacles = [explainer.obstacles(method) for method in METHODS]
    explained = [name for name in explainer.networks if not all(name in reasons for reasons in obstacles)]
    if not explained:
        raise NoMapError(" ".join(dict.fromkeys(next(iter(reasons.values())) for reasons in obstacles)))
    return {
        "split": options.split,
        "seed": options.seed,
        "photos_sha256": fingerprint(order, options.data),
        "networks_sha256": {card.name: card.sha256 for card in explainer.cards.values()},
        "references_sha256": sha256(explainer.references.numpy().tobytes()).hexdigest(),
        "reference": next(iter(REFERENCES)),
        "tolerance": TOLERANCE,
        "detail": SMOOTHINGS[0],
        "methods": list(METHODS),
        "engine": options.engine,
        "lanes": {explainer.cards[name].name: explainer.lane(name) for name in explained},
    }


def _tasks(options: argparse.Namespace, photos: Sequence[Sample]) -> list[Task]:
    """What is to do, the longest first, so that processes end at about the same time."""
    counts = {"sanity": options.sanity_photos, "stability": options.stability_photos, "maps": len(photos)}
    return [
        Task(sample.path, part, record_path(options.out / "photos", number, part))
        for part, count in counts.items()
        for number, sample in enumerate(photos[:count], start=1)
    ]


def _write(findings: Findings, settings: Mapping[str, Any], photos: Sequence[Sample], folder: Path) -> None:
    """Writes the results, each file whole or not at all; the report comes last."""
    versions = {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}
    summary = summarise(findings, {**settings, "versions": versions}, photos)
    table = StringIO(newline="")
    columns = dict.fromkeys([*FACTS, *(name for row in findings.rows for name in row)])
    writer = csv.DictWriter(table, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(findings.rows)
    pictures = draw(summary, findings.maps)
    files = {
        "survey.json": _as_json(summary).encode(),
        "survey.csv": table.getvalue().encode(),
        **{f"{name}.png": picture for name, picture in pictures.items()},
        "report.html": written(as_html(summary, pictures)).encode(),
    }
    with whole_file(folder / "maps.npz") as file:
        maps = {"_".join(key): density.astype(np.float16) for key, density in findings.maps.items()}
        np.savez_compressed(file, allow_pickle=False, **maps)
    for name, content in files.items():
        write_whole(folder / name, content)


def _as_json(summary: Mapping[str, Any]) -> str:
    """Indented, but with each interval and each curve in a line."""
    text = json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False)
    return re.sub(r"[\[{]\s[^\[\]{}]*[\]}]", lambda match: " ".join(match[0].split()), text) + "\n"
