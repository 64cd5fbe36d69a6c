"""Integrated Gradients (Sundararajan et al. 2017): gradients along the line from a reference to the picture.

The integral is a trapezoid rule that doubles its steps and keeps what is computed: with M_n the midpoint
rule on the same n intervals, T_2n = (T_n + M_n) / 2. captum computes both kinds of term through its public
interface. (captum's own `riemann_trapezoid` is not used: its weights sum to 1 - 1/n.)
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from carmodel.network import CarNet

FIRST_STEPS, MOST_STEPS = 8, 2048
LEAST_STEPS = 32  # with fewer a small gap is luck: on a trained network, 0.04 % at 8 steps and 5 % at 16
CHUNK = 8  # pictures in one forward and backward pass; larger chunks are slower on a CPU
BLUR = 20.0  # standard deviation in pixels of the 300 px frame: wheels, lamps and windows vanish


def _blur(frame: Tensor) -> Tensor:
    from carmodel.vision import v2  # takes a second to import: only when it is used

    kernel = 2 * round(3 * BLUR) + 1
    # A Gaussian is separable: rows, then columns, cost a fifteenth of the square kernel.
    frame = v2.functional.gaussian_blur(frame, [kernel, 1], [BLUR, BLUR])
    return v2.functional.gaussian_blur(frame, [1, kernel], [BLUR, BLUR])


# The pictures that a map compares with, made from a frame (3, 300, 300) so that all networks share them.
REFERENCE_FRAMES: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "blur": _blur,
        "mean": lambda frame: frame.mean(dim=(1, 2), keepdim=True).expand_as(frame),
        "black": torch.zeros_like,
    }
)


@dataclass(frozen=True, eq=False)
class Integral:
    """The trapezoid rule of `steps` intervals between a reference and a picture."""

    x: Tensor  # (3, size, size)
    reference: Tensor  # (3, size, size)
    steps: int = 0  # before the first, the following are None
    values: Tensor | None = None  # (3, size, size), logits
    score: float | None = None  # of x, in logits
    reference_score: float | None = None


def refined(network: CarNet, score: Callable[[Tensor], Tensor], integral: Integral) -> Integral:
    """The same integral with twice the steps, or with FIRST_STEPS if nothing is computed yet.

    score takes logits (n, 4) to the numbers explained (n,). n steps have cost n + 2 gradients in all.
    """
    network = deepcopy(network).eval().requires_grad_(False)
    network = network.to(memory_format=torch.channels_last)  # a quarter faster on a CPU
    method = IntegratedGradients(lambda pictures: score(network(pictures)))

    def rule(name: str, steps: int) -> Tensor:
        ends = (picture[None].detach().clone() for picture in (integral.x, integral.reference))
        return method.attribute(*ends, method=name, n_steps=steps, internal_batch_size=CHUNK)[0].detach()

    values, steps = integral.values, integral.steps
    if values is None:  # captum refuses Riemann sums of one step, so the rule starts with two
        values, steps = (rule("riemann_left", 2) + rule("riemann_right", 2)) / 2, 2
        scores = score(network(torch.stack([integral.x, integral.reference]))).tolist()
        integral = replace(integral, score=scores[0], reference_score=scores[1])
    goal = max(FIRST_STEPS, 2 * integral.steps)
    while steps < goal:
        values, steps = (values + rule("riemann_middle", steps)) / 2, 2 * steps
    return replace(integral, values=values, steps=steps)
