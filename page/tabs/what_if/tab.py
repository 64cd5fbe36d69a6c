"""The What if tab: a photo to draw on, edits of one click, and what the networks say before and after."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from explain.methods.registry import METHODS
from explain.what_if.edits import FILLS, WHOLE, Edits
from page.context import Context
from page.lazy_tabs import Tab
from page.panel import panel
from page.tabs.what_if.editor import editor
from page.tabs.what_if.handlers import EditSession, WhatIfHandlers

TITLE = "What if"
EDITS = {
    "border": "Hide the border",
    "wheels_row": "Hide the wheels’ row",
    "mirror": "Mirror",
    "grey": "Grey",
}  # name of an edit -> what its switch says
FILLED = {"blur": "Blur", "grey": "Grey", "mean": "Mean colour"}  # fill -> what its choice says
START = {"Left": 25, "Top": 25, "Right": 75, "Bottom": 75}  # of the box by numbers, in per cent
ABOUT = Markup(
    '<div class="reading"><div><h2>What if the photo were different?</h2><p>Draw on what you want to '
    "hide, or switch an edit on. Edits add up; each can be undone.</p></div></div>"
)


def build(context: Context) -> Tab:
    """Draws the tab and connects its own controls."""
    handle = WhatIfHandlers(context.explainers)
    trial = gr.State(EditSession())
    outputs: dict[str, Any] = {}
    with gr.Column(elem_id="what-if"):
        panel(ABOUT)
        outputs["notice"] = panel(elem_classes="said")
        with gr.Row(elem_classes=["card", "try"]):
            with gr.Column(elem_classes="draw"):
                outputs["sheet"] = editor()
            with gr.Column(elem_classes="seen-now"):
                outputs["after"] = panel(elem_id="after")
            with gr.Column(elem_classes="choose"):
                choices = [(EDITS[name], name) for name in WHOLE]
                outputs["whole"] = gr.CheckboxGroup(choices, label="In one click")
                fills = [(FILLED[name], name) for name in FILLS]
                outputs["fill"] = gr.Radio(fills, value=Edits().fill, label="What covers it")
                with gr.Row(elem_classes="pair"):
                    outputs["undo"] = gr.Button("Undo", size="sm", min_width=80, interactive=False)
                    outputs["reset"] = gr.Button("Reset", size="sm", min_width=80, interactive=False)
                with gr.Accordion("A box by numbers", open=False, elem_classes="numbers"):
                    edges = [
                        gr.Slider(0, 100, at, step=1, label=f"{edge}, %", buttons=[])
                        for edge, at in START.items()
                    ]
                    add = gr.Button("Cover this box", size="sm")
        outputs["bars"] = panel(elem_id="bars")
        outputs["heading"] = panel()
        outputs |= {method: panel() for method in METHODS}

    for trigger, handler, inputs in (
        (outputs["sheet"].select, handle.on_mark, []),
        (outputs["whole"].input, handle.on_whole, [outputs["whole"]]),
        (outputs["fill"].input, handle.on_fill, [outputs["fill"]]),
        (outputs["undo"].click, handle.on_undo, []),
        (outputs["reset"].click, handle.on_reset, []),
        (add.click, handle.on_box, edges),
    ):
        context.wire(trigger, handler, outputs, [trial, *inputs])
    return Tab(outputs, [trial], handle.refresh)
