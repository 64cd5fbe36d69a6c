"""The records of all photos, joined: one table of rows, mean curves, mean maps, and the time it took.

Mean maps are of LEAST_PHOTOS photos or more, so that no single photo can be made out in them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carmodel.network import CLASSES
from carmodel.train.data import Sample
from explain.survey.photo import CONTROLS, PARTS
from explain.survey.records import Record, Row, SurveyError, read_record, record_path

LEAST_PHOTOS = 20  # in a mean map
NAMES = ("network", "method")  # by which a photo's rows are told apart
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Findings:
    """All that a survey measured."""

    rows: tuple[Row, ...]  # a photo, network and method each; with "missing", why there is no map, or figures
    seconds: Mapping[str, tuple[float, ...]]  # what CPU time went into -> of each photo it was measured on
    curves: Mapping[tuple[str, str], Floats]  # network, method or control -> mean probabilities (2, points)
    maps: Mapping[tuple[str, str, str], Floats]  # method, network, group -> mean density (75, 75)


def gather(folder: Path, photos: Sequence[Sample]) -> Findings:
    """Joins the records in `folder` of photos, which are numbered from 1 in their order.

    Its true class and source are those of the sample. Raises SurveyError if there are no maps of any photo.
    """
    rows: list[Row] = []
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    curves: defaultdict[tuple[str, str], list[Floats]] = defaultdict(list)
    totals: dict[tuple[str, str, str], Floats] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    for number, sample in enumerate(photos, start=1):
        paths = (record_path(folder, number, part) for part in PARTS)
        records = [read_record(path) for path in paths if path.exists()]
        rows += _joined(records, number, sample)
        for record in records:
            for name, spent in record.seconds.items():
                seconds[name].append(spent)
            for key, pair in _curves(record):
                curves[key].append(pair)
            for row, density in zip(record.rows, _densities(record), strict=False):
                if "missing" in row:
                    continue
                method, network, explained = (str(row[name]) for name in ("method", "network", "explained"))
                for group in ("all", explained, sample.source):
                    place = method, network, group
                    totals[place] = totals.get(place, 0) + density
                    counts[place] += 1
    if not curves:
        raise SurveyError("None of the photos can be read; check the folder.")
    return Findings(
        rows=tuple(rows),
        seconds={name: tuple(spent) for name, spent in seconds.items()},
        curves={key: np.mean(pairs, axis=0) for key, pairs in curves.items()},
        maps={key: total / counts[key] for key, total in totals.items() if counts[key] >= LEAST_PHOTOS},
    )


def _joined(records: Sequence[Record], number: int, sample: Sample) -> list[Row]:
    """One row for each network and method of a photo, from those of all its parts."""
    label = CLASSES[sample.label]
    rows: dict[tuple[Any, ...], Row] = {}
    for record in records:
        for row in record.rows:
            facts: Row = {"number": number, "class": label, "source": sample.source}
            rows.setdefault(tuple(row[name] for name in NAMES), facts).update(row)
    return [row | {"right": row["explained"] == label} for row in rows.values()]


def _curves(record: Record) -> Iterator[tuple[tuple[str, str], Floats]]:
    """The curves (2, points) of a record by network and order, where there is a map; else none."""
    if "curves" in record.arrays:
        networks, methods = (list(dict.fromkeys(str(row[key]) for row in record.rows)) for key in NAMES)
        missing = {(row["network"], row["method"]) for row in record.rows if "missing" in row}
        for network, pairs in zip(networks, record.arrays["curves"], strict=True):
            there = [method for method in methods if (network, method) not in missing]
            for order, pair in zip((*methods, *CONTROLS), pairs, strict=True):
                if order in there or (there and order in CONTROLS):
                    yield (network, order), pair


def _densities(record: Record) -> Floats:
    """The maps of a record (networks · methods, 75, 75), in the order of its rows; none if it holds none."""
    maps = record.arrays.get("maps", np.empty((0, 0, 1, 1)))
    return maps.astype(np.float32).reshape(-1, *maps.shape[2:])
