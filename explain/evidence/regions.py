"""Where the weight of a map lies: its share in a region, over the region's share of the picture."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from carmodel.frame import FRAME

BORDER = 0.12  # of the picture's width, on each side

# Labels of the part masks that come with the example pictures, in the order of their values.
PARTS = (
    "background",
    "body",
    "wheels",
    "windows",
    "roof",
    "doors",
    "bed",
    "rear deck",
    "front",
    "lights",
)


@dataclass(frozen=True)
class Share:
    """How much of a map lies in a region."""

    attribution: float  # share of the sum of |map|, 0 to 1; 0 for a map that is 0 everywhere
    area: float  # share of the picture, 0 to 1

    @property
    def ratio(self) -> float:
        """Above 1 where the map dwells more than a flat one would; 0 for an empty region."""
        return self.attribution / self.area if self.area else 0.0


def share(map: Tensor, mask: Tensor) -> Share:
    """The share of |map| (300, 300) within a mask (300, 300), bool."""
    size = map.double().abs()
    total = size.sum().item()
    return Share(size[mask].sum().item() / total if total else 0.0, mask.double().mean().item())


def border(fraction: float = BORDER) -> Tensor:
    """The outer part of the frame as a mask (300, 300): `fraction` of its width on every side."""
    width = round(fraction * FRAME)
    mask = torch.ones(FRAME, FRAME, dtype=torch.bool)
    mask[width : FRAME - width, width : FRAME - width] = False
    return mask


def load_parts(path: Path) -> Tensor:
    """The labels (300, 300), uint8, of a palette or grey picture, squashed to the frame as its photo is.

    Raises ValueError for a picture of other values than those of PARTS.
    """
    with Image.open(path) as image:
        labels = np.array(image.resize((FRAME, FRAME), Image.Resampling.NEAREST))
    if labels.ndim != 2 or labels.max() >= len(PARTS):
        raise ValueError(f"{path.name} is no mask: it needs one value a pixel, from 0 to {len(PARTS) - 1}.")
    return torch.from_numpy(labels)


def parts(map: Tensor, labels: Tensor) -> dict[str, Share]:
    """The share of every part that labels (300, 300) show, by name of PARTS."""
    return {name: share(map, labels == value) for value, name in enumerate(PARTS) if (labels == value).any()}
