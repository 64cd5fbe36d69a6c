"""The Explain tab: verdict, heading, and a row for each method; and the requests that fill them."""

import gradio as gr

from explain.methods.registry import METHODS
from page import examples
from page.context import LIGHT, TESTING, Context
from page.export.buttons import draw_row, wire_row
from page.export.link import opener
from page.lazy_tabs import Tab
from page.panel import panel
from page.reading import reading
from page.tabs.explain.handlers import ExplainHandlers

TITLE = "Explain"


def build(context: Context) -> Tab:
    """Draws the tab, and makes photo and controls fill it."""
    handle = ExplainHandlers(context.explainers, context.evidences)
    side = context.sidebar
    verdict, row = panel(elem_id="verdict"), draw_row()
    with gr.Column(elem_id="maps"):
        heading = panel()
        panel(reading())
        rows = {name: panel() for name in METHODS}
    panels = {"verdict": verdict, "heading": heading, **rows}
    outputs = {"photo": side.photo, "notice": context.notice, **panels, "asked": context.asked}

    opened = context.page.load(
        opener(side.controls),
        context.session,
        [*side.controls.values(), row.told],
        show_progress="hidden",
        api_visibility="private",
        **LIGHT,
    )
    changed = [control.input for control in side.controls.values()]
    requests = [
        context.wire(opened.then, handle.on_open, outputs),
        context.wire(side.photo.upload, handle.on_photo, outputs, [side.photo]),
        context.wire(side.photo.clear, handle.on_remove, outputs),
        context.wire(side.pictures.select, handle.on_example, outputs),
        context.wire(changed, handle.on_controls, outputs),
    ]
    side.photo.input(None, js=examples.none_chosen())
    for request in requests:
        context.wire(request.then, handle.on_maps, panels, queue=TESTING)
    wire_row(row, context)
    return Tab()
