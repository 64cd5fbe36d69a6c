"""How tabs follow the photo: only the one in front is computed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from page.gradio_patches import keep_outputs_at_end
from page.session import Session

SELECTED_AT = "(session, at) => [session, performance.now()]"  # in ms since the page was opened


@dataclass(frozen=True)
class LazyTab:
    """A tab that shows something about the photo of its own, computed only while a visitor looks at it.

    refresh yields values of `outputs`, given the Session and the values of `inputs`, which come after the
    page's controls. It is called whenever there is another subject, or none, or another setting.
    """

    refresh: Callable[..., Iterator[Any]]
    inputs: Sequence[gr.components.Component]
    outputs: Sequence[gr.components.Component]

    def when_looked_at(self, name: str) -> Callable[..., Iterator[Any]]:
        """The refresh of a tab of this name, once for each request and only if it is the one in front."""

        def run(session: Session, *settings: object) -> Iterator[Any]:
            if session.tab == name and session.followed.get(name) != session.newest:
                this = session.followed[name] = session.newest
                yield from self.refresh(session, *settings)
                if session.subject is None and not session.is_newest(this):  # it came too late
                    yield from self.refresh(session, *settings)

        return keep_outputs_at_end(run, len(self.outputs))


def look_at(name: str, session: Session, at: float) -> None:
    """The tab of this name came to the front at this time of the browser's. Requests may overtake others."""
    if at >= session.tab_since:
        session.tab, session.tab_since = name, at
