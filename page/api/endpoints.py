"""What programs can ask: a function an endpoint, and an MCP tool, of the same name.

Docstrings are what callers read: gradio shows their first part and, an argument a line, what is under Args.
"""

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, get_type_hints

import gradio as gr
from pydantic import TypeAdapter

from carmodel.photo import Photo, PhotoError, read_photo
from explain.explainer import Explainer
from explain.networks import Member
from explain.what_if.edits import EditError
from page.api import answers
from page.api.answer_types import Classified, Compared, Examined, Explained
from page.markup import SORRY
from page.tabs.explain.evidence import Evidences
from page.tabs.explain.stream import Controls, ControlsError

log = logging.getLogger(__name__)

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def in_sentences(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """The function, raising gr.Error with a sentence for whatever goes wrong, also for want of memory."""

    @wraps(function)
    def answer(*given: Given.args, **named: Given.kwargs) -> Answer:
        try:
            return function(*given, **named)
        except (ControlsError, EditError, PhotoError) as error:
            raise gr.Error(str(error), print_exception=False) from error
        except Exception as error:
            log.exception("A request failed.")
            raise gr.Error(SORRY, print_exception=False) from error

    return answer


def given(path: str | None) -> tuple[str, Photo]:
    """A caller's photo and its file's name. Raises PhotoError."""
    if path is None:
        raise PhotoError("There is no photo; please give one.")
    return Path(path).name, read_photo(path)


class Endpoints:
    """The functions, for `explainers` by kind ("final", "baseline") and all networks by name."""

    def __init__(
        self, explainers: Mapping[str, Explainer], evidences: Evidences, members: Mapping[str, Member]
    ) -> None:
        self.explainers = explainers
        self.evidences = evidences
        self.members = members

    @in_sentences
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
        return answers.classify(self.explainers[networks], *given(photo), ensemble)

    @in_sentences
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
        return answers.explain(self.explainers[networks], *given(photo), controls)

    @in_sentences
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
    ) -> Examined:
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
        return answers.evidence(self.explainers[networks], self.evidences, *given(photo), controls)

    @in_sentences
    def compare(
        self, photo: str, method: str, toward: str, against: str, reference: str, tolerance: float
    ) -> Compared:
        """Say what every network makes of a photo of a car, where its map lies, and how far the maps agree.

        Gives each network's verdict, its probabilities by class and its map in figures and words; of every
        two maps the rank correlation and the overlap of the tenth that counts most; and which two agree
        least, and where. Takes seconds.

        Args:
            photo: Picture of a car, up to 20 MB; over MCP a data: URI.
            method: How to explain: "gradcam", "integrated_gradients" or "shap".
            toward: Class to explain: sedan, coupe, suv or truck, or "predicted" for the average's verdict.
            against: Explain why toward and not this class, or "nothing" to explain toward alone.
            reference: What Integrated Gradients compares with: its "blur", its "mean" colour, or "black".
            tolerance: Gap at which Integrated Gradients stops, from 0.001 to 0.5; smaller takes longer.
        """
        controls = Controls(toward=toward, against=against, reference=reference, tolerance=tolerance)
        name, read = given(photo)
        target = controls.target(next(iter(self.explainers.values())).classify(read))
        return answers.compare(self.members, name, read, method, target, controls)


def publish(
    functions: Sequence[Callable[..., Any]],
    photo: gr.components.Component,
    controls: Sequence[gr.components.Component],
    further: Mapping[str, gr.components.Component],
    **event: Any,  # noqa: ANN401
) -> None:
    """Makes each function an endpoint of its name; `controls` are in the order of the fields of Controls.

    A function's parameters are found by name, some of them among `further`, and their defaults are what the
    page begins with; its answer's type is what it is annotated to return. `event` goes to gradio, such as the
    queue.
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
        **further,
    }
    for function in functions:
        answer = gr.JSON(label="answer", visible=False)
        schema = TypeAdapter(get_type_hints(function)["return"]).json_schema()
        answer.api_info = lambda schema=schema: schema
        inputs = [parameters[name] for name in inspect.signature(function).parameters]
        gr.on([], function, inputs, answer, api_name=function.__name__, **event)
