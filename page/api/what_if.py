"""What /what_if answers: what every network says before and after, and how much the covered part held."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

import gradio as gr
from torch import Tensor
from typing_extensions import TypedDict  # pydantic reads no others before Python 3.12

from carmodel.network import CLASSES
from explain.classification import AVERAGE, PRIORITY
from explain.evidence.regions import share
from explain.explainer import Explainer
from explain.methods.registry import METHODS, quickest_complete
from explain.report.report import photo_table, prediction_table
from explain.request import NO_CLASS, PREDICTED, MethodMaps, Settings, finished_maps, request
from explain.what_if.edits import FILLS, WHOLE, Box, EditError, Edits, covered, edited
from explain.what_if.effect import Change, changes, sentence
from page.api.answer_types import PhotoAnswer
from page.api.endpoints import given, in_sentences

ENSEMBLES = (AVERAGE, PRIORITY)


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
    shares: dict[str, dict[str, float]]  # by method and network -> attribution, area, ratio; or nothing
    missing: dict[str, str]  # by method and network: why there is no map, as a sentence


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
        methods: Sequence[str] | None = None,
    ) -> WhatIfAnswer:
        """Say what the networks make of a photo of a car once parts of it are hidden or it is changed.

        Gives verdict and probabilities of every network and ensemble before and after, the change of each in
        percentage points, a sentence, and for each map the share of its weight that lay in the covered part
        beside that part's share of the picture. Takes less than a second with {first} alone, which is the
        default; seconds with others.

        Args:
            photo: Picture of a car, up to 20 MB; over MCP a data: URI.
            edits: Any of "border" and "wheels_row", which hide the outer 12 % and a row, "mirror", "grey".
            box: A part to hide, as [left, top, right, bottom] in fractions of the picture; or nothing.
            fill: What hides: the photo's own "blur", middle "grey", or the photo's "mean" colour.
            ensemble: "average" of both networks' logits, or "priority": the better judge of a class decides.
            toward: Class that the maps explain: sedan, coupe, suv or truck, or "predicted" for the verdict.
            against: Explain why toward and not this class, or "nothing" to explain toward alone.
            networks: Pair whose maps are looked at: "final", or "baseline" without batch normalisation.
            methods: Maps to look at: any of {methods}.
        """
        name, before = given(photo)
        chosen = [next(iter(METHODS))] if methods is None else methods
        _check(chosen, METHODS, "method")
        _check([networks], self.explainers, "pair of networks")
        _check([ensemble], ENSEMBLES, "ensemble")
        _check([toward], (PREDICTED, *CLASSES), "class")
        _check([against], (NO_CLASS, *CLASSES), "class")
        explainer = self.explainers[networks]
        marks = () if box is None else (Box.of(box),)
        all_edits = Edits(tuple(edits), marks, fill)
        asked = request(explainer, before, Settings(ensemble, toward, against, networks))
        after, mask = edited(before, all_edits), covered(before, all_edits)
        moved = {kind: changes(pair, before, after) for kind, pair in self.explainers.items()}
        maps = finished_maps(explainer, asked, chosen if mask.any() else [])
        return {
            "photo": cast(PhotoAnswer, photo_table(name, before)),
            "edited": after.digest,
            "edits": list(edits),
            "box": box,
            "fill": fill,
            "sentence": sentence(all_edits, moved[networks].networks),
            "predictions": {
                kind: {network: _change(change) for network, change in every.all.items()}
                for kind, every in moved.items()
            },
            "target": asked.target.label,
            "area": mask.double().mean().item(),
            "shares": _shares(maps, mask),
            "missing": {
                f"{method}_{network}": row.missing[network]
                for method, row in maps.items()
                for network in explainer.networks
                if network in row.missing
            },
        }


BOX = {  # of the parameter, in JSON Schema: null by default
    "anyOf": [{"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}, {"type": "null"}],
    "default": None,
}


def further_parameters() -> dict[str, gr.components.Component]:
    """The parameters of functions that are not those of the page's controls, by name."""
    box = gr.JSON(visible=False)
    setattr(box, "api_info", lambda: BOX)  # noqa: B010 - gradio asks for it as a method
    return {
        "method": gr.Radio(list(METHODS), value=quickest_complete(), visible=False),
        "edits": gr.CheckboxGroup(list(WHOLE), value=[], visible=False),
        "box": box,
        "fill": gr.Radio(list(FILLS), value=Edits().fill, visible=False),
        "methods": gr.CheckboxGroup(list(METHODS), value=[next(iter(METHODS))], visible=False),
    }


def _check(names: Sequence[str], choices: Iterable[str], what: str) -> None:
    for name in names:
        if name not in choices:
            raise EditError(f"There is no {what} {name!r}; please use {', '.join(choices)}.")


def _change(change: Change) -> dict[str, Any]:
    return {
        "before": prediction_table(change.before),
        "after": prediction_table(change.after),
        "points": dict(zip(CLASSES, change.points, strict=True)),
    }


def _shares(maps: Mapping[str, MethodMaps], mask: Tensor) -> dict[str, dict[str, float]]:
    shares = {}
    for method, row in maps.items():
        for network, attribution in row.maps.items():
            part = share(attribution.map, mask)
            shares[f"{method}_{network}"] = asdict(part) | {"ratio": part.ratio}
    return shares
