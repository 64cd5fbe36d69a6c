"""The whole page: the left side, the tabs, and what programs may ask."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from carmodel.weights import WEIGHTS
from explain.explainer import Explainer
from explain.networks import UnpairedNetworks, every_network
from page.api.endpoints import Endpoints, publish
from page.api.what_if import WhatIfEndpoint, further_parameters
from page.background import Background
from page.context import COMPUTING, EVENT, LIGHT, Context
from page.evidence import Evidences
from page.lazy_tabs import Tab, look_at, when_in_front
from page.panel import panel
from page.requests import numbered
from page.results.reader import read
from page.server.checked import CheckedBlocks
from page.session import Session
from page.sidebar import sidebar
from page.tabs import TABS
from page.theme import HEADER, TITLE

NONE = UnpairedNetworks()  # no networks but those that come with others of their kind


def build(
    explainers: Mapping[str, Explainer], unpaired: UnpairedNetworks = NONE, weights: Path = WEIGHTS
) -> gr.Blocks:
    """The page for networks by kind, ready to launch; `weights` is their folder."""
    with CheckedBlocks(title=TITLE, fill_width=True) as page:
        panel(HEADER)
        session, number, asked = gr.State(Session()), gr.Number(0, visible=False), gr.State(0)
        with gr.Row(elem_id="explain"):
            side = sidebar(explainers)
            with gr.Column(elem_id="results"):
                context = Context(
                    page=page,
                    explainers=explainers,
                    unpaired=unpaired,
                    measured=read(weights),
                    evidences=Evidences(Background(), next(iter(explainers.values())).cache),
                    session=session,
                    number=number,
                    asked=asked,
                    notice=panel(elem_id="notice"),
                    sidebar=side,
                )
                built: dict[gr.Tab, Tab] = {}
                with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
                    for module in TABS:
                        name = f"tab-{module.TITLE.lower().replace(' ', '-')}"
                        with gr.Tab(module.TITLE, elem_id=name, render_children=True) as component:
                            built[component] = module.build(context)
        for component, tab in built.items():
            _follow(context, component, tab)
        _publish(context)
    return page


def _follow(context: Context, component: gr.Tab, tab: Tab) -> None:
    """Computes what a tab shows whenever it is in front and there is another request."""
    numbered_inputs = numbered([context.session], context.number)

    def came_to_front(session: Session, number: float) -> None:
        look_at(str(component.label), session, number)

    selected = component.select(came_to_front, **numbered_inputs, **EVENT, **LIGHT)
    if tab.refresh:
        for trigger in (selected.then, context.asked.change):
            refresh = when_in_front(str(component.label), tab)
            context.wire(trigger, refresh, tab.outputs, tab.inputs, tab.queue or COMPUTING)


def _publish(context: Context) -> None:
    """Makes the functions that programs may call."""
    everyone = every_network([*context.explainers.values(), *context.unpaired.explainers])
    api = Endpoints(context.explainers, context.evidences, everyone)
    what_if = WhatIfEndpoint(context.explainers)
    functions: list[Any] = [api.classify, api.explain, api.evidence, api.compare, what_if.what_if]
    publish(functions, context.sidebar, further_parameters(), **COMPUTING)
