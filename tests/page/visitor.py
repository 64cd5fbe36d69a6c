"""A visitor without a browser: sends a built page's events, by its own wiring, and keeps what it shows."""

from collections.abc import Iterator
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction

from page.panel import Panel
from page.session import Session
from tests.page.components import component, within


class Visitor:
    """What one browser tab shows of a page. Events run one after the other, each with all that follows."""

    def __init__(self, page: gr.Blocks) -> None:
        self.page = page
        self.number = 0
        self.values = {block._id: deepcopy(getattr(block, "value", None)) for block in page.blocks.values()}
        [self._session] = [block for block in self._states() if isinstance(block.value, Session)]
        [self._asked] = [block for block in self._states() if block.value == 0]

    @property
    def session(self) -> Session:
        return self.values[self._session._id]

    def act(self, block: Any, event: str, value: Any = None, **data: Any) -> None:
        """Does something to a component, such as its "click": it may have a new value, or data to send."""
        if value is not None:
            self.values[block._id] = value
        for function in self._events((block._id, event)):
            self._send(function, SimpleNamespace(**data) if data else None)

    def open(self) -> None:
        """The page opens."""
        [opened] = [function for function in self._functions() if function.name == "on_open"]
        self._send(opened)

    def choose(self, label: str, value: Any) -> None:
        """Changes the control with this label."""
        self.act(component(self.page, gr.components.FormComponent, label=label), "input", value)

    def look_at(self, title: str) -> None:
        """Brings a tab to the front."""
        self.act(component(self.page, gr.Tab, label=title), "select")

    def html(self, title: str) -> str:
        """All that the panels of a tab show now."""
        tab = component(self.page, gr.Tab, label=title)
        return "".join(self.values[block._id] or "" for block in within(tab) if isinstance(block, Panel))

    def value(self, **attributes: Any) -> Any:
        """What the component with these attributes shows."""
        return self.values[component(self.page, **attributes)._id]

    def _send(self, function: BlockFunction, data: SimpleNamespace | None = None) -> None:
        following = []
        for step in self._begun(function, data):
            following += self._show(step)
        for other in [*self._after(function), *following]:
            self._send(other)

    def _begun(self, function: BlockFunction, data: SimpleNamespace | None = None) -> Iterator[Any]:
        """The steps of an event, which takes what the components hold now and the next number."""
        self.number += 1
        self.values[function.inputs[-1]._id] = self.number
        inputs = [self.values[block._id] for block in function.inputs]
        event = [gr.EventData(None, vars(data))] if data else []
        steps = function.fn(*event, *inputs)  # a handler that is no generator is done by now
        return iter(steps or ())

    def _show(self, step: Any) -> list[BlockFunction]:
        """Shows what an event yields; gives the events that follow from it."""
        before = self.values[self._asked._id]
        if step != gr.skip():
            self.values |= {block._id: value for block, value in step.items()}
        return [] if self.values[self._asked._id] == before else self._events((self._asked._id, "change"))

    def _after(self, function: BlockFunction) -> list[BlockFunction]:
        """The events that begin when one has ended."""
        return [other for other in self._functions() if other.trigger_after == function._id]

    def _functions(self) -> list[BlockFunction]:
        return [function for function in self.page.fns.values() if function.fn is not None]

    def _events(self, target: tuple[int, str]) -> list[BlockFunction]:
        return [function for function in self._functions() if target in function.targets]

    def _states(self) -> list[gr.State]:
        return [block for block in self.page.blocks.values() if isinstance(block, gr.State)]
