"""What happens on the What if tab: every edit shows the new probabilities at once, then the new maps.

Edits are kept one upon another, so that each can be undone. A newer edit ends the work for the one before it;
what goes wrong becomes one sentence, and what was shown stays.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr
from markupsafe import Markup

from explain.door import METHODS
from explain.explainer import Explainer
from explain.report.render import upright
from explain.what_if.edits import WHOLE, Box, EditError, Edits, covered, edited
from explain.what_if.effect import Change, changes, sentence
from page.markup import notice, picture
from page.session import Session
from page.tabs.explain.handlers import SORRY
from page.tabs.explain.stream import Controls
from page.tabs.what_if import bars, before_after, pairs
from page.tabs.what_if.editor import mark_of, sheet

MOST_KEPT = 100  # edits that can be taken back
log = logging.getLogger(__name__)

OUTPUTS = ("notice", "sheet", "after", "whole", "fill", "undo", "reset", "bars", "heading", *METHODS)
NOW = "The photo as it is now"
NO_PHOTO = Markup(
    '<section class="card welcome nothing"><h2>Give a photo of a car</h2>'
    "<p>Then cover parts of it here, and see what the networks say without them.</p></section>"
)


@dataclass
class Trial:
    """What one visitor tries on one photo: edits upon edits, of which the last shows."""

    digest: str | None = None  # of the photo
    history: list[Edits] = field(default_factory=lambda: [Edits()])
    newest: int = 0  # number of the newest run

    @property
    def edits(self) -> Edits:
        return self.history[-1]


class WhatIfHandlers:
    """The handlers of the tab's events, for `explainers` by kind. All yield values of OUTPUTS, in that order.

    They are given the session, the values of the page's controls and the trial, then those of their own.
    """

    def __init__(self, explainers: Mapping[str, Explainer]) -> None:
        self.explainers = explainers

    def on_subject(self, session: Session, *given: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        """There is another photo, or none, or another setting. Marks do not go on to another photo."""
        *controls, trial = given
        subject = session.subject
        if subject is None:
            trial.newest += 1
            yield _cleared()
            return
        if trial.digest != subject.digest:
            trial.history = [replace(trial.edits, marks=())]
            trial.digest = subject.digest
        yield from self._run(session, Controls(*controls), trial)

    def on_mark(self, event: gr.EventData, session: Session, *given: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        """A stroke or a box was drawn."""
        yield from self._edit(
            session, given, lambda now: replace(now, marks=(*now.marks, mark_of(event.mark)))
        )

    def on_box(self, session: Session, *given: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        """The box of four numbers, in per cent from left, top, right and bottom edge of the picture."""
        *given, left, top, right, bottom = given

        def add(now: Edits) -> Edits:
            box = Box(left / 100, top / 100, right / 100, bottom / 100)
            return replace(now, marks=(*now.marks, box))

        yield from self._edit(session, given, add)

    def on_whole(self, session: Session, *given: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        """The edits of one click that are on were changed."""
        *given, names = given
        ordered = tuple(name for name in WHOLE if name in names)
        yield from self._edit(session, given, lambda now: replace(now, whole=ordered))

    def on_fill(self, session: Session, *given: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        """Something else is to cover what is covered."""
        *given, fill = given
        yield from self._edit(session, given, lambda now: replace(now, fill=fill))

    def on_reset(self, session: Session, *given: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        """All edits are taken away, which can be undone too."""
        yield from self._edit(session, given, lambda now: Edits(fill=now.fill))

    def on_undo(self, session: Session, *given: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        """The last edit is taken back."""
        *controls, trial = given
        if session.subject and len(trial.history) > 1:
            trial.history.pop()
            yield from self._run(session, Controls(*controls), trial)

    def _edit(
        self,
        session: Session,
        given: tuple[Any, ...] | list[Any],
        change: Callable[[Edits], Edits],
    ) -> Iterator[tuple[Any, ...]]:
        *controls, trial = given
        if session.subject is None:
            yield _shown(bars=NO_PHOTO)
            return
        try:
            edits = change(trial.edits)
        except EditError as error:
            yield _shown(notice=notice(str(error)), sheet=sheet(session.subject.photo, trial.edits))
            return
        if edits != trial.edits:
            trial.history.append(edits)
            del trial.history[:-MOST_KEPT]
        yield from self._run(session, Controls(*controls), trial)

    def _run(self, session: Session, controls: Controls, trial: Trial) -> Iterator[tuple[Any, ...]]:
        """What the trial's edits lead to; nothing once the photo was removed.

        What was on its way then may have arrived after the panels were cleared, so they are cleared again.
        """
        yield from self._steps(session, controls, trial)
        if session.subject is None:
            yield _cleared()

    def _steps(self, session: Session, controls: Controls, trial: Trial) -> Iterator[tuple[Any, ...]]:
        """Everything that the trial's edits lead to, as it becomes known."""
        subject, edits = session.subject, trial.edits
        trial.newest += 1
        this = trial.newest

        def wanted() -> bool:
            return trial.newest == this and session.subject == subject

        try:
            after = edited(subject.photo, edits)
            found = {
                kind: changes(explainer, subject.photo, after) for kind, explainer in self.explainers.items()
            }
            if not wanted():
                return
            yield _shown(
                notice="",
                sheet=sheet(subject.photo, edits),
                after=Markup("<h4>{}</h4>{}").format(NOW, picture(upright(after), NOW, "photo")),
                whole=list(edits.whole),
                fill=edits.fill,
                undo=gr.Button(interactive=len(trial.history) > 1),
                reset=gr.Button(interactive=edits.changes_something),
                bars=_bars(found, subject.kind, edits, controls.mode),
            )
            if not edits.changes_something:
                yield _shown(**dict.fromkeys(("heading", *METHODS), ""))
                return
            mask, ensemble = covered(subject.photo, edits), found[subject.kind][controls.mode]
            of = pairs.Sides(subject.photo, after, mask, controls.mode, ensemble)
            explainer = self.explainers[subject.kind]
            for rows in before_after.rows(explainer, subject, of, controls.strength, wanted):
                if not wanted():  # it may have been replaced while this was being drawn
                    return
                yield _shown(**rows)
        except Exception:
            log.exception("An edit could not be tried.")
            if wanted():
                yield _shown(notice=notice(SORRY))


def _bars(found: Mapping[str, Mapping[str, Change]], kind: str, edits: Edits, mode: str) -> Markup:
    """What the edits did in one sentence, of the networks of this kind, and the bars of every kind."""
    heading = Markup("<h3>{}</h3>") if len(found) > 1 else Markup()
    blocks = (heading.format(name.capitalize()) + bars.columns(each, mode) for name, each in found.items())
    return Markup(
        '<section class="card before-after" aria-label="Probabilities before and after">'
        '<h2 role="status">{}</h2>'
        "<p>Probabilities before (pale) and after (strong), and the change in percentage points.</p>"
        "{}</section>"
    ).format(sentence(edits, found[kind]), Markup().join(blocks))


def _cleared() -> tuple[Any, ...]:
    return _shown(**dict.fromkeys(("notice", "sheet", "after", "heading", *METHODS), ""), bars=NO_PHOTO)


def _shown(**values: object) -> tuple[Any, ...]:
    """These values of OUTPUTS; the others stay as they are."""
    return tuple(values.get(name, gr.skip()) for name in OUTPUTS)
