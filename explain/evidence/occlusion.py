"""What networks say of a photo while cells of it are covered, cell by cell, with a fill such as its blur."""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from carmodel.frame import FRAME
from carmodel.network import Network
from carmodel.sampling import area_means, overlaps_between
from explain.evidence.fast_forward import CHUNK, fast_forward
from explain.references import reference_frame


def covered_logits(
    networks: Network | Sequence[Network], frame: Tensor, fill: str, covered: Tensor
) -> tuple[Tensor, Tensor]:
    """Logits of the photo and of the fill (2, 1, 4), and of the photo with cells covered (..., points, 4).

    networks is one network, or several for their average ensemble, whose logits are the mean of theirs.
    covered (..., points, cells), bool, says which cells of the photo (3, 300, 300) are those of the fill, one
    of REFERENCES. Raises ValueError for a fill that does not exist.
    """
    pair = [networks] if isinstance(networks, nn.Module) else list(networks)
    side = math.isqrt(covered.shape[-1])
    ends = torch.stack([frame, reference_frame(fill, frame, "fill")])
    masks = covered.reshape(-1, 1, side, side)
    masks = torch.cat([torch.zeros_like(masks[:1]), torch.ones_like(masks[:1]), masks])
    logits = torch.stack([_scored(network, ends, masks) for network in pair]).mean(0)
    return logits[:2, None], logits[2:].reshape(*covered.shape[:-1], -1)


def _scored(network: Network, ends: Tensor, masks: Tensor) -> Tensor:
    """Logits (n, 4) of the photo with the fill where masks (n, 1, side, side) say; ends are both of them."""
    forward, side = fast_forward(network), masks.shape[-1]
    if side == network.size:  # what is mixed may be what the network sees, and need not be the frame
        photo, filled = area_means(ends, side)
        return torch.cat([forward(torch.where(chunk, filled, photo)) for chunk in masks.split(CHUNK)])
    # Cells and the network's pixels cut the frame into segments, in each of which both are constant.
    edges = sorted({Fraction(i, n) for n in (side, network.size) for i in range(n + 1)})
    middles = [(first + last) / 2 for first, last in pairwise(edges)]
    cells, pixels = (torch.tensor([int(middle * n) for middle in middles]) for n in (side, network.size))
    places = torch.tensor([float(edge * FRAME) for edge in edges], dtype=torch.float64)
    segments = overlaps_between(places).to(ends.dtype)  # (segments, 300), of frame pixels
    change = segments @ (ends[1] - ends[0]) @ segments.T  # (3, segments, segments), sums over segments
    joined = F.one_hot(pixels).to(ends.dtype) * (network.size / FRAME)  # (segments, size)
    photo = area_means(ends[0], network.size)
    rows = []
    for chunk in masks.split(CHUNK):
        covered = chunk[..., cells[:, None], cells]
        rows.append(forward(photo + joined.T @ (change * covered) @ joined))
    return torch.cat(rows)
