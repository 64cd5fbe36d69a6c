"""A map in one call, of a network of any kind: `explain.explain(frame, network=my_module)`."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from carmodel.architectures import adapted
from carmodel.ensemble import predict
from carmodel.frame import FRAME
from carmodel.photo import read_photo
from carmodel.sampling import area_means
from carmodel.weights import load, load_references
from explain.attribution import Attribution
from explain.explainer import TOLERANCE
from explain.maps import explain as explain_network
from explain.methods.lanes import AUTO
from explain.target import Target


def explain(
    frame: Tensor | str | Path,
    network: nn.Module | str = "final-100",
    method: str = "integrated_gradients",
    target: Target | str | None = None,
    *,
    facts: Mapping[str, Any] | None = None,
    reference: str = "blur",
    references: Tensor | None = None,
    tolerance: float = TOLERANCE,
    engine: str = AUTO,
) -> Attribution:
    """The map of a photo by a network: what spoke for a class, and what against.

    frame is a photo's file, or a frame (3, 300, 300) in [0, 1]. network is a module that gives logits (n, 4)
    of pictures, or the name of a network that comes along; `facts` say what a module wants to be given
    (`carmodel.architectures.adapted`). target is a class, a `Target`, or None for the class that the network
    names. references (n, 3, 300, 300), by default those that come along, are SHAP's, and prove the engine.

    Raises ValueError, with a sentence, for what cannot be used.
    """
    picture = frame if isinstance(frame, Tensor) else read_photo(frame).frame
    if picture.shape != (3, FRAME, FRAME):
        raise ValueError(f"A frame has the shape (3, {FRAME}, {FRAME}), not {tuple(picture.shape)}.")
    if isinstance(network, str):
        ready, _ = load(network)
    else:
        ready = adapted(deepcopy(network), facts)  # the caller may go on training theirs
    if target is None:
        seen = area_means(picture, ready.size)[None].to(ready.device)
        target = predict(ready(seen)[0].cpu()).verdict
    return explain_network(
        ready,
        picture,
        Target(target) if isinstance(target, str) else target,
        method,
        reference=reference,
        references=load_references() if references is None else references,
        tolerance=tolerance,
        engine=engine,
    )
