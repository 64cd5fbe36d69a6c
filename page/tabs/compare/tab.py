"""The Compare tab: all networks side by side, any two over each other, and two photos under one network."""

from collections.abc import Sequence
from functools import partial

import gradio as gr
from markupsafe import Markup

from carmodel.registry import NetworkFile
from explain.methods.registry import METHODS, quickest_complete
from page import examples
from page.context import Context
from page.lazy_tabs import Tab
from page.panel import panel
from page.photo_input import PhotoInput
from page.tabs.compare import swipe
from page.tabs.compare.handlers import CompareHandlers

TITLE = "Compare"
PHOTOS = Markup(
    '<header class="question"><h3>Another photo beside it</h3><p>Both as one network sees them, explained '
    "for the same class, on one scale.</p></header>"
)


def build(context: Context) -> Tab:
    """Draws the tab for all networks, with or without others of their kind, and wires its own controls."""
    handle = CompareHandlers([*context.explainers.values(), *context.unpaired.explainers])
    choices = [(network.title, name) for name, network in handle.networks.items()]
    first, last = choices[0][1], choices[min(1, len(choices) - 1)][1]
    network = partial(gr.Dropdown, choices, filterable=False, min_width=120)
    with gr.Column(elem_id="compare"):
        about = panel()
        method = gr.Radio(
            [(method.title, name) for name, method in METHODS.items()],
            value=quickest_complete(),
            label="Method",
            elem_id="compare-method",
        )
        if context.unpaired.unusable:
            panel(_left_out(context.unpaired.unusable))
        maps = panel(elem_classes="card")
        agreement = panel(elem_classes="card")
        with gr.Column(elem_id="compare-pair", elem_classes="card"):
            panel(swipe.HEAD)
            with gr.Row(elem_classes="pair"):
                left = network(label="Left", value=first)
                right = network(label="Right", value=last)
            slider = panel(js_on_load=swipe.ON_LOAD)
        with gr.Column(elem_id="compare-photos", elem_classes="card"):
            panel(PHOTOS)
            with gr.Row(elem_id="compare-second"):
                with gr.Column(min_width=220):
                    one = network(label="Network", value=first)
                    photo = PhotoInput(
                        label="Second photo",
                        sources=["upload", "clipboard"],
                        buttons=[],
                        height=170,
                        placeholder="Drop a photo of a car here\n- or -\nClick to upload",
                        elem_id="second-photo",
                    )
                pictures = examples.gallery(name="second-examples", chosen="")
            photos = panel()
    outputs = {
        "about": about,
        "maps": maps,
        "agreement": agreement,
        "slider": slider,
        "photos": photos,
        "photo": photo,
    }
    own = [method, left, right, one]
    context.wire(method.input, handle.refresh, outputs, own)
    context.wire([left.input, right.input], handle.on_pair, outputs, own)
    context.wire(one.input, handle.on_network, outputs, own)
    context.wire(photo.upload, handle.on_photo, outputs, [photo, *own])
    context.wire(photo.clear, handle.on_remove, outputs, own)
    photo.input(None, js=examples.none_chosen("second-examples"))
    context.wire(pictures.select, handle.on_example, outputs, own)
    return Tab(outputs, own, handle.refresh)


def _left_out(entries: Sequence[NetworkFile]) -> Markup:
    """The networks of the folder that cannot be used, each with the reason."""
    reasons = (Markup("<li><b>{}</b> {}</li>").format(file.name, file.problem) for file in entries)
    some = "One network" if len(entries) == 1 else f"{len(entries)} networks"
    return Markup(
        '<details class="guide left-out"><summary>{} in the folder cannot be used</summary>'
        "<ul>{}</ul></details>"
    ).format(some, Markup().join(reasons))
