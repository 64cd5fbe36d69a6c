"""Stability: how much a map changes when the photo changes less than anyone can see.

Max-sensitivity of Yeh et al. 2019, "On the (In)fidelity and Sensitivity of Explanations", as
`captum.metrics.sensitivity_max` defines it.
"""

import torch
from torch import Tensor

from carmodel.network import Network
from carmodel.sampling import overlaps
from explain.maps import refine
from explain.methods.lanes import AUTO
from explain.target import Target

RADIUS = 0.02  # of a perturbation, in the photo's range of 0 to 1: 5 of 255 levels
SAMPLES = 10
NEVER = 1e-9  # a gap that no refinement reaches
STEPS = 40  # of a method that refines its maps


def stability(
    network: Network,
    frame: Tensor,
    target: Target,
    method: str,
    *,
    radius: float = RADIUS,
    samples: int = SAMPLES,
    seed: int = 0,
    reference: str = "blur",
    references: Tensor | None = None,
    engine: str = AUTO,
) -> float:
    """The largest ‖map(x + δ) − map(x)‖ / ‖map(x)‖ over `samples` perturbations δ.

    δ is uniform in ±radius for every pixel and colour of what the network sees; maps are exact, not spread
    by region. A method that refines its maps takes 40 steps for all, so that only the photo differs. Settings
    and errors are those of `explain.maps.explain`.
    """

    def map_of(picture: Tensor) -> Tensor:
        maps = refine(
            network,
            picture,
            target,
            method,
            reference=reference,
            references=references,
            tolerance=NEVER,
            engine=engine,
        )
        return next(map for map in maps if not map.method.refines or map.steps >= STEPS).map.double()

    original = map_of(frame)
    moved = max(
        (map_of(frame + noise) - original).norm().item()
        for noise in perturbations(network.size, radius, samples, seed)
    )
    return moved / (original.norm().item() or 1.0)  # captum's rule for a map that is zero


def perturbations(size: int, radius: float, samples: int, seed: int) -> Tensor:
    """Perturbations of the frame (samples, 3, 300, 300), constant within each pixel that the network sees.

    Where sizes do not divide 300, a frame pixel that lies in two of them has that of the first.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = (2 * torch.rand(samples, 3, size, size, generator=generator) - 1) * radius
    pixels = (overlaps(size) > 0).float().argmax(0)  # of the network, in which each frame pixel begins
    return noise[..., pixels[:, None], pixels]
