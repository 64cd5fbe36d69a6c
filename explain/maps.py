"""The map of a photo by networks at hand, in one call: `explain`, or `refine` while it gets better.

*What* is explained is a `Target`, a class or a contrast of two, as a callable on logits; *how* is a method.
Every map is signed, summed over colour and laid on the 300×300 frame so that its sum stays what it was, which
makes the maps of networks of different sizes comparable pixel by pixel. Networks and inputs are only read.
"""

from collections.abc import Iterator, Sequence

from torch import Tensor, nn

from carmodel.frame import FRAME
from carmodel.network import Network
from carmodel.photo import Photo
from explain.attribution import Attribution, mean
from explain.cache import Cache
from explain.explainer import TOLERANCE, Explainer
from explain.methods.lanes import AUTO
from explain.target import Target


def explain(
    networks: Network | Sequence[Network],
    frame: Tensor,
    target: Target,
    method: str,
    *,
    reference: str = "blur",
    references: Tensor | None = None,
    tolerance: float = TOLERANCE,
    engine: str = AUTO,
) -> Attribution:
    """The map of one network, or of the average ensemble of several: the last that `refine` yields."""
    maps = refine(
        networks,
        frame,
        target,
        method,
        reference=reference,
        references=references,
        tolerance=tolerance,
        engine=engine,
    )
    *_, last = maps
    return last


def refine(
    networks: Network | Sequence[Network],
    frame: Tensor,
    target: Target,
    method: str,
    *,
    reference: str = "blur",
    references: Tensor | None = None,
    tolerance: float = TOLERANCE,
    engine: str = AUTO,
) -> Iterator[Attribution]:
    """Maps that get better: one for most methods, one for every doubling of Integrated Gradients.

    frame is the photo (3, 300, 300) in [0, 1]; networks are one network, or several for their average, whose
    map is the mean of theirs. A method that compares with frames of its own needs `references`
    (n, 3, 300, 300), such as those of `carmodel.weights.load_references`. Settings are those of
    `Explainer.refine`.

    Raises ValueError, at once, for settings that do not exist and for wrong shapes.
    """
    if frame.shape != (3, FRAME, FRAME):
        raise ValueError(f"A frame has the shape (3, {FRAME}, {FRAME}), not {tuple(frame.shape)}.")
    if references is not None and references.shape[1:] != frame.shape:
        raise ValueError(f"Reference frames have the shape (n, 3, {FRAME}, {FRAME}).")
    several = [networks] if isinstance(networks, nn.Module) else list(networks)
    if not several:
        raise ValueError("A map needs a network to explain.")
    sizes = [str(network.size) for network in several]
    names = sizes if len(set(sizes)) == len(sizes) else [f"{i}: {size}" for i, size in enumerate(sizes, 1)]
    explainer = Explainer(
        dict(zip(names, several, strict=True)), references, cache=Cache(budget=0), engine=engine
    )
    rounds = explainer.refine(Photo(frame, FRAME, FRAME), method, target, reference, tolerance)
    return (mean(list(maps.values())) if len(maps) > 1 else next(iter(maps.values())) for maps in rounds)
