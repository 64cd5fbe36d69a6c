import inspect

import gradio as gr
import pytest

from page.gradio_patches import keep_outputs_at_end


@pytest.mark.parametrize("steps", [[], [("a", "b")], [("a", "b"), ("c", "d")]])
def test_last_step_changes_nothing(steps):
    assert list(keep_outputs_at_end(lambda: iter(steps), 2)()) == [*steps, (gr.skip(), gr.skip())]


def test_gradio_sees_the_handler_itself():
    def on_example(event: gr.EventData, session: str):
        yield event, session

    run = keep_outputs_at_end(on_example, 2)
    assert inspect.isgeneratorfunction(run)
    assert inspect.signature(run) == inspect.signature(on_example)
    assert (run.__name__, run.__annotations__) == ("on_example", on_example.__annotations__)
    assert next(run("click", "session")) == ("click", "session")
