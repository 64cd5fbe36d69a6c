"""Between the 300×300 frame and a network's own pixels, of any size: exact area means, and their adjoint.

A network of n px sees the frame's means over n×n equal squares, also where 300 / n is not whole and a frame
pixel lies in two of them. What a map of n×n cells says goes back to the frame by the same weights, so that
its sum stays what it was and the maps of networks of different sizes can be added and subtracted.
"""

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from carmodel.frame import FRAME


@cache
def overlaps(size: int) -> Tensor:
    """How much of each frame pixel lies in each of `size` equal cells along an axis: (size, 300), float64.

    Every column sums to 1, every row to 300 / size.
    """
    return overlaps_between(torch.arange(size + 1, dtype=torch.float64) * FRAME / size)


def overlaps_between(edges: Tensor) -> Tensor:
    """How much of each frame pixel lies between neighbours of `edges` (n + 1,), in pixels: (n, 300)."""
    pixels = torch.arange(FRAME, dtype=torch.float64)
    ends = torch.minimum(edges[1:, None], pixels + 1)
    return (ends - torch.maximum(edges[:-1, None], pixels)).clamp(min=0)


def area_means(frames: Tensor, size: int) -> Tensor:
    """What a network of `size` px sees of frames (…, 300, 300): (…, size, size)."""
    if FRAME % size == 0:  # the same in less time, and to the last bit what the networks were trained on
        return F.avg_pool2d(frames, FRAME // size)
    weights = (overlaps(size) * (size / FRAME)).to(frames.dtype)
    return weights @ frames @ weights.T


def onto_frame(cells: Tensor) -> Tensor:
    """A map of cells (size, size) as a map of the frame (300, 300) with the same sum: area_means' adjoint."""
    weights = (overlaps(len(cells)) * (len(cells) / FRAME)).to(cells.dtype)
    return weights.T @ cells @ weights


def cell_sums(map: Tensor, size: int) -> Tensor:
    """The sums (size, size) of a map (300, 300) over `size`×`size` equal cells, float64."""
    weights = overlaps(size)
    return weights @ map.double() @ weights.T
