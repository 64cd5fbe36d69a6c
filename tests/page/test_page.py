"""The whole page as it is built: tabs, events and their queues, and what programs may ask."""

import warnings

import gradio as gr
import pytest

from explain.methods.registry import METHODS
from page.controls import Controls
from page.page import build
from page.session import Session
from page.tabs import TABS
from tests.page.components import choices, component, tab

QUEUES = {
    **dict.fromkeys(("on_maps", "on_sanity", "on_stability"), ("tests", 16)),
    **dict.fromkeys(("on_link", "came_to_front"), ("light", 16)),
    "on_pack": ("packing", 2),
}  # of events that compute nothing themselves; the others share one
COMPUTING = ("explain", 4)


def events(page):
    """The events that run something on the server."""
    return [event for event in page.fns.values() if event.fn is not None]


def test_tabs_are_in_their_order(built):
    tabs = [block for block in built.blocks.values() if isinstance(block, gr.Tab)]
    assert [block.label for block in tabs] == [module.TITLE for module in TABS]
    assert [block.label for block in tabs] == ["Explain", "Compare", "What if", "Trust", "Networks", "Guide"]
    assert [block.elem_id for block in tabs] == [
        *("tab-explain", "tab-compare", "tab-what-if", "tab-trust", "tab-networks", "tab-guide")
    ]


def test_building_it_warns_of_nothing(fake):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        build({"final": fake})


def test_events_have_their_queues(built):
    """So that a visitor's newer request can start while an older one ends, and tests hold up no maps."""
    for event in events(built):
        if event.name != "run":
            assert (event.concurrency_id, event.concurrency_limit) == QUEUES.get(event.name, COMPUTING)
    refreshes = [event for event in events(built) if event.name == "run"]
    queues = [(event.concurrency_id, event.concurrency_limit) for event in refreshes]
    assert queues == [COMPUTING] * 4 + [("tests", 16)] * 2  # Compare, What if, Trust; each has two events


def test_only_endpoints_are_public(built):
    public = {event.api_name for event in events(built) if event.api_visibility == "public"}
    assert public == {"classify", "explain", "evidence", "compare", "what_if"}
    assert {event.api_visibility for event in events(built)} == {"public", "private"}


def test_every_event_of_a_visitor_is_numbered(built):
    for event in events(built):
        if event.api_visibility == "private" and event.name != "on_link":
            assert "window.nextRequest()" in event.js, event.name
            assert isinstance(event.inputs[-1], gr.Number) and not event.inputs[-1].visible


def test_outputs_of_a_tab_are_within_it(built):
    """But for what the whole page shares."""
    for title, count in (("Compare", 2), ("What if", 2), ("Trust", 2)):
        parts = {block._id for block in tab(built, title)}
        drawn = [
            event
            for event in events(built)
            if event.name == "run" and {output._id for output in event.outputs} <= parts
        ]
        assert len(drawn) == count


def test_methods_and_networks_that_programs_may_name_are_those_there_are(built):
    parameters = {
        event.api_name: dict(zip(event.fn.__wrapped__.__annotations__, event.inputs, strict=False))
        for event in events(built)
        if event.api_visibility == "public"
    }
    assert choices(parameters["compare"]["method"]) == list(METHODS)
    assert choices(parameters["what_if"]["methods"]) == list(METHODS)
    assert parameters["compare"]["method"].value == "shap"
    assert parameters["what_if"]["methods"].value == ["gradcam"]
    assert choices(parameters["explain"]["networks"]) == ["final"]
    tolerance = parameters["explain"]["tolerance"]
    assert (tolerance.value, tolerance.minimum, tolerance.maximum) == (Controls().tolerance, 0.001, 0.5)


def test_answers_are_described_by_their_types(built):
    schemas = {
        event.api_name: event.outputs[0].api_info()
        for event in events(built)
        if event.api_visibility == "public"
    }
    assert {name: schema["title"] for name, schema in schemas.items()} == {
        "classify": "Classified",
        "explain": "Explained",
        "evidence": "Examined",
        "compare": "Compared",
        "what_if": "WhatIfAnswer",
    }
    assert schemas["explain"]["properties"].keys() >= {"photo", "maps", "mode", "detail", "tolerance"}


@pytest.mark.parametrize("kinds", [["final", "baseline"], ["baseline"]])
def test_networks_are_hidden_when_there_is_no_choice(fake, kinds):
    networks = component(build(dict.fromkeys(kinds, fake)), gr.Radio, label="Networks")
    assert choices(networks) == kinds and networks.value == kinds[0]
    assert networks.visible == (len(kinds) > 1)


def test_a_new_visitor_begins_with_a_session_of_ones_own(built):
    [session] = [
        block
        for block in built.blocks.values()
        if isinstance(block, gr.State) and isinstance(block.value, Session)
    ]
    assert session.value == Session(requests=session.value.requests)
