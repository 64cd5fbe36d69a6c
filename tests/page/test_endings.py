import inspect

import gradio as gr
import pytest

from page.endings import quiet


@pytest.mark.parametrize("steps", [[], [("a", "b")], [("a", "b"), ("c", "d")]])
def test_last_step_changes_nothing(steps):
    assert list(quiet(lambda: iter(steps), 2)()) == [*steps, (gr.skip(), gr.skip())]


def test_gradio_sees_the_handler_itself():
    def on_example(event: gr.EventData, visit: str):
        yield event, visit

    run = quiet(on_example, 2)
    assert inspect.isgeneratorfunction(run)
    assert inspect.signature(run) == inspect.signature(on_example)
    assert (run.__name__, run.__annotations__) == ("on_example", on_example.__annotations__)
    assert next(run("click", "visit")) == ("click", "visit")
