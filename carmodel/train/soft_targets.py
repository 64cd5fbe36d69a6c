"""Soft targets: a teacher's logits for a fixed number of views of every training photo, as a file."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from carmodel.files import name_bytes, write_whole
from carmodel.train.data import DataError, Frames


@dataclass(frozen=True, eq=False)
class SoftTargets:
    """A teacher's logits (views, n, 4) and what the views were made with: their seed and share zoomed out."""

    logits: Tensor
    seed: int
    zoom_out: float
    sha256: str  # of the logits

    @property
    def views(self) -> int:
        return len(self.logits)


def fingerprint(frames: Frames) -> str:
    """Names the photos and their order by file name and label, wherever their folder is."""
    lines = (f"{sample.path.name}|{sample.label}\n" for sample in frames.samples)
    return hashlib.sha256(name_bytes("".join(lines))).hexdigest()


def write_soft_targets(path: Path, logits: Tensor, frames: Frames, seed: int, zoom_out: float) -> None:
    """Write the teacher's logits (views, n, 4) of `frames` whole or not at all."""
    facts = {"photos": fingerprint(frames), "seed": str(seed), "zoom_out": str(zoom_out)}
    write_whole(path, save({"logits": logits.contiguous()}, facts))


def read_soft_targets(path: Path, frames: Frames) -> SoftTargets:
    """The soft targets of `frames`; raises DataError if the file is not readable or is of other photos."""
    try:
        with safe_open(path, "pt") as file:
            facts, logits = file.metadata(), file.get_tensor("logits")
    except (OSError, SafetensorError) as error:
        raise DataError(
            f"{path} holds no soft targets; make it with python -m carmodel.train.teacher."
        ) from error
    if facts["photos"] != fingerprint(frames):
        raise DataError(f"{path} belongs to other training photos; make it anew with carmodel.train.teacher.")
    sha256 = hashlib.sha256(logits.numpy().tobytes()).hexdigest()
    return SoftTargets(logits, int(facts["seed"]), float(facts["zoom_out"]), sha256)


def distillation(logits: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """Mean Kullback-Leibler divergence from the teacher's to the student's softened answers.

    Both logits (n, 4) are divided by `temperature`; the factor temperature² keeps the gradients' size
    (Hinton et al. 2015).
    """
    student = F.log_softmax(logits / temperature, dim=1)
    teacher = F.log_softmax(taught / temperature, dim=1)
    return F.kl_div(student, teacher, log_target=True, reduction="batchmean") * temperature**2
