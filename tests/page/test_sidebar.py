from dataclasses import fields

import gradio as gr
import pytest

from page.sidebar import side
from page.tabs.explain.stream import Controls


def test_controls_start_as_the_fields_of_controls_do():
    with gr.Blocks():
        found = side(["final", "mine"])
    values = [control.value for control in found.controls]
    assert values == [field.default for field in fields(Controls)]


@pytest.mark.parametrize(("kinds", "shown"), [(["final"], False), (["final", "baseline"], True)])
def test_networks_are_a_choice_only_where_there_is_one(kinds, shown):
    with gr.Blocks():
        kind = side(kinds).controls[3]
    assert kind.visible is shown
    assert kind.choices == [(each.capitalize(), each) for each in kinds]
