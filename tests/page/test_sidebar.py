from dataclasses import fields

import gradio as gr
import pytest

from page.controls import Controls
from page.map_card import Look
from page.sidebar import sidebar


@pytest.fixture
def drawn(fake_of):
    """Draws the left side for networks of these sizes by kind; its controls by the fields of Controls."""

    def draw(**sizes):
        with gr.Blocks():
            side = sidebar({kind: fake_of(*some) for kind, some in sizes.items()})
        return side.controls

    return draw


def test_controls_start_as_the_fields_of_controls_do(drawn):
    controls = drawn(final=(75, 100), mine=(75, 100))
    assert set(controls) == {field.name for field in fields(Controls)}
    assert Controls(**{name: control.value for name, control in controls.items()}) == Controls()
    named = drawn(mine=(75, 100))
    assert Controls(**{name: control.value for name, control in named.items()}) == Controls(kind="mine")


@pytest.mark.parametrize(("kinds", "offered"), [(["final"], False), (["final", "baseline"], True)])
def test_networks_are_a_choice_only_where_there_is_one(drawn, kinds, offered):
    kind = drawn(**dict.fromkeys(kinds, (75, 100)))["kind"]
    assert kind.visible is offered
    assert kind.choices == [(name.capitalize(), name) for name in kinds]


@pytest.mark.parametrize(
    ("sizes", "ensembles"), [((75, 100), ["average", "priority"]), ((64, 75, 128), ["average"]), ((75,), [])]
)
def test_ensembles_are_those_of_the_networks(drawn, sizes, ensembles):
    ensemble = drawn(final=sizes)["ensemble"]
    assert ensemble.visible is (len(ensembles) > 1)
    assert [value for _, value in ensemble.choices] == (ensembles or ["average"])
    assert all(f"{name.capitalize()}: " in ensemble.info for name in ensembles)


def test_settings_say_which_methods_they_are_of(drawn):
    controls = drawn(final=(75, 100))
    assert controls["reference"].label == "Reference of Integrated Gradients"
    assert controls["tolerance"].label == "Accuracy of Integrated Gradients"


def test_look_takes_what_was_asked_and_how_it_is_to_be_drawn(asked):
    """A redrawing changes strength and scale; maps are smoothed and judged as they were asked for."""
    later = Controls(smoothing="pixels", tolerance=0.5, strength=0.3, own_scale=True)
    assert later.look(asked) == Look(asked.smoothing, asked.tolerance, 0.3, True)
