"""The Compare tab: all networks side by side, any two over each other, and two photos under one network."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup

from carmodel.registry import NetworkFile
from explain.door import METHODS
from explain.explainer import Explainer
from explain.report.text import METHOD_NAMES
from page import examples
from page.gradio_patches import keep_outputs_at_end
from page.lazy_tabs import LazyTab
from page.panel import panel
from page.photo_input import PhotoInput
from page.tabs.compare import swipe
from page.tabs.compare.handlers import CompareHandlers

PHOTOS = Markup(
    '<header class="question"><h3>Another photo beside it</h3><p>Both as one network sees them, explained '
    "for the same class, on one scale.</p></header>"
)


def build(
    explainers: Sequence[Explainer],
    unusable: Sequence[NetworkFile],
    settings: Sequence[gr.components.Component],
    queue: Mapping[str, Any],
) -> tuple[LazyTab, CompareHandlers]:
    """Draws the tab for the networks of `explainers` and wires its own controls.

    `settings` are the Session and the page's controls, `queue` the events' concurrency; `unusable` are
    networks that are named with the reason. The first input of the LazyTab is the method.
    """
    handle = CompareHandlers(explainers)
    choices = [(member.title, name) for name, member in handle.members.items()]
    first, last = choices[0][1], choices[1][1]
    network = partial(gr.Dropdown, choices, filterable=False, min_width=120)
    with gr.Column(elem_id="compare"):
        about = panel()
        method = gr.Radio(
            [(METHOD_NAMES[method], method) for method in METHODS],
            value="shap",  # the quickest of those that add up
            label="Method",
            elem_id="compare-method",
        )
        if unusable:
            panel(_left_out(unusable))
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
    outputs = [about, maps, agreement, slider, photos]
    own = [method, left, right, one]
    event = {"show_progress": "hidden", "trigger_mode": "multiple", "api_visibility": "private", **queue}
    given = [*settings, *own]
    method.input(keep_outputs_at_end(handle.on_method, len(outputs)), given, outputs, **event)
    # `about` is never changed: gradio takes what a generator yields for one output as that output's value.
    gr.on([left.input, right.input], keep_outputs_at_end(handle.on_pair, 2), given, [slider, about], **event)
    one.input(keep_outputs_at_end(handle.on_network, 2), given, [photo, photos], **event)
    photo.upload(keep_outputs_at_end(handle.on_photo, 2), [photo, *given], [photo, photos], **event)
    photo.clear(keep_outputs_at_end(partial(handle.on_photo, None), 2), given, [photo, photos], **event)
    photo.input(None, js=examples.none_chosen("second-examples"))
    pictures.select(keep_outputs_at_end(handle.on_example, 2), given, [photo, photos], **event)
    return LazyTab(handle.refresh, own, outputs), handle


def _left_out(entries: Sequence[NetworkFile]) -> Markup:
    """The networks of the folder that cannot be used, each with the reason."""
    reasons = (Markup("<li><b>{}</b> {}</li>").format(each.name, each.problem) for each in entries)
    some = "One network" if len(entries) == 1 else f"{len(entries)} networks"
    return Markup(
        '<details class="guide left-out"><summary>{} in the folder cannot be used</summary>'
        "<ul>{}</ul></details>"
    ).format(some, Markup().join(reasons))
