"""The Explain tab: verdict, heading, and a row for each method; and what takes it away."""

import gradio as gr

from explain.door import METHODS
from page.export.buttons import TakeAway, take_away
from page.panel import panel
from page.tabs.explain.reading import READING


def build() -> tuple[list[gr.HTML], TakeAway]:
    """Draws the tab; returns what every request fills, in its order, and the row of buttons below."""
    verdict, taken = panel(elem_id="verdict"), take_away()
    with gr.Column(elem_id="maps"):
        heading = panel()
        panel(READING)
        return [verdict, heading, *(panel() for _ in METHODS)], taken
