"""Grad-CAM: where the last convolutional block speaks for the score (Selvaraju et al. 2017).

The cells are those of captum's `LayerGradCam`; the placement on the photo is this module's. CarNet's
convolutions are unpadded, so a cell of the last block sees a window well inside the picture: stretching the
cells over the whole picture, as is often done, moves them by up to a quarter of its width. Each cell is put
at the centre of its receptive field instead.
"""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import torch
from torch import Tensor, nn

from carmodel.frame import FRAME
from carmodel.network import CLASSES, Network
from carmodel.sampling import area_means
from explain.attribution import FUSED
from explain.methods import library
from explain.methods.fused import fuse, gradients
from explain.methods.lanes import FAST
from explain.methods.layers import NoGridError
from explain.methods.method import Method, Question
from explain.methods.receptive_field import ReceptiveField, receptive_field
from explain.methods.refinement import Refinement, attribution_of


@torch.no_grad()
def gradcam(network: nn.Module, score: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, float]:
    """The cells (n, n) of the last convolution's block in logits, none below zero, and the score.

    x is one picture (3, size, size); score takes logits (n, 4) to the numbers explained (n,), and is linear.

    Raises ValueError for a network that is not a chain of the modules that CarNet is made of.
    """
    layers = fuse(network)
    last = max(i for i, layer in enumerate(layers) if layer.weight.ndim == 4)
    inputs = x[None].to(layers[0].weight.device).contiguous(memory_format=torch.channels_last)
    for layer in layers[:last]:
        inputs, _ = layer.after(layer.linear(inputs))
    block = layers[last].linear(inputs)  # (1, channels, n, n)
    block = block.relu_() if layers[last].rectified else block
    above = [replace(layers[last], rectified=False), *layers[last + 1 :]]
    gradient, logits = gradients(above, block, score(torch.eye(len(CLASSES), device=inputs.device))[None])
    cells = (gradient.mean((2, 3), keepdim=True) * block).sum(1).relu_()
    return cells[0].cpu(), score(logits).item()


def place(cells: Tensor, field: ReceptiveField, size: int) -> Tensor:
    """Cells (n, n) of a network of `size` px as a density on the frame (300, 300), in logits per frame pixel.

    Bilinear between the centres of the receptive fields. Outside the outermost centres the nearest cell fades
    out towards the edge of its receptive field: the network saw that border, but no cell is centred there.
    """
    pixels = (torch.arange(FRAME) + 0.5) * size / FRAME - 0.5  # frame pixels as pixel indices of the network
    rows = (pixels - field.first) / field.jump
    nearest = rows.clamp(0, len(cells) - 1)
    weights = (1 - (nearest[:, None] - torch.arange(len(cells))).abs()).clamp(
        min=0
    )  # (300, n), rows sum to 1
    outside = (rows - nearest).abs() * field.jump  # network pixels beyond the outermost centre
    weights = weights * (1 - outside / (field.size / 2)).clamp(min=0)[:, None]
    area = (field.jump * FRAME / size) ** 2  # of one cell, in frame pixels
    return weights @ cells @ weights.T / area


def _start(question: Question) -> Refinement:
    started, network = perf_counter(), question.network
    fast = question.lane == FAST and not network.layer  # the chain is read at its last convolution
    compute, made_by = (gradcam, FUSED) if fast else (library.gradcam, library.GRADCAM)
    cells, score = compute(network, question.target.score, area_means(question.frame, network.size))
    only = attribution_of(GRADCAM, question, cells, score, None, perf_counter() - started, made_by=made_by)
    return Refinement(only, only)


def _obstacle(network: Network) -> str:
    try:
        receptive_field(network)
    except NoGridError as error:
        return str(error)
    except Exception as error:  # whatever a network does with pictures of another size
        return f"Where its cells look could not be measured: {error}"
    return ""


GRADCAM = Method(
    name="gradcam",
    title="Grad-CAM",
    start=_start,
    obstacle=_obstacle,
    place=lambda cells, network: place(cells, receptive_field(network), network.size),
    signed=False,
    complete=False,
    coarse=True,
    idea="Where the last convolutions speak for {target}; what speaks against is not shown.",
    hint="Which regions the last convolutions relied on. Fast and coarse; shows only what speaks for.",
    told={
        "It answers": "Roughly where does the last convolution see something that speaks for the class?",
        "It cannot": "Show what speaks against, or fine detail: its cells are coarse. It has no sum to "
        "check, so nothing says whether the map is complete.",
    },
    colours=("#b7710f", "#f0b14a"),
    mark="o",
)
