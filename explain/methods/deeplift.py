"""DeepLIFT's rescale rule (Shrikumar et al. 2017), for many references and scores at once.

From the scores back to the pixels, every module has a multiplier: how much its output differs between a
picture and a reference, for each unit by which its input does. For a linear layer these are its weights. For
ReLU it is Δ output / Δ input. In a max pool the whole change belongs to the input that is the largest of both
pictures, as in shap's `DeepExplainer`, whose values these are. But a picture goes forward once for all scores
and references, references go forward once for all pictures, and all scores go back together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from explain.methods.fused import FusedLayer, visible_part

CHUNK = 8  # pictures in one pass: what they need at a time fits into a CPU's caches
TINY = 1e-30  # in place of 0 as a divisor; of no weight beside anything that is not 0
NO_CHANGE = 1e-7  # of a maximum, in shap: the input that caused it gets none of it


@dataclass(frozen=True, eq=False)
class Trace:
    """What pictures (n, …) caused in each layer."""

    pictures: Tensor
    z: tuple[Tensor, ...]  # of the layer's layer
    pooled: tuple[Tensor | None, ...]  # the layer's outputs where it ends with a pool
    logits: Tensor  # (n, 4)

    def __getitem__(self, part: slice) -> "Trace":
        pooled = (outputs if outputs is None else outputs[part] for outputs in self.pooled)
        return Trace(self.pictures[part], tuple(z[part] for z in self.z), tuple(pooled), self.logits[part])

    def compact(self) -> "Trace":
        """The same without the first layer's z, a third of the memory, and quickly computed again."""
        return replace(self, z=(self.z[0].new_empty(0), *self.z[1:]))

    def whole(self, layers: Sequence[FusedLayer]) -> "Trace":
        """The same with the first layer's z."""
        return self if len(self.z[0]) else replace(self, z=(layers[0].linear(self.pictures), *self.z[1:]))

    def inputs_of(self, layer: int) -> Tensor:
        """What the layer of this number gets, but for ReLU; one past the end, what the last one gives."""
        if layer == 0:
            return self.pictures
        pooled = self.pooled[layer - 1]
        return self.z[layer - 1] if pooled is None else pooled


def trace(layers: Sequence[FusedLayer], pictures: Tensor) -> Trace:
    """The trace of what the scores depend on of pictures (n, 3, size, size), all in one pass."""
    x = pictures = visible_part(layers, pictures).detach().contiguous(memory_format=torch.channels_last)
    zs, pooled = [], []
    for layer in layers:
        z = layer.linear(x)
        x, _ = layer.after(z.clone())
        zs.append(z)
        pooled.append(x if layer.pool else None)
    return Trace(pictures, tuple(zs), tuple(pooled), logits=x)


def attributions(
    layers: Sequence[FusedLayer], picture: Trace, references: Sequence[Trace], weights: Tensor
) -> Tensor:
    """The attributions (k, rows, columns) of k scores, summed over colour, mean over the references.

    picture is the trace of one picture, weights (k, 4) are those of the logits in each score.
    """
    count, scores = sum(len(batch.pictures) for batch in references), len(weights)
    total = torch.zeros_like(picture.pictures.expand(scores, -1, -1, -1))
    step = max(1, CHUNK // scores)
    for batch in references:
        for start in range(0, len(batch.pictures), step):
            few = batch[start : start + step].whole(layers)
            multipliers = _multipliers(layers, picture, few, weights)  # (k * n, 3, rows, columns)
            change = picture.pictures - few.pictures
            for contribution in multipliers.unflatten(0, (scores, -1)).mul_(change).unbind(1):
                total += contribution
    return total.sum(1) / count


def _multipliers(layers: Sequence[FusedLayer], picture: Trace, references: Trace, weights: Tensor) -> Tensor:
    """The multipliers (k * n, 3, size, size) of pixels, from those of logits; references vary fastest."""
    scores, count = len(weights), len(references.pictures)
    multipliers = weights.repeat_interleave(count, 0)
    for i in reversed(range(len(layers))):
        layer, here, there = layers[i], picture.z[i], references.z[i]
        multipliers = multipliers.unflatten(0, (scores, count))
        if layer.pool is not None:
            now, before = picture.inputs_of(i + 1), references.inputs_of(i + 1)
            multipliers = _through_pool(layer.pool, here, there, now, before, multipliers)
        elif layer.rectified:
            multipliers.mul_(_slopes(here, there))
        multipliers = layer.transposed(multipliers.flatten(0, 1), references.inputs_of(i).shape[1:])
    return multipliers


def _slopes(here: Tensor, there: Tensor) -> Tensor:
    """Δ ReLU(z) / Δ z between z here (1, …) and there (n, …).

    Between a < b that is max(0, b) - max(0, a) over b - a: b / (b - a) limited to [0, 1]. So it needs no
    threshold: where z is nearly the same it is the gradient, as in shap.
    """
    apart = (here - there).abs_().clamp_min_(TINY)
    return torch.maximum(here, there).div_(apart).clamp_(0, 1)


def _through_pool(
    pool: tuple[int, int], here: Tensor, there: Tensor, now: Tensor, before: Tensor, multipliers: Tensor
) -> Tensor:
    """Multipliers (k, n, …) of a max pool's outputs, after ReLU if any, to those of z (k, n, …) before it.

    here (1, …) and there (n, …) are z, now and before are the outputs. In each window one place alone has a
    multiplier: Δ output / Δ z, where z is the largest of both pictures.
    """
    _, places = F.max_pool2d(torch.maximum(here, there), pool, return_indices=True)
    apart = _rows((here - there).abs_()).gather(1, _rows(places)).clamp_min_(TINY)
    change = F.threshold((now - before).abs_(), NO_CHANGE, 0.0, inplace=True)
    multipliers.mul_(change.div_(apart.unflatten(1, change.shape[2:]).movedim(-1, 1)))
    scores = len(multipliers)
    places = torch.cat([places] * scores)  # unlike `repeat`, it stays channels_last
    unpooled = F.max_unpool2d(multipliers.flatten(0, 1), places, pool, output_size=there.shape[2:])
    return unpooled.unflatten(0, (scores, -1))


def _rows(cells: Tensor) -> Tensor:
    """(n, channels, rows, columns) as (n, rows * columns, channels), which is how they lie in memory."""
    return cells.movedim(1, -1).flatten(1, 2)
