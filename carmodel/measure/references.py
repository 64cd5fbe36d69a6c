"""SHAP's references, weights/references.safetensors: `python -m carmodel.measure.references --data DIR`.

SHAP compares a photo with a set of references that stands for the training photos (Lundberg & Lee 2017). Its
explainer counts all references alike, so the set must be made of groups of the same size: the training frames
are halved at the median along their first principal direction, again and again (after Boley 1998, "Principal
direction divisive partitioning"), and the mean frame of each group is one reference. Each is the mean of
hundreds of photos, so no single photo can be recovered from it. Photos are compared by their middle, as they
would gather by dealers' frames otherwise, and the means are blurred until no dealer's logo is legible.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from carmodel.train.data import load_frames, read_samples
from carmodel.train.options import fails_in_a_sentence, photo_options
from carmodel.vision import v2
from carmodel.weights import WEIGHTS, save_references

HALVINGS = 4  # 2⁴ = 16 references
BORDER = 36  # px left out on each side of the 300 px frame when photos are compared: 12 %
BLOCK = 19  # px on a side of the blocks whose means are compared; 300 − 2 · 36 = 12 · 19
BLUR = 8.0  # px, standard deviation of the Gaussian that hides logos


def equal_groups(points: Tensor, halvings: int = HALVINGS) -> list[Tensor]:
    """Indices of `points` (n, d) in 2^halvings groups of like points whose sizes differ by at most one."""
    groups = [torch.arange(len(points))]
    for _ in range(halvings):
        groups = [half for group in groups for half in _halve(points, group)]
    return groups


def _halve(points: Tensor, group: Tensor) -> tuple[Tensor, Tensor]:
    centred = points[group] - points[group].mean(dim=0)
    direction = torch.linalg.eigh(centred.T @ centred).eigenvectors[:, -1]
    order = group[(centred @ direction).argsort(stable=True)]
    return order[: len(order) // 2], order[len(order) // 2 :]


def reference_frames(pixels: np.ndarray) -> Tensor:
    """The 16 references (16, 3, 300, 300) in [0, 1] of training frames (n, 3, 300, 300) uint8."""
    middles = pixels[:, :, BORDER:-BORDER, BORDER:-BORDER]
    points = torch.stack([F.avg_pool2d(torch.from_numpy(middle.copy()).float(), BLOCK) for middle in middles])
    return torch.stack([_mean_frame(pixels, group) for group in equal_groups(points.flatten(1).double())])


def _mean_frame(pixels: np.ndarray, group: Tensor) -> Tensor:
    total = torch.zeros(pixels.shape[1:], dtype=torch.float64)
    for index in group.tolist():
        total += torch.from_numpy(pixels[index].copy())
    mean = (total / len(group) / 255).float()
    return v2.functional.gaussian_blur(mean, [6 * int(BLUR) + 1] * 2, [BLUR] * 2)


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = photo_options("measure.references", __doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder for references.safetensors")
    options = parser.parse_args(arguments)
    frames = load_frames(read_samples(options.data, ["train"]), options.cache)
    save_references(reference_frames(frames.pixels), options.out)


if __name__ == "__main__":
    sys.exit(main())
