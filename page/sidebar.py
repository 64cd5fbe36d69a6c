"""The left side of the page: the photo, the example pictures and the controls."""

from dataclasses import dataclass

import gradio as gr

from carmodel.network import CLASSES
from explain.report.text import named
from page import examples
from page.photo_input import PhotoInput
from page.tabs.explain.stream import NOTHING, PREDICTED, Controls


@dataclass(frozen=True)
class Side:
    """The components of the left side."""

    photo: PhotoInput
    pictures: gr.HTML  # the example pictures; a click selects one
    controls: tuple[gr.components.Component, ...]  # in the order of the fields of Controls


def side(kinds: list[str]) -> Side:
    """Draws the left side, for networks of these kinds."""
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
            return Side(photo, pictures, _controls(kinds))


def _controls(kinds: list[str]) -> tuple[gr.components.Component, ...]:
    """The settings in the order of the fields of Controls."""
    start = Controls(kind=kinds[0])
    classes = [(named(label), label) for label in CLASSES]
    mode = gr.Radio(
        [("Average", "average"), ("Priority", "priority")],
        value=start.mode,
        label="Ensemble",
        info="Average: the mean of both networks’ logits. Priority: the better judge of a class decides.",
    )
    with gr.Row(elem_classes="pair"):
        toward = gr.Dropdown(
            [("Predicted", PREDICTED), *classes], value=start.toward, label="Class explained", min_width=120
        )
        against = gr.Dropdown(
            [("nothing", NOTHING), *classes], value=start.against, label="… and not", min_width=120
        )
    kind = gr.Radio(
        [(kind.capitalize(), kind) for kind in kinds],
        value=start.kind,
        label="Networks",
        info="The baseline was trained without batch normalisation.",
        visible=len(kinds) > 1,
    )
    reference = gr.Radio(
        [("Blurred photo", "blur"), ("Mean colour", "mean"), ("Black", "black")],
        value=start.reference,
        label="Reference of Integrated Gradients",
        info="What the photo is compared with. Against black, what is black cannot count.",
    )
    tolerance = gr.Radio(
        [("2 %", 0.02), ("1 %", 0.01), ("0.5 %", 0.005)],
        value=start.tolerance,
        label="Accuracy of Integrated Gradients",
        info="How far its sum may miss the score; finer takes longer.",
    )
    detail = gr.Radio(
        [("Regions", "regions"), ("Pixels", "pixels")],
        value=start.detail,
        label="Detail",
        info="Regions: what remains where for and against cancel side by side. Pixels: each cell by itself.",
    )
    strength = gr.Slider(0, 1, start.strength, step=0.1, label="Overlay strength", buttons=[])
    own_scale = gr.Checkbox(
        start.own_scale, label="Own scale for each map", info="Shows faint maps; colours no longer compare."
    )
    return mode, toward, against, kind, reference, tolerance, detail, strength, own_scale
