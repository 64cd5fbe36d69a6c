"""The page: `python dashboard.py`, and the Space's app_file. Layout and wiring; page/ holds what is on it."""

import argparse
import logging
import os
import sys
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # gradio reads it while it is imported

import gradio as gr
import torch

from carmodel.network import CLASSES, SIZES
from carmodel.photo import read_photo
from carmodel.weights import WEIGHTS, WeightsError, available
from explain.attribution import METHODS
from explain.explainer import Explainer
from explain.words import named
from page import examples, trust
from page.endings import quiet
from page.endpoints import Endpoints, publish
from page.guide import READING
from page.handlers import Handlers
from page.link import opener
from page.package import Packages
from page.photo_input import PhotoInput
from page.preview import APP
from page.stream import NOTHING, PREDICTED, Controls, panels
from page.take_away import take_away, wire
from page.theme import FAVICON, HEAD, HEADER, THEME, TITLE
from page.tools import speak_json
from page.trust_handlers import RUN, TrustHandlers
from page.visit import Visit

KINDS = {"final": "Final", "baseline": "Baseline"}
UPLOADS = (300, 1800)  # seconds: look for files to delete every five minutes, delete them after half an hour

# Every computing event shares one queue. Four at once, because a visitor's newer request must start while
# the older one finishes its step and stops, and so that a prediction need not wait for another visitor's
# SHAP; the Explainer is safe for threads and lets them share results. More would crowd two cores.
QUEUE = {"concurrency_id": "explain", "concurrency_limit": 4}

# Events that test maps wait for threads of their own (page.background) and compute nothing themselves.
TESTING = {"concurrency_id": "tests", "concurrency_limit": 16}

panel = partial(gr.HTML, apply_default_css=False)
log = logging.getLogger(__name__)


def load_explainers(folder: Path) -> dict[str, Explainer]:
    """An Explainer for each kind whose two networks are in the folder. Raises WeightsError without any."""
    names = available(folder)
    kinds = [kind for kind in KINDS if all(f"{kind}-{size}" in names for size in SIZES)]
    if not kinds:
        raise WeightsError(f"{folder} holds no pair of networks such as final-75 and final-100.")
    return {kind: Explainer(folder, kind) for kind in kinds}


def build(explainers: Mapping[str, Explainer]) -> gr.Blocks:
    """The whole page, ready to launch."""
    handle = Handlers(explainers)
    tests = TrustHandlers(explainers, handle.evidences)
    with gr.Blocks(title=TITLE, fill_width=True, delete_cache=UPLOADS) as page:
        visit = gr.State(Visit())
        panel(HEADER)
        with gr.Row(elem_id="explain"):
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
                    controls = _controls(list(explainers))
            with gr.Column(elem_id="results"):
                notice = panel(elem_id="notice")
                with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
                    with gr.Tab("Explain", elem_id="tab-explain"):
                        verdict = panel(elem_id="verdict")
                        row = take_away()
                        with gr.Column(elem_id="maps"):
                            heading = panel()
                            panel(READING)
                            rows = [panel() for _ in METHODS]
                    with gr.Tab("Trust", elem_id="tab-trust", render_children=True):
                        tab, buttons = _trust()

        shown = [photo, notice, verdict, heading, *rows, *tab.values()]
        settings = [visit, *controls]
        event = {"show_progress": "hidden", "trigger_mode": "multiple", "api_visibility": "private"}
        opened, given, chosen, changed = (
            quiet(each, len(shown))
            for each in (handle.on_open, handle.on_photo, handle.on_example, handle.on_controls)
        )
        inputs = [control.input for control in controls]
        mapped = [
            page.load(opener(controls), visit, [*controls, row.told], queue=False, **event).then(
                opened, settings, shown, **event, **QUEUE
            ),
            photo.input(given, [photo, *settings], shown, **event, **QUEUE),
            pictures.select(chosen, settings, shown, **event, **QUEUE),
            gr.on(inputs, changed, settings, shown, **event, **QUEUE),
        ]
        photo.input(None, js=examples.NONE_CHOSEN)
        tested = [heading, *rows, *(tab[name] for name in ("about", "faithfulness", "regions"))]
        for request in mapped:
            request.then(quiet(tests.on_maps, len(tested)), settings, tested, **event, **TESTING)
        for name, run in (("sanity", tests.on_sanity), ("stability", tests.on_stability)):
            buttons[name].click(quiet(run, 2), visit, [tab[name], buttons[name]], **event, **TESTING)

        wire(row, visit, controls, Packages(explainers, handle.evidences))

        api = Endpoints(explainers, handle.evidences)
        publish([api.classify, api.explain, api.evidence], photo, controls, **QUEUE)
    return page


def _trust() -> tuple[dict[str, gr.HTML], dict[str, gr.Button]]:
    """The Trust tab: its panels by name, and the buttons of the tests that take long."""
    buttons = {}
    with gr.Column(elem_id="trust"):
        panels = {"about": panel(elem_id="about")}
        for name in trust.TESTS:
            with gr.Column(elem_id=f"test-{name}", elem_classes=["card", "test"]):
                panel(trust.head(name))
                if name in trust.LONG:
                    buttons[name] = gr.Button(RUN, size="sm", min_width=120, elem_classes="run")
                panels[name] = panel(elem_classes="found")
    return panels, buttons


def _controls(kinds: list[str]) -> list[gr.components.Component]:
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
        [(KINDS[kind], kind) for kind in kinds],
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
    return [mode, toward, against, kind, reference, tolerance, detail, strength, own_scale]


def warm(explainer: Explainer) -> None:
    """Explains the first example once, which also imports shap: seconds that no visitor has to wait for."""
    try:
        for _ in panels(explainer, read_photo(examples.path(examples.FIRST)), Controls()):
            pass
    except Exception:
        log.exception("The first example could not be explained.")


def main() -> None:
    parser = argparse.ArgumentParser(description="Shows what car classifiers look at, as a web page.")
    parser.add_argument("--host", help="address to listen on (default: GRADIO_SERVER_NAME or 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, help="port (default: GRADIO_SERVER_PORT or the first free one from 7860)"
    )
    parser.add_argument("--share", action="store_true", help="also create a public link through gradio.live")
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS, metavar="DIR", help="folder with the networks"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)  # the networks run side by side; threads within one would wait for each other
    try:
        explainers = load_explainers(options.weights)
    except WeightsError as error:
        sys.exit(str(error))
    page = build(explainers)
    page.launch(
        server_name=options.host,
        server_port=options.port,
        share=options.share or None,
        mcp_server=True,
        app_kwargs=APP,
        prevent_thread_lock=True,
        theme=THEME,
        head=HEAD,
        favicon_path=FAVICON,
        footer_links=["api", "settings"],
        max_file_size="40mb",  # beyond it gradio refuses; from 20 MB our own sentence says what to do
        state_session_capacity=200,  # visits in memory, of about a megabyte each
        ssr_mode=False,  # Spaces turn it on; the page is tested without, and is to be the same everywhere
        run_history=False,  # gradio would keep every photo and result in the browser
    )
    speak_json(page)
    threading.Thread(target=warm, args=[next(iter(explainers.values()))], daemon=True).start()
    page.block_thread()


if __name__ == "__main__":
    main()
