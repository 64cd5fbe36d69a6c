"""Taking it away: one zip of everything, and a link that restores the controls."""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

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


def take_away() -> TakeAway:
    """Draws the row."""
    with gr.Row(elem_id="take-away"):
        told = panel(elem_id="told")
        copy = gr.Button("Copy link", size="sm", min_width=90)
        pack = gr.Button(PACK, size="sm", min_width=130, elem_id="pack")
        package = gr.DownloadButton("The zip", visible="hidden", elem_id="package")
    return TakeAway(pack, package, copy, told)


def wire(
    row: TakeAway, session: gr.State, controls: Sequence[gr.components.Component], packages: Packages
) -> None:
    """Makes the row work; `controls` are in the order of the fields of Controls."""
    event = {"show_progress": "hidden", "api_visibility": "private"}
    packed = row.pack.click(
        packages.on_pack, [session, *controls], [row.pack, row.package, row.told], **event, **PACKING
    )
    packed.then(None, js=SAVE)
    row.copy.click(None, list(controls), row.told, js=link.copied(controls))
    gr.on([each.input for each in controls], None, None, row.told, js="() => ''")
