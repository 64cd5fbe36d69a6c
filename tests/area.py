"""Means over areas of a picture by integrating it, independently of `carmodel.sampling`."""

import numpy as np
import torch
from torch import Tensor


def integrals(picture: Tensor, size: int) -> Tensor:
    """The integrals (…, size, size), float64, of a picture (…, n, n) over equal squares.

    A picture is constant within each pixel, so that its integral from the corner up to any point is linear
    between the edges of pixels, along each axis.
    """
    values = picture.double().numpy()
    for axis in (-2, -1):
        values = np.moveaxis(values, axis, -1)
        edges, ends = np.arange(values.shape[-1] + 1), np.linspace(0, values.shape[-1], size + 1)
        lines = np.cumsum(np.pad(values, [(0, 0)] * (values.ndim - 1) + [(1, 0)]), -1).reshape(-1, len(edges))
        ended = np.array([np.interp(ends, edges, line) for line in lines])
        values = np.moveaxis(np.diff(ended).reshape(*values.shape[:-1], size), -1, axis)
    return torch.from_numpy(np.ascontiguousarray(values))


def means(picture: Tensor, size: int) -> Tensor:
    """The means (…, size, size), float64, of a picture (…, n, n) over equal squares."""
    return integrals(picture, size) * (size / picture.shape[-1]) ** 2
