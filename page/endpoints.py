"""What programs can ask: a function an endpoint, and an MCP tool, of the same name.

Docstrings are what callers read: gradio shows their first part and, an argument a line, what is under Args.
"""

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

import gradio as gr
from pydantic import TypeAdapter

from carmodel.photo import Photo, PhotoError, read_photo
from explain.explainer import Explainer
from page import answers
from page.answer_types import Classified, Explained, Tested
from page.evidence import Evidences
from page.markup import SORRY
from page.stream import Controls, ControlsError

log = logging.getLogger(__name__)


class Endpoints:
    """The functions, for `explainers` by kind ("final", "baseline")."""

    def __init__(self, explainers: Mapping[str, Explainer], evidences: Evidences) -> None:
        self.explainers = explainers
        self.evidences = evidences

    def classify(self, photo: str, ensemble: str, networks: str) -> Classified:
        """Name the body style of the car on a photo: sedan, coupe, suv or truck.

        Two small networks, which see 75 x 75 and 100 x 100 pixels, and two ensembles of them answer. Gives
        the verdict of the ensemble asked for as a sentence, every network's and ensemble's verdict,
        confidence and probabilities by class, and whether the picture looks like a photo of a car at all.
        Takes less than a second.

        Args:
            photo: Picture of a car, up to 20 MB; over MCP a data: URI.
            ensemble: "average" of both networks' logits, or "priority": the better judge of a class decides.
            networks: Which pair of networks to ask: "final", or "baseline" without batch normalisation.
        """
        return _answer(lambda: answers.classify(self.explainers[networks], *_given(photo), ensemble))

    def explain(
        self,
        photo: str,
        ensemble: str,
        toward: str,
        against: str,
        networks: str,
        reference: str,
        tolerance: float,
    ) -> Explained:
        """Say which parts of a photo made the networks choose a class of car, and whether the maps add up.

        Gives all that classify gives, and a map for each of Grad-CAM, Integrated Gradients and SHAP, of both
        networks, their ensemble and their difference: its score, the reference's and its sum in logits, the
        gap between sum and change of score, and in words where its weight lies. Takes seconds.

        Args:
            photo: Picture of a car, up to 20 MB; over MCP a data: URI.
            ensemble: "average" of both networks' logits, or "priority": the better judge of a class decides.
            toward: Class to explain: sedan, coupe, suv or truck, or "predicted" for the ensemble's verdict.
            against: Explain why toward and not this class, or "nothing" to explain toward alone.
            networks: Which pair of networks to ask: "final", or "baseline" without batch normalisation.
            reference: What Integrated Gradients compares with: its "blur", its "mean" colour, or "black".
            tolerance: Gap at which Integrated Gradients stops, from 0.001 to 0.5; smaller takes longer.
        """
        controls = Controls(ensemble, toward, against, networks, reference, tolerance)
        return _answer(lambda: answers.explain(self.explainers[networks], *_given(photo), controls))

    def evidence(
        self,
        photo: str,
        ensemble: str,
        toward: str,
        against: str,
        networks: str,
        reference: str,
        tolerance: float,
        detail: str,
    ) -> Tested:
        """Test how far the maps that explain a photo can be trusted.

        For every method and network: the areas under the probability while the photo is covered, deletion,
        and uncovered, insertion, in the order of the map; those of two controls, random maps and a soft spot
        in the middle; whether the map beats both; and how much of it lies on the border of the picture.
        Takes about ten seconds.

        Args:
            photo: Picture of a car, up to 20 MB; over MCP a data: URI.
            ensemble: "average", whose maps are tested too, or "priority", whose maps are those of a network.
            toward: Class to explain: sedan, coupe, suv or truck, or "predicted" for the ensemble's verdict.
            against: Explain why toward and not this class, or "nothing" to explain toward alone.
            networks: Which pair of networks to ask: "final", or "baseline" without batch normalisation.
            reference: What Integrated Gradients compares with: its "blur", its "mean" colour, or "black".
            tolerance: Gap at which Integrated Gradients stops, from 0.001 to 0.5; smaller takes longer.
            detail: Test maps net of each neighbourhood, "regions", or as they are, "pixels".
        """
        controls = Controls(ensemble, toward, against, networks, reference, tolerance, detail)
        explainer = self.explainers[networks]
        return _answer(lambda: answers.evidence(explainer, self.evidences, *_given(photo), controls))


def publish(
    functions: Sequence[Callable[..., Any]],
    photo: gr.components.Component,
    controls: Sequence[gr.components.Component],
    **event: Any,  # noqa: ANN401
) -> None:
    """Makes each function an endpoint of its name; `controls` are in the order of the fields of Controls.

    A function's parameters are found by name, and their defaults are what the page begins with; its answer's
    type is what it is annotated to return. `event` goes to gradio, such as the queue.
    """
    mode, toward, against, kind, reference, _, detail, *_ = controls
    parameters = {
        "photo": photo,
        "ensemble": mode,
        "toward": toward,
        "against": against,
        "networks": kind,
        "reference": reference,
        "tolerance": gr.Number(Controls().tolerance, minimum=0.001, maximum=0.5, visible=False),
        "detail": detail,
    }
    for function in functions:
        answer = gr.JSON(label="answer", visible=False)
        schema = TypeAdapter(get_type_hints(function)["return"]).json_schema()
        answer.api_info = lambda schema=schema: schema
        inputs = [parameters[name] for name in inspect.signature(function).parameters]
        gr.on([], function, inputs, answer, api_name=function.__name__, **event)


def _answer(compute: Callable[[], Any]) -> Any:  # noqa: ANN401
    """What an endpoint answers; raises gr.Error with a sentence for whatever goes wrong."""
    try:
        return compute()
    except (ControlsError, PhotoError) as error:
        raise gr.Error(str(error), print_exception=False) from error
    except Exception as error:  # also for want of memory
        log.exception("A request failed.")
        raise gr.Error(SORRY, print_exception=False) from error


def _given(path: str | None) -> tuple[str, Photo]:
    """A caller's photo and its file's name. Raises PhotoError."""
    if path is None:
        raise PhotoError("There is no photo; please give one.")
    return Path(path).name, read_photo(path)
