"""Tabs that show something about the photo of their own, computed only while a visitor looks at them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from page.session import Session

FRONT = "tab"  # the tab in front, among what a visitor chose
Values = Mapping[str, Any]  # of components by name; the others stay as they are


@dataclass(frozen=True)
class Tab:
    """A tab of the page as `build` makes it."""

    outputs: Mapping[str, gr.components.Component] = field(default_factory=dict)  # what `refresh` draws
    inputs: Sequence[gr.components.Component] = ()  # whose values it takes, after the page's controls
    refresh: Callable[..., Iterator[Values]] | None = None  # yields values of `outputs`, see `when_in_front`
    queue: Mapping[str, Any] = field(default_factory=dict)  # of the refresh, if not that of what computes


def when_in_front(name: str, tab: Tab) -> Callable[..., Iterator[Values]]:
    """The refresh of a tab of this name, once for each request and only while it is the one in front.

    It is given the Session, the event's number, the page's controls and the values of the tab's `inputs`.
    """

    def run(session: Session, *values: Any) -> Iterator[Values]:  # noqa: ANN401
        newest = session.requests.newest
        if tab.refresh is None or session.requests.value(FRONT) != name:
            return
        if session.refreshed.get(name) != newest:
            session.refreshed[name] = newest
            yield from tab.refresh(session, *values)
            if session.asked is None and session.requests.newest != newest:  # it came too late
                yield from tab.refresh(session, *values)

    return run


def look_at(name: str, session: Session, number: float) -> None:
    """The tab of this name came to the front, by the event of this number."""
    session.requests.choose(FRONT, number, name)
