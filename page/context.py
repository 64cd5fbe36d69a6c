"""What every tab of the page is built from: networks, evidence, the session, and how events are wired."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

import gradio as gr

from explain.explainer import Explainer
from explain.networks import UnpairedNetworks
from page.controls import Controls
from page.evidence import Evidences
from page.lazy_tabs import Values
from page.requests import numbered
from page.results.measured import Measured
from page.sidebar import Sidebar

# Every computing event shares one queue. Four at once, because a visitor's newer request must start while
# the older one finishes its step and stops, and so that a prediction need not wait for another visitor's
# maps; the Explainer is safe for threads and lets them share results. More would crowd two cores.
COMPUTING: dict[str, Any] = {"concurrency_id": "explain", "concurrency_limit": 4}

# Events that test maps wait for threads of their own (page.background) and compute nothing themselves.
TESTING: dict[str, Any] = {"concurrency_id": "tests", "concurrency_limit": 16}

LIGHT: dict[str, Any] = {"concurrency_id": "light", "concurrency_limit": 16}  # events that compute nothing
EVENT: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "multiple", "api_visibility": "private"}

Handler = Callable[
    ..., Iterator[Values]
]  # (event data, if it asks for them; Session, number, Controls, values)
Outputs = Mapping[str, gr.components.Component]


@dataclass(frozen=True)
class Context:
    """What tabs share."""

    page: gr.Blocks
    explainers: Mapping[str, Explainer]  # by kind
    unpaired: UnpairedNetworks
    measured: Measured  # of the networks
    evidences: Evidences
    session: gr.State
    number: gr.Number  # that the browser gives an event
    asked: gr.State  # the number of the newest request: its change refreshes the tab in front
    notice: gr.HTML
    sidebar: Sidebar

    def wire(
        self,
        trigger: Callable[..., Any] | Sequence[Callable[..., Any]],
        handler: Handler,
        outputs: Outputs,
        inputs: Sequence[gr.components.Component] = (),
        queue: Mapping[str, Any] = COMPUTING,
    ) -> Any:  # noqa: ANN401 - gradio's Dependency
        """Makes an event, or each of several, run a handler, which yields values of `outputs` by name."""
        numbered_inputs = numbered([self.session, *self.sidebar.controls.values(), *inputs], self.number)
        on = trigger if callable(trigger) else partial(gr.on, list(trigger))
        return on(
            by_name(handler, outputs, list(self.sidebar.controls)),
            **numbered_inputs,
            outputs=list(outputs.values()),
            **EVENT,
            **queue,
        )


def by_name(handler: Handler, outputs: Outputs, controls: Sequence[str]) -> Callable[..., Iterator[Any]]:
    """The handler as gradio calls it: inputs one by one, the last of them the event's number.

    `controls` are the fields of Controls whose values come after the Session.

    It ends with a step that changes nothing. When a generator ends, gradio sends what it yielded last once
    more; coming from a request that was replaced, that would undo what the newer one has drawn.
    """

    @wraps(handler)
    def run(*inputs: Any) -> Iterator[Any]:  # noqa: ANN401
        data = inputs[:1] if isinstance(inputs[0], gr.EventData) else ()
        session, *values, number = inputs[len(data) :]
        chosen = Controls(**dict(zip(controls, values, strict=False)))
        for step in handler(*data, session, number, chosen, *values[len(controls) :]):
            if step:
                yield {outputs[name]: value for name, value in step.items()}
        yield gr.skip()

    # gradio counts what a handler takes, and gives it event data where it asks for them.
    first, *_ = inspect.signature(handler).parameters.values()
    values = inspect.Parameter("values", inspect.Parameter.VAR_POSITIONAL)
    takes = [first, values] if first.annotation is gr.EventData else [values]
    setattr(run, "__signature__", inspect.Signature(takes))  # noqa: B010 - functions have no such attribute
    return run
