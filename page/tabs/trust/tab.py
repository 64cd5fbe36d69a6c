"""The Trust tab: a block for each test of the maps; those that take long have a button."""

from typing import Any

import gradio as gr

from page.context import TESTING, Context
from page.lazy_tabs import Tab
from page.panel import panel
from page.tabs.trust import blocks
from page.tabs.trust.handlers import RUN, TrustHandlers

TITLE = "Trust"


def build(context: Context) -> Tab:
    """Draws the tab, and makes its buttons run the tests that take long."""
    handle = TrustHandlers(context.explainers, context.evidences)
    outputs: dict[str, Any] = {}
    with gr.Column(elem_id="trust"):
        outputs["about"] = panel(elem_id="about")
        for name in blocks.TESTS:
            with gr.Column(elem_id=f"test-{name}", elem_classes=["card", "test"]):
                panel(blocks.head(name))
                if name in blocks.LONG:
                    outputs[f"{name}_button"] = gr.Button(RUN, size="sm", min_width=120, elem_classes="run")
                outputs[name] = panel(elem_classes="found")
    for name, handler in (("sanity", handle.on_sanity), ("stability", handle.on_stability)):
        button = f"{name}_button"
        context.wire(
            outputs[button].click, handler, {part: outputs[part] for part in (name, button)}, queue=TESTING
        )
    return Tab(outputs, (), handle.refresh, TESTING)
