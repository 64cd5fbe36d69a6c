"""Photos on disk: where they are, their class, their split and where they come from.

A data folder is described either by a `manifest.csv` (columns path, split, label; source, make_model and
whole are used when present) or by class folders: `train/sedan/…`, `val/sedan/…`, or just `sedan/…`, which is
then split 80 : 10 : 10 within each class. Photos whose class nobody knows have an empty label in a manifest,
or lie in a folder `unlabelled` beside those of the classes.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from carmodel.files import name_bytes, shown
from carmodel.network import CLASSES

SPLITS = ("train", "val", "test")
UNLABELLED = "unlabelled"  # the folder of photos whose class nobody knows
NO_LABEL = -1


class DataError(ValueError):
    """A data folder that cannot be used; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Sample:
    """One photo: where it is, its class index in CLASSES, its split and where it comes from.

    `label` is −1 where nobody knows it. `folder` is the name of its data folder and `name` its path inside
    it, with slashes. `whole` says how likely a filter found it that the photo shows one whole car; higher is
    likelier, None where nothing was said.
    """

    path: Path
    label: int
    split: str
    source: str = "photos"
    folder: str = ""
    name: str = ""
    make_model: str = ""
    whole: float | None = None


def read_samples(
    folders: Path | Sequence[Path], splits: Sequence[str] = SPLITS, unlabelled: bool = False
) -> tuple[Sample, ...]:
    """The photos of the folders that belong to `splits`, in a stable order; labelled ones alone by default.

    Raises DataError for a folder that is none, an unknown class, or a class of which none of the folders has
    a photo in one of the splits.
    """
    places = [folders] if isinstance(folders, Path) else list(folders)
    samples = tuple(
        sample
        for folder in places
        for sample in _from_folder(folder)
        if sample.split in splits and (unlabelled or sample.label != NO_LABEL)
    )
    counts = Counter((sample.split, sample.label) for sample in samples)
    for split in splits:
        for label, name in enumerate(CLASSES):
            if not counts[split, label]:
                where = ", ".join(map(str, places))
                raise DataError(
                    f'The split "{split}" of {where} has no photo of the class "{name}"; add some.'
                )
    return samples


def _from_folder(folder: Path) -> list[Sample]:
    if not folder.is_dir():
        raise DataError(
            f"There is no folder {folder}; pass the one that holds manifest.csv or class folders."
        )
    manifest = folder / "manifest.csv"
    return _from_manifest(manifest) if manifest.exists() else _from_class_folders(folder)


def _from_manifest(manifest: Path) -> list[Sample]:
    # Names are the bytes that files have, whatever their encoding.
    with manifest.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = csv.DictReader(file)
        missing = {"path", "split", "label"} - set(rows.fieldnames or ())
        if missing:
            raise DataError(f"{manifest} lacks the column(s) {', '.join(sorted(missing))}.")
        return [
            Sample(
                manifest.parent / row["path"],
                _label(row["label"] or UNLABELLED, manifest),
                row["split"],
                shown(row.get("source") or "photos"),
                manifest.parent.resolve().name,
                row["path"],
                shown(row.get("make_model") or ""),
                _number(row.get("whole") or "", manifest),
            )
            for row in rows
        ]


def _number(text: str, manifest: Path) -> float | None:
    try:
        return float(text) if text else None
    except ValueError as error:
        raise DataError(f'{manifest} says "{shown(text)}" under whole; write a number or nothing.') from error


def _from_class_folders(folder: Path) -> list[Sample]:
    present = [split for split in SPLITS if (folder / split).is_dir()]
    if present:
        return [
            _sample(folder, path, label, split)
            for split in present
            for path, label in _class_folder(folder / split)
        ]
    samples: list[Sample] = []
    position: Counter[int] = Counter()
    # Order within a class by a hash of the name: stable, and unrelated to how files were numbered.
    for path, label in sorted(
        _class_folder(folder), key=lambda item: hashlib.sha256(name_bytes(item[0].name)).digest()
    ):
        split = {8: "val", 9: "test"}.get(position[label] % 10, "train")
        position[label] += 1
        samples.append(_sample(folder, path, label, split))
    return samples


def _sample(folder: Path, path: Path, label: int, split: str) -> Sample:
    name = path.relative_to(folder).as_posix()
    return Sample(path, label, split, folder=folder.resolve().name, name=name)


def _class_folder(folder: Path) -> list[tuple[Path, int]]:
    from carmodel.vision import ImageFolder  # slow, and the page reads no folders

    try:
        pictures = ImageFolder(folder)
    except FileNotFoundError as error:
        raise DataError(
            f"{folder} needs a manifest.csv or one folder of photos for each of {', '.join(CLASSES)}."
        ) from error
    return [(Path(path), _label(pictures.classes[index], folder)) for path, index in pictures.samples]


def _label(name: str, where: Path) -> int:
    if name == UNLABELLED:
        return NO_LABEL
    if name not in CLASSES:
        raise DataError(f'{where} names the class "{name}"; the classes are {", ".join(CLASSES)}.')
    return CLASSES.index(name)
