"""Taking it away: one zip of everything, and a link that restores the controls."""

from dataclasses import dataclass

import gradio as gr

from page.context import Context
from page.export import link
from page.export.package import PACK, Packages
from page.panel import Panel, panel

# Packing computes nothing that the page has not, but draws for seconds: in a queue of its own.
PACKING = {"concurrency_id": "packing", "concurrency_limit": 2}

# A button that a script presses works only where it is in the document, so it is there, but not seen.
SAVE = "() => setTimeout(() => document.querySelector('#package').click(), 50)"


@dataclass(frozen=True)
class TakeAway:
    """The components of the row above the maps."""

    pack: gr.Button
    package: gr.DownloadButton  # the zip, pressed by a script as soon as there is one
    copy: gr.Button
    told: Panel  # what came of it, or what was wrong with the link that opened the page


def draw_row() -> TakeAway:
    """Draws the row."""
    with gr.Row(elem_id="take-away"):
        told = panel(elem_id="told")
        copy = gr.Button("Copy link", size="sm", min_width=90)
        pack = gr.Button(PACK, size="sm", min_width=130, elem_id="pack")
        package = gr.DownloadButton("The zip", visible="hidden", elem_id="package")
    return TakeAway(pack, package, copy, told)


def wire_row(row: TakeAway, context: Context) -> None:
    """Makes the row work."""
    packages, controls = Packages(context.explainers, context.evidences), context.sidebar.controls.values()
    outputs = {"pack": row.pack, "package": row.package, "told": row.told}
    packed = context.wire(row.pack.click, packages.on_pack, outputs, queue=PACKING)
    packed.then(None, js=SAVE)
    row.copy.click(None, list(controls), row.told, js=link.copied(context.sidebar.controls))
    gr.on([control.input for control in controls], None, None, row.told, js="() => ''")
