"""How a request ends: by changing nothing."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import gradio as gr


def keep_outputs_at_end(
    handler: Callable[..., Iterator[tuple[Any, ...]]], outputs: int
) -> Callable[..., Iterator[Any]]:
    """The handler of so many outputs with a last step that leaves them all as they are.

    When a generator ends, gradio sends what it yielded last once more, or empty values if that was nothing.
    Coming from a request that was replaced, they would undo what the newer one has drawn.
    """

    @wraps(handler)
    def run(*given: Any) -> Iterator[Any]:  # noqa: ANN401
        yield from handler(*given)
        yield (gr.skip(),) * outputs

    return run
