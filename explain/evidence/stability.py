"""Stability: how much a map changes when the photo changes less than anyone can see.

Max-sensitivity of Yeh et al. 2019, "On the (In)fidelity and Sensitivity of Explanations", as
`captum.metrics.sensitivity_max` defines it.
"""

import torch
from torch import Tensor

from carmodel.frame import FRAME
from carmodel.network import CarNet
from explain.attribution import Attribution
from explain.door import refine
from explain.methods.integrated_gradients import LEAST_STEPS
from explain.target import Target

RADIUS = 0.02  # of a perturbation, in the photo's range of 0 to 1: 5 of 255 levels
SAMPLES = 10
NEVER = 1e-9  # a gap that Integrated Gradients does not reach


def stability(
    network: CarNet,
    frame: Tensor,
    target: Target,
    method: str,
    *,
    radius: float = RADIUS,
    samples: int = SAMPLES,
    seed: int = 0,
    reference: str = "blur",
    references: Tensor | None = None,
) -> float:
    """The largest ‖map(x + δ) − map(x)‖ / ‖map(x)‖ over `samples` perturbations δ.

    δ is uniform in ±radius for every pixel and colour of what the network sees; maps are exact, not spread
    by region. Integrated Gradients takes 40 steps for all of them, so that only the photo differs. Settings
    and errors are those of `explain.door.explain`.
    """

    def map_of(picture: Tensor) -> Tensor:
        stages = refine(
            network, picture, target, method, reference=reference, references=references, tolerance=NEVER
        )
        return next(stage for stage in stages if _comparable(stage)).map.double()

    original = map_of(frame)
    moved = max(
        (map_of(frame + noise) - original).norm().item()
        for noise in perturbations(network.size, radius, samples, seed)
    )
    return moved / (original.norm().item() or 1.0)  # captum's rule for a map that is zero


def perturbations(size: int, radius: float, samples: int, seed: int) -> Tensor:
    """Perturbations of the frame (samples, 3, 300, 300), constant within each pixel that the network sees."""
    generator = torch.Generator().manual_seed(seed)
    noise = (2 * torch.rand(samples, 3, size, size, generator=generator) - 1) * radius
    return noise.repeat_interleave(FRAME // size, -1).repeat_interleave(FRAME // size, -2)


def _comparable(stage: Attribution) -> bool:
    return stage.method != "integrated_gradients" or stage.steps >= LEAST_STEPS
