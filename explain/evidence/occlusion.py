"""What networks say of a photo while cells of it are covered, cell by cell, with a fill such as its blur."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from carmodel.frame import FRAME
from carmodel.network import CarNet
from carmodel.photo import block_means
from explain.evidence.fast_forward import CHUNK, fast_forward
from explain.methods.integrated_gradients import REFERENCE_FRAMES


def covered_logits(
    networks: CarNet | Sequence[CarNet], frame: Tensor, fill: str, covered: Tensor
) -> tuple[Tensor, Tensor]:
    """Logits of the photo and of the fill (2, 1, 4), and of the photo with cells covered (..., points, 4).

    networks is one network, or two for their average ensemble, whose logits are the mean of theirs. covered
    (..., points, cells), bool, says which cells of the photo (3, 300, 300) are those of the fill, one of
    REFERENCES. Raises ValueError for a fill that does not exist.
    """
    if fill not in REFERENCE_FRAMES:
        raise ValueError(f"There is no fill {fill!r}; the fills are {', '.join(REFERENCE_FRAMES)}.")
    pair = [networks] if isinstance(networks, nn.Module) else list(networks)
    side = math.isqrt(covered.shape[-1])
    ends = torch.stack([frame, REFERENCE_FRAMES[fill](frame)])
    masks = covered.reshape(-1, 1, side, side)
    masks = torch.cat([torch.zeros_like(masks[:1]), torch.ones_like(masks[:1]), masks])
    logits = torch.stack([_scored(network, ends, masks) for network in pair]).mean(0)
    return logits[:2, None], logits[2:].reshape(*covered.shape[:-1], -1)


def _scored(network: CarNet, ends: Tensor, masks: Tensor) -> Tensor:
    """Logits (n, 4) of the photo with the fill where masks (n, 1, side, side) say; ends are both of them."""
    forward, side = fast_forward(network), masks.shape[-1]
    if side == network.size:  # what is mixed may be what the network sees, and need not be the frame
        photo, filled = block_means(ends, side)
        return torch.cat([forward(torch.where(chunk, filled, photo)) for chunk in masks.split(CHUNK)])
    # Cells and the network's pixels cut the frame into segments, in each of which both are constant.
    cell_width, width = FRAME // side, FRAME // network.size
    starts = torch.tensor(sorted({*range(0, FRAME, cell_width), *range(0, FRAME, width)}))
    segments = F.one_hot(torch.bucketize(torch.arange(FRAME), starts, right=True) - 1).float()
    change = segments.T @ (ends[1] - ends[0]) @ segments  # (3, segments, segments), sums over frame pixels
    pixels = F.one_hot(starts // width).float() / width  # (segments, size)
    cells, photo = starts // cell_width, block_means(ends[0], network.size)
    rows = []
    for chunk in masks.split(CHUNK):
        covered = chunk[..., cells[:, None], cells]
        rows.append(forward(photo + pixels.T @ (change * covered) @ pixels))
    return torch.cat(rows)
