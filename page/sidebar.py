"""The left side of the page: the photo, the example pictures and the controls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from carmodel.network import CLASSES
from explain.classification import AVERAGE, PRIORITY
from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.references import REFERENCES
from explain.report.text import named
from explain.request import NO_CLASS, PREDICTED
from page import examples
from page.controls import Controls
from page.photo_input import PhotoInput

ENSEMBLES = {
    AVERAGE: "the mean of the networks’ logits",
    PRIORITY: "the better judge of a class decides",
}


@dataclass(frozen=True)
class Sidebar:
    """The components of the left side."""

    photo: PhotoInput
    pictures: gr.HTML  # the example pictures; a click selects one
    controls: Mapping[str, Any]  # components by the fields of Controls


def sidebar(explainers: Mapping[str, Explainer]) -> Sidebar:
    """Draws the left side, for networks by kind."""
    with gr.Column(elem_id="side", min_width=280):
        with gr.Column(elem_id="picture"):
            photo = PhotoInput(
                label="Photo",
                sources=["upload", "webcam", "clipboard"],
                webcam_options=gr.WebcamOptions(mirror=False),
                buttons=[],
                height=230,
                placeholder="Drop a photo of a car here\n- or -\nClick to upload",
                elem_id="photo",
            )
            pictures = examples.gallery()
        with gr.Column(elem_id="controls"):
            return Sidebar(photo, pictures, _controls(explainers))


def _controls(explainers: Mapping[str, Explainer]) -> dict[str, gr.components.Component]:
    """The settings by the fields of Controls."""
    kinds = list(explainers)
    start = Controls(kind=kinds[0])
    classes = [(named(label), label) for label in CLASSES]
    ensembles = [name for name in ENSEMBLES if any(name in kind.ensembles for kind in explainers.values())]
    ensemble = gr.Radio(
        [(name.capitalize(), name) for name in ensembles or [AVERAGE]],
        value=start.ensemble,
        label="Ensemble",
        info=" ".join(f"{name.capitalize()}: {ENSEMBLES[name]}." for name in ensembles),
        visible=len(ensembles) > 1,
    )
    with gr.Row(elem_classes="pair"):
        toward = gr.Dropdown(
            [("Predicted", PREDICTED), *classes], value=start.toward, label="Class explained", min_width=120
        )
        against = gr.Dropdown(
            [("nothing", NO_CLASS), *classes], value=start.against, label="… and not", min_width=120
        )
    kind = gr.Radio(
        [(kind.capitalize(), kind) for kind in kinds],
        value=start.kind,
        label="Networks",
        info="The baseline was trained without batch normalisation." if "baseline" in kinds else None,
        visible=len(kinds) > 1,
    )
    choosing = " and ".join(method.title for method in METHODS.values() if method.takes_reference)
    refining = " and ".join(method.title for method in METHODS.values() if method.refines)
    reference = gr.Radio(
        [(reference.title, reference.name) for reference in REFERENCES.values()],
        value=start.reference,
        label=f"Reference of {choosing}",
        info="What the photo is compared with. Against black, what is black cannot count.",
        visible=bool(choosing),
    )
    tolerance = gr.Radio(
        [("2 %", 0.02), ("1 %", 0.01), ("0.5 %", 0.005)],
        value=start.tolerance,
        label=f"Accuracy of {refining}",
        info="How far its sum may miss the score; finer takes longer.",
        visible=bool(refining),
    )
    smoothing = gr.Radio(
        [("Regions", "regions"), ("Pixels", "pixels")],
        value=start.smoothing,
        label="Detail",
        info="Regions: what remains where for and against cancel side by side. Pixels: each cell by itself.",
    )
    strength = gr.Slider(0, 1, start.strength, step=0.1, label="Overlay strength", buttons=[])
    own_scale = gr.Checkbox(
        start.own_scale, label="Own scale for each map", info="Shows faint maps; colours no longer compare."
    )
    return {
        "ensemble": ensemble,
        "toward": toward,
        "against": against,
        "kind": kind,
        "reference": reference,
        "tolerance": tolerance,
        "smoothing": smoothing,
        "strength": strength,
        "own_scale": own_scale,
    }
