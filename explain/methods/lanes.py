"""Which of two lanes makes a network's maps: our fused engines, or captum and shap.

The fast lane is taken when, and only when, it is proven: the fused chain gives the logits of the network
itself. A chain that is read off a network's modules knows nothing of its `forward`, which may skip, add or
repeat them.
"""

from collections.abc import Callable
from copy import deepcopy
from threading import Lock
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from carmodel.network import Network
from carmodel.sampling import area_means
from explain.methods.fused import forward, fuse


class NoMapError(ValueError):
    """A network cannot be explained by a method, or by an engine; the message says why."""


AUTO, FAST, LIBRARY = "auto", "fast", "library"
LANES = (AUTO, FAST, LIBRARY)
CLOSE = 1e-4  # of the largest logit: how far apart two ways to the same logits may be
CHUNK = 2  # pictures in one pass, for the sake of memory
NOISE = 4  # pictures of noise to compare by where there are no frames

_obstacles: WeakKeyDictionary[nn.Module, str] = WeakKeyDictionary()
_lock = Lock()


def obstacle(network: Network, frames: Callable[[], Tensor] = Tensor) -> str:
    """Why the fast lane cannot explain a network, a sentence; "" where it is proven.

    It is proven once for a network, by what `frames` makes, (n, 3, 300, 300), or by noise where that is none.
    """
    with _lock:
        known = _obstacles.get(network)
    if known is None:
        known = _compared(network, frames())
        with _lock:
            _obstacles[network] = known
    return known


def lane_of(network: Network, wanted: str = AUTO, frames: Callable[[], Tensor] = Tensor) -> str:
    """FAST or LIBRARY. Raises NoMapError for FAST where it is not proven."""
    if wanted == LIBRARY:
        return LIBRARY
    reason = obstacle(network, frames)
    if wanted == FAST and reason:
        raise NoMapError(
            f"The fast engine cannot be used for {network.size} px: {reason} Choose another one."
        )
    return LIBRARY if reason else FAST


@torch.no_grad()
def _compared(network: Network, frames: Tensor) -> str:
    containers = (module for module in network.stored.modules() if any(module.children()))
    if any([*module.parameters(recurse=False), *module.buffers(recurse=False)] for module in containers):
        return "It has values of its own beside those of its layers."
    try:
        layers = fuse(network)
    except ValueError as error:
        return f"{error}"
    if not len(frames):
        generator = torch.Generator().manual_seed(0)
        pictures = torch.rand(NOISE, 3, network.size, network.size, generator=generator)
    else:
        pictures = area_means(frames, network.size)
    itself = deepcopy(network).eval() if network.training else network
    for few in pictures.to(network.device).split(CHUNK):
        logits = itself(few)
        try:
            difference = (forward(layers, few) - logits).abs().max()
        except RuntimeError:  # layers that do not fit one another
            return "Its layers do not follow one another as they are registered."
        if not difference <= CLOSE * logits.abs().max():
            return "It does more than run its layers one after the other: their chain gives other logits."
    return ""
