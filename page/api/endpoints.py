"""What programs can ask: a function an endpoint, and an MCP tool, of the same name.

Docstrings are what callers read: gradio shows their first part and, an argument a line, what is under Args.
"""

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, get_type_hints

import gradio as gr
from pydantic import TypeAdapter

from carmodel.photo import Photo, PhotoError, read_photo
from explain.explainer import Explainer
from explain.methods.lanes import AUTO, LANES
from explain.methods.method import Method
from explain.methods.registry import METHODS
from explain.networks import Network
from explain.request import RequestError, Settings, request
from explain.what_if.edits import EditError
from page.api import answers
from page.api.answer_types import Classified, Compared, Examined, Explained
from page.controls import Controls
from page.evidence import Evidences
from page.markup import SORRY
from page.sidebar import Sidebar

log = logging.getLogger(__name__)

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def in_sentences(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """The function, raising gr.Error with a sentence for whatever goes wrong, also for want of memory."""

    @wraps(function)
    def answer(*arguments: Given.args, **named: Given.kwargs) -> Answer:
        try:
            return function(*arguments, **named)
        except (RequestError, EditError, PhotoError) as error:
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
        self, explainers: Mapping[str, Explainer], evidences: Evidences, networks: Mapping[str, Network]
    ) -> None:
        self.explainers = explainers
        self.evidences = evidences
        self.networks = networks

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
        settings = Settings(ensemble, kind=networks)
        return answers.classify(self.explainers[networks], *given(photo), settings)

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
        engine: str = AUTO,
    ) -> Explained:
        """Say which parts of a photo made the networks choose a class of car, and whether the maps add up.

        Gives all that classify gives, and a map for each of {titles}, of both
        networks, their ensemble and their difference: its score, the reference's and its sum in logits, the
        gap between sum and change of score, and in words where its weight lies. Takes seconds.

        Args:
            photo: Picture of a car, up to 20 MB; over MCP a data: URI.
            ensemble: "average" of both networks' logits, or "priority": the better judge of a class decides.
            toward: Class to explain: sedan, coupe, suv or truck, or "predicted" for the ensemble's verdict.
            against: Explain why toward and not this class, or "nothing" to explain toward alone.
            networks: Which pair of networks to ask: "final", or "baseline" without batch normalisation.
            reference: What {chosen} compares the photo with: its "blur", its "mean" colour, or "black".
            tolerance: Gap at which {refined} stops, from 0.001 to 0.5; smaller takes longer.
            engine: Who computes: "fast", our engines; "library", captum and shap; "auto", fast where proven.
        """
        settings = Settings(ensemble, toward, against, networks, reference, tolerance)
        return answers.explain(self.explainers[networks], *given(photo), settings, engine)

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
            reference: What {chosen} compares the photo with: its "blur", its "mean" colour, or "black".
            tolerance: Gap at which {refined} stops, from 0.001 to 0.5; smaller takes longer.
            detail: Test maps net of each neighbourhood, "regions", or as they are, "pixels".
        """
        settings = Settings(ensemble, toward, against, networks, reference, tolerance, detail)
        return answers.evidence(self.explainers[networks], self.evidences, *given(photo), settings)

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
            method: How to explain: {methods}.
            toward: Class to explain: sedan, coupe, suv or truck, or "predicted" for the average's verdict.
            against: Explain why toward and not this class, or "nothing" to explain toward alone.
            reference: What {chosen} compares the photo with: its "blur", its "mean" colour, or "black".
            tolerance: Gap at which {refined} stops, from 0.001 to 0.5; smaller takes longer.
        """
        kind, explainer = next(iter(self.explainers.items()))
        settings = Settings(
            toward=toward, against=against, kind=kind, reference=reference, tolerance=tolerance
        )
        name, read = given(photo)
        return answers.compare(self.networks, name, method, request(explainer, read, settings))


def documented(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """The function with what its docstring says of methods filled in from their records."""

    @wraps(function)
    def answer(*arguments: Given.args, **named: Given.kwargs) -> Answer:
        return function(*arguments, **named)

    records = list(METHODS.values())

    def titles(methods: Iterable[Method]) -> str:
        return _listed([method.title for method in methods], "and")

    answer.__doc__ = (function.__doc__ or "").format(
        first=records[0].title,
        methods=_listed([f'"{name}"' for name in METHODS], "or"),
        titles=titles(records),
        chosen=titles(method for method in records if method.takes_reference),
        refined=titles(method for method in records if method.refines),
    )
    return answer


def _listed(names: Sequence[str], last: str) -> str:
    return f" {last} ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "nothing"


def publish(
    functions: Sequence[Callable[..., Any]],
    sidebar: Sidebar,
    further: Mapping[str, gr.components.Component],
    **event: Any,  # noqa: ANN401
) -> None:
    """Makes each function an endpoint of its name.

    A function's parameters are found by name, some of them among `further`, and their defaults are what the
    page begins with; its answer's type is what it is annotated to return. `event` goes to gradio, such as the
    queue.
    """
    controls = sidebar.controls
    parameters = {
        "photo": sidebar.photo,
        "ensemble": controls["ensemble"],
        "toward": controls["toward"],
        "against": controls["against"],
        "networks": controls["kind"],
        "reference": controls["reference"],
        "tolerance": gr.Number(Controls().tolerance, minimum=0.001, maximum=0.5, visible=False),
        "detail": controls["smoothing"],
        "engine": gr.Radio(LANES, value=AUTO, visible=False),
        **further,
    }
    for function in map(documented, functions):
        answer = gr.JSON(label="answer", visible=False)
        schema = TypeAdapter(get_type_hints(function)["return"]).json_schema()
        setattr(answer, "api_info", partial(dict, schema))  # noqa: B010 - gradio asks for it as a method
        inputs = [parameters[name] for name in inspect.signature(function).parameters]
        gr.on([], function, inputs, answer, api_name=function.__name__, **event)
