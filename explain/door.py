"""One door to every method: `explain` a photo's score, or `refine` the map while it gets better.

*What* is explained is a `Target`, a class or a contrast of two, as a callable on logits; *how* is a method.
Every map is signed, summed over colour and laid on the 300×300 frame so that its sum stays what it was, which
makes the maps of both networks comparable pixel by pixel. Every method runs on a private copy of the network
and on clones of its inputs, so calls may run in threads and leave nothing behind.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from carmodel.frame import FRAME
from carmodel.network import CarNet
from carmodel.photo import block_means
from explain.attribution import Attribution, difference, mean
from explain.methods.integrated_gradients import REFERENCE_FRAMES
from explain.methods.refinement import Refinement, next_stage, rounds
from explain.methods.shap import ShapleyValues, shapley_values
from explain.target import Target

__all__ = ["METHODS", "REFERENCES", "Attribution", "Target", "difference", "explain", "mean", "refine"]

METHODS = ("gradcam", "integrated_gradients", "shap")
REFERENCES = tuple(REFERENCE_FRAMES)
TOLERANCE = 0.02  # the gap at which Integrated Gradients stops, unless another is asked for


def explain(
    networks: CarNet | Sequence[CarNet],
    frame: Tensor,
    target: Target,
    method: str,
    *,
    reference: str = "blur",
    references: Tensor | None = None,
    tolerance: float = TOLERANCE,
) -> Attribution:
    """The map of one network, or of the average ensemble of two: the last stage of `refine`."""
    stages = refine(
        networks, frame, target, method, reference=reference, references=references, tolerance=tolerance
    )
    *_, last = stages
    return last


def refine(
    networks: CarNet | Sequence[CarNet],
    frame: Tensor,
    target: Target,
    method: str,
    *,
    reference: str = "blur",
    references: Tensor | None = None,
    tolerance: float = TOLERANCE,
) -> Iterator[Attribution]:
    """Maps that get better: one for Grad-CAM and SHAP, one for every doubling of Integrated Gradients.

    frame is the photo (3, 300, 300) in [0, 1]; networks one network, or two for their average, whose map is
    the mean of theirs. Integrated Gradients compares with `reference` (one of REFERENCES) and stops when the
    gap is at most `tolerance`, after 40 steps (100 px: 80) at the earliest, or at 1,280 with the smallest gap
    met. SHAP compares with `references` (n, 3, 300, 300), the frames of `carmodel.weights.load_references`. A
    setting that a method has no use for is ignored.

    Raises ValueError, at once, for settings that do not exist and for wrong shapes.
    """
    check(frame, method, reference, tolerance)
    given = torch.empty(0) if references is None else references
    if method == "shap" and given.shape[1:] != frame.shape:
        raise ValueError(f"SHAP needs reference frames of shape (n, 3, {FRAME}, {FRAME}).")
    pair = [networks] if isinstance(networks, nn.Module) else list(networks)
    if len(pair) not in (1, 2):
        raise ValueError(f"A map is of one network or of two, not of {len(pair)}.")

    def shapley(network: CarNet) -> ShapleyValues:
        x, known = block_means(frame, network.size), block_means(given, network.size)
        return shapley_values(network, x, known, score=target.score)

    def advance(network: CarNet, before: Refinement | None, _: float) -> Refinement:
        return next_stage(network, frame, target, method, reference, shapley, before)

    stages = rounds([partial(advance, network) for network in pair], tolerance)
    return (stage[0] if len(stage) == 1 else mean(stage) for stage in stages)


def check(frame: Tensor, method: str, reference: str, tolerance: float) -> None:
    """Raises ValueError, with a sentence, for what no method can work with."""
    if frame.shape != (3, FRAME, FRAME):
        raise ValueError(f"A frame has the shape (3, {FRAME}, {FRAME}), not {tuple(frame.shape)}.")
    if method not in METHODS:
        raise ValueError(f"There is no method {method!r}; the methods are {', '.join(METHODS)}.")
    if reference not in REFERENCES:
        raise ValueError(f"There is no reference {reference!r}; the references are {', '.join(REFERENCES)}.")
    if not 0 < tolerance < 1:
        raise ValueError(f"The tolerance is a fraction between 0 and 1, not {tolerance}.")
