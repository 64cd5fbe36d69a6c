"""What networks see of a photo, the brute force way: on a grid of points that everything is made of."""

import math

import torch
from torch import Tensor

FRAME = 300


def seen(photo: Tensor, fill: Tensor, covers: Tensor, size: int) -> Tensor:
    """The pixels (3, size, size), float64, of a photo (3, 300, 300) that is the fill where a cell is covered.

    covers (side, side) is bool. Frame pixels, cells and the network's pixels all are made of whole points.
    """
    points = math.lcm(FRAME, len(covers), size)

    def fine(values: Tensor) -> Tensor:
        times = points // values.shape[-1]
        return values.repeat_interleave(times, -2).repeat_interleave(times, -1)

    mixed = torch.where(fine(covers), fine(fill.double()), fine(photo.double()))
    return mixed.reshape(3, size, points // size, size, points // size).mean((2, 4))
