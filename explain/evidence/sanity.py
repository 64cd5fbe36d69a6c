"""Sanity: a map that shows what a network has learnt must fall apart when the network forgets it.

The cascade of Adebayo et al. 2018, "Sanity Checks for Saliency Maps": layers are put back to random values
one after the other, from the scores down to the pixels, and after each the map is compared with the original.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from carmodel.network import Network
from explain.attribution import Attribution
from explain.evidence.agreement import agreement
from explain.explainer import TOLERANCE
from explain.maps import explain
from explain.methods.lanes import AUTO
from explain.methods.registry import check, method_named
from explain.smoothing import SMOOTHINGS, smoothed
from explain.target import Target

MOST_STEPS = 10  # CarNet has as many layers; those of deeper networks become random in groups


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


def layers_of(network: Network) -> dict[str, tuple[nn.Module, ...]]:
    """The steps of a network's cascade, from the scores down: the modules that each makes random.

    A step is called after the last layer that it reaches, such as "conv1" or "layer4.0.conv1". A layer is a
    module with weights of two axes or more; the normalisation that follows it becomes random with it.
    """
    steps: list[tuple[str, list[nn.Module]]] = []
    followers: list[nn.Module] = []
    for name, module in reversed(list(network.stored.named_modules())):
        own = list(module.parameters(recurse=False))
        if name and any(values.ndim > 1 for values in own):
            steps.append((name, [module, *followers]))
            followers = []
        elif own or list(module.buffers(recurse=False)):
            followers.insert(0, module)
    short = {name: name.rpartition(".")[2] for name, _ in steps}
    titles = short if len(set(short.values())) == len(steps) else {name: name for name in short}
    count = min(MOST_STEPS, len(steps))
    groups = (steps[i * len(steps) // count : (i + 1) * len(steps) // count] for i in range(count))
    return {titles[group[-1][0]]: tuple(m for _, modules in group for m in modules) for group in groups}


def cascade(
    network: Network,
    frame: Tensor,
    target: Target,
    method: str,
    *,
    reference: str = "blur",
    references: Tensor | None = None,
    tolerance: float = TOLERANCE,
    engine: str = AUTO,
    seed: int = 0,
    layers: Sequence[str] | None = None,
) -> Iterator[Step]:
    """The original map of a photo (3, 300, 300), then one Step for each of `layers` (all if None).

    A layer stays random while the next ones become so, and its batch normalisation, statistics included,
    goes back to its beginnings with it. All this happens to a private copy, and `seed` decides the values:
    threads and other users of random numbers do not disturb it. Settings and errors are those of
    `explain.maps.explain`; raises ValueError for an unknown layer too, all at once.
    """
    check(method, reference, tolerance)
    generator = torch.Generator().manual_seed(seed)
    forgetful = deepcopy(network)
    every = layers_of(forgetful)
    layers = tuple(every) if layers is None else tuple(layers)
    if unknown := [layer for layer in layers if layer not in every]:
        raise ValueError(f"There is no layer {unknown[0]!r}; the layers are {', '.join(every)}.")

    def steps() -> Iterator[Step]:
        original = None
        for layer in ("", *layers):
            if layer:
                randomise(every[layer], generator)
            attribution = explain(
                forgetful,
                frame,
                target,
                method,
                reference=reference,
                references=references,
                tolerance=tolerance,
                engine=engine,
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
def randomise(modules: Sequence[nn.Module], generator: torch.Generator) -> None:
    """Gives modules, in place, the values that torch's modules start with.

    For convolutions and fully connected layers these are uniform in ±1/√(inputs of an output), as in
    `reset_parameters` of torch.nn (which takes no generator of its own).
    """
    for module in modules:
        values = list(module.parameters(recurse=False))
        weights = [tensor for tensor in values if tensor.ndim > 1]
        if weights:
            bound = weights[0][0].numel() ** -0.5
            for tensor in values:
                drawn = torch.empty(tensor.shape).uniform_(-bound, bound, generator=generator)
                tensor.copy_(drawn)  # drawn on the CPU, wherever the network is
        elif callable(reset := getattr(module, "reset_parameters", None)):
            reset()
