"""What /what_if answers: what every network says before and after, and how much the covered part held."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from torch import Tensor
from typing_extensions import TypedDict  # pydantic reads no others before Python 3.12

from carmodel.network import CLASSES
from carmodel.photo import Photo
from explain.door import METHODS
from explain.evidence.regions import share
from explain.explainer import Explainer
from explain.report.report import photo_table, prediction_table
from explain.target import Target
from explain.what_if.edits import Box, EditError, Edits, covered, edited
from explain.what_if.effect import Change, changes, sentence
from page.api.answer_types import PhotoAnswer
from page.api.endpoints import given, in_sentences
from page.tabs.explain.stream import NOTHING, PREDICTED, Controls

ENSEMBLES = ("average", "priority")


class WhatIfAnswer(TypedDict):
    """The answer of /what_if; shares and areas are fractions of 1."""

    photo: PhotoAnswer
    edited: str  # SHA-256 of the edited photo's frame
    edits: list[str]
    box: list[float] | None
    fill: str
    sentence: str  # what the edits did to both networks of the pair asked for
    predictions: dict[str, dict[str, dict[str, Any]]]  # pair -> network or ensemble -> before, after, points
    target: str  # what the maps explain
    area: float  # of the part covered
    shares: dict[str, dict[str, float]]  # such as "gradcam_75" -> attribution, area, ratio; or nothing


class WhatIfEndpoint:
    """The function behind /what_if, for `explainers` by kind."""

    def __init__(self, explainers: Mapping[str, Explainer]) -> None:
        self.explainers = explainers

    @in_sentences
    def what_if(
        self,
        photo: str,
        edits: Sequence[str] = (),
        box: list[float] | None = None,
        fill: str = "blur",
        ensemble: str = "average",
        toward: str = "predicted",
        against: str = "nothing",
        networks: str = "final",
        methods: Sequence[str] = ("gradcam",),
    ) -> WhatIfAnswer:
        """Say what the networks make of a photo of a car once parts of it are hidden or it is changed.

        Gives verdict and probabilities of every network and ensemble before and after, the change of each in
        percentage points, a sentence, and for each map the share of its weight that lay in the covered part
        beside that part's share of the picture. Takes less than a second with Grad-CAM alone, which is the
        default; seconds with "integrated_gradients" or "shap".

        Args:
            photo: Picture of a car, up to 20 MB; over MCP a data: URI.
            edits: Any of "border" and "wheels_row", which hide the outer 12 % and a row, "mirror", "grey".
            box: A part to hide, as [left, top, right, bottom] in fractions of the picture; or nothing.
            fill: What hides: the photo's own "blur", middle "grey", or the photo's "mean" colour.
            ensemble: "average" of both networks' logits, or "priority": the better judge of a class decides.
            toward: Class that the maps explain: sedan, coupe, suv or truck, or "predicted" for the verdict.
            against: Explain why toward and not this class, or "nothing" to explain toward alone.
            networks: Pair whose maps are looked at: "final", or "baseline" without batch normalisation.
            methods: Maps to look at: any of "gradcam", "integrated_gradients", "shap".
        """
        name, before = given(photo)
        _check(methods, METHODS, "method")
        _check([networks], self.explainers, "pair of networks")
        _check([ensemble], ENSEMBLES, "ensemble")
        _check([toward], (PREDICTED, *CLASSES), "class")
        _check([against], (NOTHING, *CLASSES), "class")
        explainer = self.explainers[networks]
        marks = () if box is None else (Box.of(box),)
        wanted = Edits(tuple(edits), marks, fill)
        target = Controls(ensemble, toward, against).target(explainer.classify(before))
        after, mask = edited(before, wanted), covered(before, wanted)
        found = {kind: changes(each, before, after) for kind, each in self.explainers.items()}
        return {
            "photo": photo_table(name, before),
            "edited": after.digest,
            "edits": list(edits),
            "box": box,
            "fill": fill,
            "sentence": sentence(wanted, found[networks]),
            "predictions": {
                kind: {network: _change(change) for network, change in each.items()}
                for kind, each in found.items()
            },
            "target": target.label,
            "area": mask.double().mean().item(),
            "shares": _shares(explainer, before, mask, target, methods) if mask.any() else {},
        }


def _check(given: Sequence[str], known: Iterable[str], what: str) -> None:
    for name in given:
        if name not in known:
            raise EditError(f"There is no {what} {name!r}; please use {', '.join(known)}.")


def _change(change: Change) -> dict[str, Any]:
    return {
        "before": prediction_table(change.before),
        "after": prediction_table(change.after),
        "points": dict(zip(CLASSES, change.points, strict=True)),
    }


def _shares(
    explainer: Explainer, photo: Photo, mask: Tensor, target: Target, methods: Sequence[str]
) -> dict[str, dict[str, float]]:
    found = {}
    for method in methods:
        *_, maps = explainer.refine(photo, method, target)
        for network, each in maps.items():
            part = share(each.map, mask)
            found[f"{method}_{network}"] = asdict(part) | {"ratio": part.ratio}
    return found
