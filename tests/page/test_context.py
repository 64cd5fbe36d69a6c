import inspect
import warnings
from dataclasses import asdict, astuple, dataclass

import gradio as gr
import pytest
from gradio.helpers import special_args
from gradio.utils import check_function_inputs_match

from page.context import by_name
from page.controls import Controls

CHOSEN = Controls(
    "priority", "suv", "coupe", "baseline", "black", 0.5, "pixels", strength=0.4, own_scale=True
)
NAMES = list(asdict(CHOSEN))  # of the controls
OUTPUTS = {"verdict": gr.HTML(render=False), "notice": gr.HTML(render=False)}


def run(handler, *values):
    return list(by_name(handler, OUTPUTS, NAMES)(*values))


def test_names_become_components():
    def on_photo(session, number, controls):
        yield {"verdict": "SUV"}
        yield {"notice": "", "verdict": None}

    assert run(on_photo, "session", *astuple(CHOSEN), 7) == [
        {OUTPUTS["verdict"]: "SUV"},
        {OUTPUTS["notice"]: "", OUTPUTS["verdict"]: None},  # which are values like others
        gr.skip(),
    ]


def test_handler_is_given_session_number_controls_and_the_values_of_its_inputs():
    asked = []
    run(lambda *values: asked.append(values) or (), "session", *astuple(CHOSEN), "path", 3, 7)
    run(lambda *values: asked.append(values) or (), "session", *astuple(CHOSEN), 8)
    assert asked == [("session", 7, CHOSEN, "path", 3), ("session", 8, CHOSEN)]


def test_controls_may_come_in_any_order_and_get_new_fields(monkeypatch):
    @dataclass(frozen=True)
    class Later(Controls):
        engine: str = "auto"

    monkeypatch.setattr("page.context.Controls", Later)
    asked = []
    handler = by_name(lambda *values: asked.append(values) or (), OUTPUTS, ["strength", "engine", "toward"])
    list(handler("session", 0.4, "fast", "suv", "path", 7))
    assert asked == [("session", 7, Later(toward="suv", strength=0.4, engine="fast"), "path")]


def test_event_data_come_first():
    asked, event = [], gr.EventData(None, {"file": "suv_1.jpg"})
    run(lambda *values: asked.append(values) or (), event, "session", *astuple(CHOSEN), 7)
    assert asked == [(event, "session", 7, CHOSEN)]


@pytest.mark.parametrize("steps", [[], [{}], [{}, {"notice": "a"}, {}], [{"notice": "a"}, {"notice": "b"}]])
def test_empty_steps_are_left_out_and_the_last_one_changes_nothing(steps):
    """What gradio got last it sends once more when the handler ends."""
    drawn = [{OUTPUTS["notice"]: step["notice"]} for step in steps if step]
    assert run(lambda *_: iter(steps), "session", *astuple(CHOSEN), 7) == [*drawn, gr.skip()]


def test_unknown_name_is_an_error():
    with pytest.raises(KeyError, match="heading"):
        run(lambda *_: iter([{"heading": ""}]), "session", *astuple(CHOSEN), 7)


def test_steps_come_one_by_one():
    def on_photo(session, number, controls):
        yield {"notice": "first"}
        raise AssertionError("nobody asked for a second step yet")

    assert next(by_name(on_photo, OUTPUTS, NAMES)("session", *astuple(CHOSEN), 7)) == {
        OUTPUTS["notice"]: "first"
    }


def test_gradio_sees_whether_the_handler_wants_event_data():
    """It warns of a handler that takes fewer values than the event has inputs."""

    def on_example(event: gr.EventData, session: str, number: float, controls: Controls):
        yield {}

    def on_remove(session: str, number: float, controls: Controls):
        yield {}

    click = gr.EventData(None, {"file": "suv_1.jpg"})
    for handler, inserted in ((on_example, 1), (on_remove, 0)):
        wrapped = by_name(handler, OUTPUTS, NAMES)
        assert inspect.isgeneratorfunction(wrapped) and wrapped.__name__ == handler.__name__
        values, *_ = special_args(wrapped, ["session", *astuple(CHOSEN), 7], event_data=click)
        assert values[inserted:] == ["session", *astuple(CHOSEN), 7]
        assert [event.file for event in values[:inserted]] == ["suv_1.jpg"] * inserted
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_function_inputs_match(wrapped, [None] * (len(NAMES) + 2), inputs_as_dict=False)
