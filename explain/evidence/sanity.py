"""Sanity: a map that shows what a network has learnt must fall apart when the network forgets it.

The cascade of Adebayo et al. 2018, "Sanity Checks for Saliency Maps": layers are put back to random values
one after the other, from the scores down to the pixels, and after each the map is compared with the original.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from carmodel.network import CHANNELS, HIDDEN, CarNet
from explain.attribution import Attribution
from explain.evidence.agreement import agreement
from explain.explainer import TOLERANCE, check
from explain.maps import explain
from explain.methods.fused import NORMS
from explain.methods.registry import method_named
from explain.smoothing import SMOOTHINGS, smoothed
from explain.target import Target

LAYERS = (
    *(f"fc{i}" for i in range(len(HIDDEN) + 1, 0, -1)),
    *(f"conv{i}" for i in range(len(CHANNELS), 0, -1)),
)


@dataclass(frozen=True, eq=False)
class Step:
    """The map after one more layer has become random, and how it ranks the pixels compared with the original.

    Correlations are Spearman's, of the maps as they are shown by region; None if one of them is constant. Of
    a coarse method they are of its own cells: on the frame all maps of Grad-CAM fade towards the border,
    whatever the network knows, and that alone correlates by nearly a half.
    """

    layer: str  # the last that was randomised; "" for the original
    attribution: Attribution
    rank_correlation: float | None  # of signed values
    absolute_rank_correlation: float | None  # of sizes, signs apart


def cascade(
    network: CarNet,
    frame: Tensor,
    target: Target,
    method: str,
    *,
    reference: str = "blur",
    references: Tensor | None = None,
    tolerance: float = TOLERANCE,
    seed: int = 0,
    layers: Sequence[str] | None = None,
) -> Iterator[Step]:
    """The original map of a photo (3, 300, 300), then one Step for each of `layers` (LAYERS if None).

    A layer stays random while the next ones become so, and its batch normalisation, statistics included,
    goes back to its beginnings with it. All this happens to a private copy, and `seed` decides the values:
    threads and other users of random numbers do not disturb it. Settings and errors are those of
    `explain.maps.explain`; raises ValueError for an unknown layer too, all at once.
    """
    check(method, reference, tolerance)
    layers = LAYERS if layers is None else tuple(layers)
    if unknown := [layer for layer in layers if layer not in LAYERS]:
        raise ValueError(f"There is no layer {unknown[0]!r}; the layers are {', '.join(LAYERS)}.")
    generator = torch.Generator().manual_seed(seed)
    forgetful = deepcopy(network)

    def steps() -> Iterator[Step]:
        original = None
        for layer in ("", *layers):
            if layer:
                randomise(forgetful, layer, generator)
            attribution = explain(
                forgetful,
                frame,
                target,
                method,
                reference=reference,
                references=references,
                tolerance=tolerance,
            )
            coarse = method_named(method).coarse
            now = replace(attribution, map=attribution.cells)
            if not coarse:
                now = smoothed(attribution, SMOOTHINGS[0])
            original = original or now
            sizes = (replace(version, map=version.map.abs()) for version in (original, now))
            yield Step(
                layer,
                attribution,
                agreement(original, now).rank_correlation,
                agreement(*sizes).rank_correlation,
            )

    return steps()


@torch.no_grad()
def randomise(network: CarNet, layer: str, generator: torch.Generator) -> None:
    """Gives one of LAYERS, in place, the values that torch's modules start with.

    For convolutions and fully connected layers these are uniform in ±1/√(inputs of an output), as in
    `reset_parameters` of torch.nn (which takes no generator of its own).
    """
    modules = dict([*network.features.named_children(), *network.head.named_children()])
    weight, bias = modules[layer].parameters()
    bound = weight[0].numel() ** -0.5
    for values in (weight, bias):
        nn.init.uniform_(values, -bound, bound, generator)
    if isinstance(norm := modules.get(f"batchnorm_{layer}"), NORMS):
        norm.reset_parameters()
