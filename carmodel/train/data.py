"""Photos as frames: read once, cached on disk, mapped into memory.

What is measured sees the 300×300 frames of `carmodel.photo`. Training sees pictures of 160×160 made from
them, a quarter of the bytes: it shows crops of other sizes anyway, and docs/training.md says what the
difference is worth.
"""

import csv
import hashlib
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from carmodel.files import name_bytes, shown, whole_file, write_whole
from carmodel.frame import FRAME
from carmodel.photo import PhotoError, PhotoMemoryError, read_photo
from carmodel.train.samples import SPLITS, DataError, Sample, read_samples

__all__ = [
    "PICTURE",
    "RUNS",
    "SPLITS",
    "DataError",
    "Frames",
    "Sample",
    "load_frames",
    "read_samples",
    "training_frames",
    "training_pictures",
]

RUNS = Path("runs")  # checkpoints and cached frames; never committed
PICTURE = 160  # px on a side of what training makes its views from


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames in memory-mapped storage: `pixels` (n, 3, side, side) uint8, `samples` in the same order."""

    pixels: np.ndarray
    samples: tuple[Sample, ...]
    unreadable: tuple[tuple[str, str], ...]  # (file, reason)

    @property
    def labels(self) -> Tensor:
        """Class indices (n,), −1 where nobody knows the class."""
        return torch.tensor([sample.label for sample in self.samples])


def load_frames(samples: Sequence[Sample], cache: Path, workers: int = 2, side: int = FRAME) -> Frames:
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
    stored = cache / f"frames-{side}-{key.hexdigest()[:16]}.npy"
    index = stored.with_suffix(".unreadable.csv")
    if not (stored.exists() and index.exists()):
        try:
            cache.mkdir(parents=True, exist_ok=True)
            _write_frames(samples, stored, index, workers, side)
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


def training_frames(folders: Sequence[Path], cache: Path) -> tuple[Frames, Frames]:
    """What to learn from, labelled or not, in 160 px, and the frames to choose by. Raises DataError."""
    return training_pictures(folders, cache), load_frames(read_samples(folders, ["val"]), cache)


def training_pictures(folders: Sequence[Path], cache: Path) -> Frames:
    """All photos of the split "train", labelled or not, in 160 px. Raises DataError."""
    return load_frames(read_samples(folders, ["train"], unlabelled=True), cache, side=PICTURE)


def _write_frames(samples: Sequence[Sample], stored: Path, index: Path, workers: int, side: int) -> None:
    reasons: dict[int, str] = {}

    def read(row: int) -> np.ndarray | None:
        try:
            frame = read_photo(samples[row].path).frame
        except PhotoMemoryError:  # no fault of the photo, which must not be left out for good
            raise
        except PhotoError as error:
            reasons[row] = str(error)
            return None
        return _resized(frame, side).mul(255).round().byte().numpy()

    with whole_file(stored) as file, ThreadPoolExecutor(workers) as pool:
        _write_header(file, len(samples), side)
        for frame in tqdm(pool.map(read, range(len(samples))), "reading photos", len(samples), unit="photo"):
            if frame is not None:
                file.write(frame.tobytes())
        file.seek(0)
        _write_header(file, len(samples) - len(reasons), side)
        listed = io.StringIO(newline="")
        csv.writer(listed).writerows(sorted(reasons.items()))
        write_whole(index, listed.getvalue())


def _resized(frame: Tensor, side: int) -> Tensor:
    """A frame (3, 300, 300) in [0, 1] as one of (3, side, side)."""
    if side == FRAME:
        return frame
    return F.interpolate(frame[None], (side, side), mode="bicubic", antialias=True)[0].clamp(0, 1)


def _write_header(file: BinaryIO, frames: int, side: int) -> None:
    """The start of an .npy file of so many frames; as long for fewer."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (frames, 3, side, side)}
    np.lib.format.write_array_header_1_0(file, header)
