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

from carmodel.network import SIZES
from carmodel.photo import read_photo
from carmodel.weights import WEIGHTS, WeightsError, available
from explain.cache import Cache
from explain.explainer import Explainer
from explain.networks import Others, others
from page import examples
from page.api.endpoints import Endpoints, publish
from page.api.tools import speak_json
from page.export.buttons import wire
from page.export.link import opener
from page.export.package import Packages
from page.gradio_patches import keep_outputs_at_end
from page.lazy_tabs import SELECTED_AT, LazyTab, look_at
from page.panel import panel
from page.server import connections
from page.server.checked import CheckedBlocks
from page.server.hosts import Hosts
from page.server.lifetime import cannot_listen, trust_proxies, until_told_to_stop
from page.server.memory import keep_small_sessions, share_arenas
from page.server.settings import WAITING, Access, settings
from page.server.upload_folder import own_uploads
from page.server.uploads import Uploads
from page.session import Session
from page.sidebar import side
from page.tabs.compare import tab as compare_tab
from page.tabs.explain import tab as explain_tab
from page.tabs.explain.handlers import Handlers
from page.tabs.explain.stream import Controls, panels
from page.tabs.guide import tab as guide_tab
from page.tabs.networks import tab as networks_tab
from page.tabs.trust import tab as trust_tab
from page.tabs.trust.handlers import TrustHandlers
from page.tabs.what_if import tab as what_if_tab
from page.tabs.what_if.endpoint import WhatIfEndpoint
from page.tabs.what_if.handlers import WhatIfHandlers
from page.theme import FAVICON, HEAD, HEADER, THEME, TITLE

# Every computing event shares one queue. Four at once, because a visitor's newer request must start while
# the older one finishes its step and stops, and so that a prediction need not wait for another visitor's
# SHAP; the Explainer is safe for threads and lets them share results. More would crowd two cores.
QUEUE = {"concurrency_id": "explain", "concurrency_limit": 4}

# Events that test maps wait for threads of their own (page.background) and compute nothing themselves.
TESTING = {"concurrency_id": "tests", "concurrency_limit": 16}

LIGHT = {"concurrency_id": "light", "concurrency_limit": 16}  # events that compute nothing
NONE = Others()  # no networks but those that come in pairs
LOCALHOST = "127.0.0.1"
log = logging.getLogger(__name__)


def load_explainers(folder: Path) -> dict[str, Explainer]:
    """An Explainer for each kind, such as "final", whose two networks are in the folder and can be used.

    They share one cache.

    Raises WeightsError without any; one that cannot be used beside others that can is logged.
    """
    names = available(folder)
    named = {name.rpartition("-")[0] for name in names}
    pairs = (kind for kind in named if all(f"{kind}-{size}" in names for size in SIZES))
    kinds = sorted(pairs, key=lambda kind: (kind != "final", kind))
    if not kinds:
        raise WeightsError(f"{folder} holds no pair of networks such as final-75 and final-100.")
    explainers, problem, cache = {}, None, Cache()
    for kind in kinds:
        try:
            explainers[kind] = Explainer(folder, kind, cache=cache)
        except WeightsError as error:
            problem = error
            log.warning("Left out: %s", error)
    if not explainers:
        raise problem
    return explainers


def build(explainers: Mapping[str, Explainer], beside: Others = NONE, weights: Path = WEIGHTS) -> gr.Blocks:
    """The whole page, ready to launch; `weights` is the networks' folder, `beside` those without a pair."""
    handle = Handlers(explainers)
    tests = TrustHandlers(explainers, handle.evidences)
    tries = WhatIfHandlers(explainers)
    with CheckedBlocks(title=TITLE, fill_width=True) as page:
        session, asked, selected_at = gr.State(Session()), gr.State(0), gr.Number(0, visible=False)
        event = {"show_progress": "hidden", "trigger_mode": "multiple", "api_visibility": "private"}
        panel(HEADER)
        with gr.Row(elem_id="explain"):
            left = side(list(explainers))
            settings = [session, *left.controls]
            with gr.Column(elem_id="results"):
                notice = panel(elem_id="notice")
                with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
                    with gr.Tab("Explain", elem_id="tab-explain"):
                        maps, row = explain_tab.build()
                    lazy_tabs: dict[str, LazyTab] = {}
                    with gr.Tab("Compare", elem_id="tab-compare"):
                        everyone = [*explainers.values(), *beside.explainers]
                        lazy_tabs["Compare"], compared = compare_tab.build(
                            everyone, beside.unusable, [session, *left.controls], QUEUE
                        )
                    with gr.Tab("What if", elem_id="tab-what-if", render_children=True):
                        lazy_tabs["What if"] = what_if_tab.build(tries, settings, event | QUEUE)
                    with gr.Tab("Trust", elem_id="tab-trust", render_children=True):
                        trust, buttons = trust_tab.build()
                    with gr.Tab("Networks", elem_id="tab-networks"):
                        networks_tab.build(weights)
                    with gr.Tab("Guide", elem_id="tab-guide"):
                        guide_tab.build(weights)

        shown = [left.photo, notice, *maps, *trust.values(), asked]
        opened, given, removed, chosen, changed = (
            keep_outputs_at_end(each, len(shown))
            for each in (
                handle.on_open,
                handle.on_photo,
                partial(handle.on_photo, None),
                handle.on_example,
                handle.on_controls,
            )
        )
        inputs = [control.input for control in left.controls]
        mapped = [
            page.load(opener(left.controls), session, [*left.controls, row.told], **event, **LIGHT).then(
                opened, settings, shown, **event, **QUEUE
            ),
            left.photo.upload(given, [left.photo, *settings], shown, **event, **QUEUE),
            left.photo.clear(removed, settings, shown, **event, **QUEUE),
            left.pictures.select(chosen, settings, shown, **event, **QUEUE),
            gr.on(inputs, changed, settings, shown, **event, **QUEUE),
        ]
        left.photo.input(None, js=examples.none_chosen())
        tested = [*maps[1:], *(trust[name] for name in ("about", "faithfulness", "regions"))]
        for request in mapped:
            request.then(
                keep_outputs_at_end(tests.on_maps, len(tested)), settings, tested, **event, **TESTING
            )
        for tab in tabs.children:
            looked = tab.select(
                partial(look_at, tab.label), [session, selected_at], js=SELECTED_AT, **event, **LIGHT
            )
            if tab.label in lazy_tabs:
                lazy_tab = lazy_tabs[tab.label]
                follow = lazy_tab.when_looked_at(tab.label)
                for request in (looked.then, asked.change):
                    request(follow, [*settings, *lazy_tab.inputs], lazy_tab.outputs, **event, **QUEUE)
        for name, run in (("sanity", tests.on_sanity), ("stability", tests.on_stability)):
            buttons[name].click(
                keep_outputs_at_end(run, 2), session, [trust[name], buttons[name]], **event, **TESTING
            )

        wire(row, session, left.controls, Packages(explainers, handle.evidences))

        api = Endpoints(explainers, handle.evidences, compared.members)
        functions = [api.classify, api.explain, api.evidence, api.compare, WhatIfEndpoint(explainers).what_if]
        further = {"method": lazy_tabs["Compare"].inputs[0]} | what_if_tab.parameters()
        publish(functions, left.photo, left.controls, further, **QUEUE)
    return page


def warm(explainer: Explainer) -> None:
    """Explains the first example once, with the imports that this takes: no visitor has to wait for them."""
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
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="name under which a proxy serves the page; may be given several times",
    )
    parser.add_argument(
        "--proxy",
        metavar="ADDRESSES",
        help="addresses or networks of proxies, separated by commas, whose X-Forwarded-For says who asks",
    )
    options = parser.parse_args()
    with until_told_to_stop(), own_uploads() as uploads:
        serve(options, uploads)


def serve(options: argparse.Namespace, uploads: Uploads) -> None:
    """Serves the page as the command line says, for ever."""
    share_arenas()
    keep_small_sessions()
    torch.set_num_threads(1)  # the networks run side by side; threads within one would wait for each other
    trust_proxies(options.proxy)
    connections.install()
    host = options.host or os.environ.get("GRADIO_SERVER_NAME") or LOCALHOST
    access = Access(uploads, Hosts(host, options.allow_host))
    try:
        explainers = load_explainers(options.weights)
        beside = others(options.weights, explainers.values())
        page = build(explainers, beside, options.weights).queue(max_size=WAITING)
        page.launch(
            server_name=host,
            server_port=options.port,
            share=options.share or None,
            prevent_thread_lock=True,
            theme=THEME,
            head=HEAD,
            favicon_path=FAVICON,
            footer_links=["api", "settings"],
            **settings(access, prepare=speak_json),
        )
    except WeightsError as error:
        sys.exit(str(error))
    except OSError:
        log.info("The page could not be served.", exc_info=True)
        sys.exit(cannot_listen(host, options.port))
    if page.share_url:
        access.hosts.allow(page.share_url)
    threading.Thread(target=warm, args=[next(iter(explainers.values()))], daemon=True).start()
    page.block_thread()


if __name__ == "__main__":
    main()
