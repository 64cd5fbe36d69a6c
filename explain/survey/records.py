"""Which photos a survey takes, and what it measured on each, kept so that a survey that was stopped goes on.

Each part of each photo has a file of its own, such as photos/00007.maps.npz, which is written whole or not at
all. Files name photos by their place in the survey's order, never by a path, and hold no picture; the maps
in them do show outlines, so they are for going on with, not for passing on.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carmodel.files import name_bytes, whole_file
from carmodel.network import CLASSES
from carmodel.train.data import Sample

Row = dict[str, str | int | float | bool | None]
SETTINGS = "settings.json"


class SurveyError(ValueError):
    """A survey that cannot be made as asked; the message is one sentence that says what to do."""


@dataclass(frozen=True, eq=False)
class Record:
    """What was measured on one photo: all of it, or one part."""

    rows: tuple[Row, ...]  # a network and method each, or several of a network
    seconds: Mapping[str, float]  # of CPU time, by what they went into
    arrays: Mapping[str, NDArray[np.floating[Any]]] = field(default_factory=dict)


def survey_order(samples: Sequence[Sample], seed: int) -> list[Sample]:
    """All samples in an order drawn by `seed`; however many are taken from its start, they are balanced.

    Classes take turns and, within a class, sources do, for as long as there are photos of each. A larger
    survey thus continues a smaller one.
    """
    groups: dict[tuple[int, str], list[Sample]] = defaultdict(list)
    for sample in sorted(samples, key=lambda photo: sha256(name_bytes(f"{seed} {photo.path.name}")).digest()):
        groups[sample.label, sample.source].append(sample)
    sources = sorted({sample.source for sample in samples})
    classes = []
    for label in range(len(CLASSES)):
        first = label % len(sources)  # not the same source in every class
        classes.append(_by_turns([groups[label, name] for name in sources[first:] + sources[:first]]))
    return _by_turns(classes)


def fingerprint(samples: Sequence[Sample], folder: Path) -> str:
    """SHA-256 of the names, classes and sources of samples of the data folder, in their order."""
    key = sha256()
    for sample in samples:
        path = sample.path.relative_to(folder).as_posix()
        key.update(name_bytes(f"{path}|{CLASSES[sample.label]}|{sample.source}\n"))
    return key.hexdigest()


def open_records(folder: Path, settings: Mapping[str, Any]) -> None:
    """Makes the folder of records of a survey with these settings, or goes on with the one that is there.

    A setting that an earlier version of this program did not note is taken to be the same. Raises SurveyError
    if that survey had other settings, or if the folder cannot be written.
    """
    path, asked = folder / SETTINGS, json.loads(json.dumps(settings))
    try:
        if not path.exists():
            with whole_file(path) as file:
                file.write(f"{json.dumps(asked, indent=2)}\n".encode())
        noted = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SurveyError(f"{folder} cannot be written: {error.strerror}; choose another --out.") from error
    except ValueError as error:
        raise SurveyError(f"{path} is damaged; delete {folder} or choose another --out.") from error
    if differing := sorted(name for name in noted if asked.get(name) != noted[name]):
        raise SurveyError(
            f"{folder} holds a survey that differs in {', '.join(differing)}; "
            "delete it or choose another --out."
        )


def record_path(folder: Path, number: int, part: str) -> Path:
    """The file of a part of the photo with this number, counted from 1."""
    return folder / f"{number:05}.{part}.npz"


def write_record(path: Path, record: Record) -> None:
    """Writes a record whole or not at all; raises OSError."""
    text = json.dumps({"rows": record.rows, "seconds": record.seconds}, allow_nan=False)
    with whole_file(path) as file:
        np.savez_compressed(file, allow_pickle=False, text=np.array(text), **record.arrays)


def read_record(path: Path) -> Record:
    """The record that `write_record` wrote to path."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    text = json.loads(str(arrays.pop("text")))
    return Record(tuple(text["rows"]), text["seconds"], arrays)


def _by_turns(lists: Sequence[Sequence[Sample]]) -> list[Sample]:
    return [sample for turn in zip_longest(*lists) for sample in turn if sample is not None]
