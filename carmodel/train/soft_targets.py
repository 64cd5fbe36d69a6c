"""Soft targets: what teachers say of many views of every photo, for students to learn from.

A folder with one file a view, so that a run that was stopped goes on with the next view and more of them may
be added later. `python -m carmodel.train.answers` writes it, `carmodel.train --soft-targets` learns from it
(Hinton et al. 2015; Beyer et al. 2022, FunMatch).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from carmodel.files import name_bytes, write_whole
from carmodel.train.data import DataError, Frames
from carmodel.train.views import Style, Views

MADE_BY = "python -m carmodel.train.answers"


@dataclass(frozen=True, eq=False)
class SoftTargets:
    """Teachers' logits (views, n, 4) of n photos, and what their views were made with.

    `seconds` (views, n) are the rows of the photos that views were mixed with, −1 for none, and `shares`
    (views, n) those of the first photos.
    """

    logits: Tensor
    seconds: np.ndarray
    shares: np.ndarray
    seed: int
    style: Style
    sha256: str  # of the files

    def __len__(self) -> int:
        return len(self.logits)

    def views(self, rows: np.ndarray, numbers: np.ndarray) -> Views:
        """For each photo (n,) one of its views by number (n,)."""
        return Views(rows, numbers, self.seconds[numbers, rows], self.shares[numbers, rows])

    def classes(self, labels: Tensor) -> Tensor:
        """Labels (n,), and where nobody knows them what the teachers say on average."""
        said = self.logits.float().softmax(dim=2).mean(dim=0).argmax(dim=1)
        return torch.where(labels < 0, said, labels)


def fingerprint(frames: Frames) -> str:
    """Names the photos and their order by file name and label, wherever their folder is."""
    lines = (f"{sample.path.name}|{sample.label}\n" for sample in frames.samples)
    return hashlib.sha256(name_bytes("".join(lines))).hexdigest()


def view_file(folder: Path, number: int) -> Path:
    """Where the answers to one view are."""
    return folder / f"view-{number:04}.safetensors"


def write_view(folder: Path, number: int, logits: Tensor, views: Views, facts: dict[str, str]) -> None:
    """Write what teachers say (n, 4) of the view `number` of all photos, whole or not at all."""
    tensors = {
        "logits": logits.half().contiguous(),
        "seconds": torch.from_numpy(views.seconds.astype(np.int32)),
        "shares": torch.from_numpy(views.shares),
    }
    write_whole(view_file(folder, number), save(tensors, facts))


def facts_of(
    frames: Frames, teachers: Sequence[str], seed: int, style: Style, weights: Tensor
) -> dict[str, str]:
    """What all views of a folder have in common, as text; weights (n,) are those of second photos."""
    return {
        "photos": fingerprint(frames),
        "teachers": json.dumps(sorted(teachers)),
        "seed": str(seed),
        "style": json.dumps(asdict(style)),
        "weights": hashlib.sha256(weights.numpy().tobytes()).hexdigest(),
    }


def check_views(folder: Path, facts: Mapping[str, str]) -> None:
    """Raises DataError where a folder already holds views that were made otherwise than `facts` say."""
    for path in sorted(folder.glob("view-*.safetensors")):
        if _read_view(path)[1] != facts:
            raise DataError(
                f"{path} is of other photos, teachers or views; choose another --out or delete it."
            )


def read_soft_targets(folder: Path, frames: Frames) -> SoftTargets:
    """The soft targets of `frames`, from view 0 to the first that is missing.

    Raises DataError where there is none, a file is damaged, or they are of other photos.
    """
    parts: list[dict[str, Tensor]] = []
    common: dict[str, str] = {}
    digest = hashlib.sha256()
    while (path := view_file(folder, len(parts))).exists():
        tensors, facts = _read_view(path)
        common = common or facts
        if facts != common:
            raise DataError(f"{path} was made otherwise than the views before it; make {folder} anew.")
        if facts["photos"] != fingerprint(frames):
            raise DataError(f"{folder} belongs to other training photos; make it anew with {MADE_BY}.")
        parts.append(tensors)
        digest.update(path.read_bytes())
    if not parts:
        raise DataError(f"{folder} holds no soft targets; make it with {MADE_BY}.")
    stacked = {name: torch.stack([part[name] for part in parts]) for name in parts[0]}
    return SoftTargets(
        stacked["logits"],
        stacked["seconds"].long().numpy(),
        stacked["shares"].numpy(),
        int(common["seed"]),
        Style(**json.loads(common["style"])),
        digest.hexdigest(),
    )


def _read_view(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in ("logits", "seconds", "shares")}
            return tensors, file.metadata()
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path} holds no soft targets; delete it and make it with {MADE_BY}.") from error


def distillation(logits: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """Mean Kullback-Leibler divergence from the teacher's to the student's softened answers.

    Both logits (n, 4) are divided by `temperature`; the factor temperature² keeps the gradients' size
    (Hinton et al. 2015).
    """
    student = F.log_softmax(logits / temperature, dim=1)
    teacher = F.log_softmax(taught / temperature, dim=1)
    return F.kl_div(student, teacher, log_target=True, reduction="batchmean") * temperature**2
