"""The Trust tab: a block for each test of the maps; those that take long have a button."""

import gradio as gr

from page.panel import panel
from page.tabs.trust import blocks
from page.tabs.trust.handlers import RUN


def build() -> tuple[dict[str, gr.HTML], dict[str, gr.Button]]:
    """Draws the tab; returns its panels by name, and the buttons of the tests that take long."""
    buttons = {}
    with gr.Column(elem_id="trust"):
        panels = {"about": panel(elem_id="about")}
        for name in blocks.TESTS:
            with gr.Column(elem_id=f"test-{name}", elem_classes=["card", "test"]):
                panel(blocks.head(name))
                if name in blocks.LONG:
                    buttons[name] = gr.Button(RUN, size="sm", min_width=120, elem_classes="run")
                panels[name] = panel(elem_classes="found")
    return panels, buttons
