"""Labelled photos on disk -> frames and splits.

A data folder is described either by a `manifest.csv` (columns path, split, label; source and group are used
when present) or by class folders: `train/sedan/…`, `val/sedan/…`, or just `sedan/…`, which is then split
80 : 10 : 10 within each class. Photos become the 300×300 frames of `carmodel.photo` once and are cached.
"""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from carmodel.files import name_bytes, shown, whole_file, write_whole
from carmodel.frame import FRAME
from carmodel.network import CLASSES
from carmodel.photo import PhotoError, PhotoMemoryError, read_photo

SPLITS = ("train", "val", "test")
RUNS = Path("runs")  # checkpoints and cached frames; never committed


class DataError(ValueError):
    """A data folder that cannot be used; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Sample:
    """One labelled photo: where it is, its class index in CLASSES, its split and where it comes from."""

    path: Path
    label: int
    split: str
    source: str = "photos"


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames in memory-mapped storage: `pixels` (n, 3, 300, 300) uint8, `samples` in the same order."""

    pixels: np.ndarray
    samples: tuple[Sample, ...]
    unreadable: tuple[tuple[str, str], ...]  # (file, reason)

    @property
    def labels(self) -> Tensor:
        """Class indices (n,)."""
        return torch.tensor([sample.label for sample in self.samples])

    def steps(self, batch: int) -> int:
        """Whole batches of so many photos in one pass. Raises DataError where there is not even one."""
        if not 1 <= batch <= len(self.samples):
            raise DataError(
                f"There are {len(self.samples)} photos to train on; choose a --batch from 1 to that."
            )
        return len(self.samples) // batch


def read_samples(folder: Path, splits: Sequence[str] = SPLITS) -> tuple[Sample, ...]:
    """The labelled photos of `folder` that belong to `splits`, in a stable order.

    Raises DataError for a folder without photos, an unknown class or a class without a photo in one of the
    splits asked for.
    """
    if not folder.is_dir():
        raise DataError(
            f"There is no folder {folder}; pass the one that holds manifest.csv or class folders."
        )
    manifest = folder / "manifest.csv"
    every = _from_manifest(manifest) if manifest.exists() else _from_class_folders(folder)
    samples = tuple(sample for sample in every if sample.split in splits)
    counts = Counter((sample.split, sample.label) for sample in samples)
    for split in splits:
        for label, name in enumerate(CLASSES):
            if not counts[split, label]:
                raise DataError(
                    f'The split "{split}" of {folder} has no photo of the class "{name}"; add some.'
                )
    return samples


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
                _label(row["label"], manifest),
                row["split"],
                shown(row.get("source") or "photos"),
            )
            for row in rows
        ]


def _from_class_folders(folder: Path) -> list[Sample]:
    present = [split for split in SPLITS if (folder / split).is_dir()]
    if present:
        return [
            Sample(path, label, split) for split in present for path, label in _class_folder(folder / split)
        ]
    samples: list[Sample] = []
    position: Counter[int] = Counter()
    # Order within a class by a hash of the name: stable, and unrelated to how files were numbered.
    for path, label in sorted(
        _class_folder(folder), key=lambda item: hashlib.sha256(name_bytes(item[0].name)).digest()
    ):
        split = {8: "val", 9: "test"}.get(position[label] % 10, "train")
        position[label] += 1
        samples.append(Sample(path, label, split))
    return samples


def _class_folder(folder: Path) -> list[tuple[Path, int]]:
    from carmodel.vision import ImageFolder  # slow, and the page reads no folders

    try:
        found = ImageFolder(folder)
    except FileNotFoundError as error:
        raise DataError(
            f"{folder} needs a manifest.csv or one folder of photos for each of {', '.join(CLASSES)}."
        ) from error
    return [(Path(path), _label(found.classes[index], folder)) for path, index in found.samples]


def _label(name: str, where: Path) -> int:
    if name not in CLASSES:
        raise DataError(f'{where} names the class "{name}"; the classes are {", ".join(CLASSES)}.')
    return CLASSES.index(name)


def load_frames(samples: Sequence[Sample], cache: Path, workers: int = 2) -> Frames:
    """Read every photo into its frame, or reopen the frames of an earlier call from `cache`.

    The cache is keyed by path, size and time of change of every photo, and written whole or not at all.
    Photos that cannot be read are left out and listed with the reason. Raises DataError if none can be read,
    or if the cache cannot be written.
    """
    key = hashlib.sha256()
    for sample in samples:
        facts = sample.path.stat() if sample.path.exists() else None
        line = f"{sample.path.resolve()}|{facts and (facts.st_size, facts.st_mtime_ns)}\n"
        key.update(name_bytes(line))
    stored = cache / f"frames-{key.hexdigest()[:16]}.npy"
    index = stored.with_suffix(".unreadable.csv")
    if not (stored.exists() and index.exists()):
        try:
            cache.mkdir(parents=True, exist_ok=True)
            _write_frames(samples, stored, index, workers)
        except OSError as error:
            raise DataError(
                f"{cache} cannot be written: {error.strerror}; choose another --cache."
            ) from error
    with index.open(newline="", encoding="utf-8") as file:
        reasons = {int(row): reason for row, reason in csv.reader(file)}
    kept = tuple(sample for row, sample in enumerate(samples) if row not in reasons)
    if not kept:
        raise DataError("None of the photos can be read; check the folder.")
    unreadable = tuple((shown(samples[row].path), reason) for row, reason in reasons.items())
    return Frames(np.load(stored, mmap_mode="r"), kept, unreadable)


def training_frames(folder: Path, cache: Path) -> tuple[Frames, Frames]:
    """The frames to learn from and those to choose by: splits "train" and "val". Raises DataError."""
    training, validation = (load_frames(read_samples(folder, [split]), cache) for split in ("train", "val"))
    return training, validation


def _write_frames(samples: Sequence[Sample], stored: Path, index: Path, workers: int) -> None:
    reasons: dict[int, str] = {}

    def read(row: int) -> np.ndarray | None:
        try:
            frame = read_photo(samples[row].path).frame
        except PhotoMemoryError:  # no fault of the photo, which must not be left out for good
            raise
        except PhotoError as error:
            reasons[row] = str(error)
            return None
        return frame.mul(255).round().byte().numpy()

    with whole_file(stored) as file, ThreadPoolExecutor(workers) as pool:
        _write_header(file, len(samples))
        for frame in tqdm(pool.map(read, range(len(samples))), "reading photos", len(samples), unit="photo"):
            if frame is not None:
                file.write(frame.tobytes())
        file.seek(0)
        _write_header(file, len(samples) - len(reasons))
        listed = io.StringIO(newline="")
        csv.writer(listed).writerows(sorted(reasons.items()))
        write_whole(index, listed.getvalue())


def _write_header(file: BinaryIO, frames: int) -> None:
    """The start of an .npy file of so many frames; as long for fewer."""
    shape = (frames, 3, FRAME, FRAME)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
