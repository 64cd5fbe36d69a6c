"""What happens on the What if tab: every edit shows the new probabilities at once, then the new maps.

Edits are kept one upon another, so that each can be undone. A newer edit ends the work for the one before it;
what goes wrong becomes one sentence, and what was shown stays.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import gradio as gr
from markupsafe import Markup

from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.report.render import upright
from explain.what_if.edits import MOST_DRAWN, WHOLE, Box, EditError, Edits, covered, edited, points_of
from explain.what_if.effect import Changes, changes, sentence
from page.bars import paired_columns
from page.controls import Controls
from page.lazy_tabs import Values
from page.markup import SORRY, notice, picture
from page.session import Session
from page.tabs.what_if import before_after
from page.tabs.what_if.before_after_row import before_after as compared
from page.tabs.what_if.editor import mark_of, sheet

MOST_KEPT = 100  # edits that can be taken back
log = logging.getLogger(__name__)

PART = "what if"  # of the page
NOW = "The photo as it is now"
NO_PHOTO = Markup(
    '<section class="card welcome nothing"><h2>Give a photo of a car</h2>'
    "<p>Then cover parts of it here, and see what the networks say without them.</p></section>"
)


@dataclass
class EditSession:
    """What one visitor tries on one photo: edits upon edits, of which the last shows."""

    digest: str | None = None  # of the photo
    history: list[Edits] = field(default_factory=lambda: [Edits()])

    @property
    def edits(self) -> Edits:
        return self.history[-1]

    def keep(self, edits: Edits) -> None:
        """Puts edits upon the others, of which the oldest cannot be taken back any more."""
        self.history.append(edits)
        del self.history[:-MOST_KEPT]
        while points_of(mark for kept in self.history for mark in kept.marks) > MOST_DRAWN:
            del self.history[0]

    def forget(self) -> None:
        """Lets go of what was drawn, because others drew later and there is no room for so much."""
        self.history = [replace(self.edits, marks=())]


class WhatIfHandlers:
    """The handlers of the tab's events, for `explainers` by kind.

    They are given the Session, the event's number, the page's controls and the EditSession, then the values
    of their own components. They yield values of "notice", "sheet", "after", "whole", "fill", "undo",
    "reset", "bars", "heading" and of each method's row.
    """

    def __init__(self, explainers: Mapping[str, Explainer]) -> None:
        self.explainers = explainers
        self.cache = next(iter(explainers.values())).cache

    def refresh(
        self, session: Session, number: float, controls: Controls, trial: EditSession
    ) -> Iterator[Values]:
        """There is another request, or none. Marks do not go on to another photo."""
        asked = session.asked
        if asked is None:
            session.requests.start(PART)
            yield _cleared()
            return
        if trial.digest != asked.digest:
            trial.history = [replace(trial.edits, marks=())]
            trial.digest = asked.digest
        yield from self._run(session, controls, trial)

    def on_mark(
        self,
        event: gr.EventData,
        session: Session,
        number: float,
        controls: Controls,
        trial: EditSession,
    ) -> Iterator[Values]:
        """A stroke or a box was drawn."""

        def add(now: Edits) -> Edits:
            try:
                mark = event.mark
            except (AttributeError, TypeError):  # nothing that the sheet would say
                mark = None
            return replace(now, marks=(*now.marks, mark_of(mark)))

        yield from self._edit(session, controls, trial, add)

    def on_box(
        self, session: Session, number: float, controls: Controls, trial: EditSession, *edges: float
    ) -> Iterator[Values]:
        """The box of four numbers, in per cent from left, top, right and bottom edge of the picture."""

        def add(now: Edits) -> Edits:
            return replace(now, marks=(*now.marks, Box(*(edge / 100 for edge in edges))))

        yield from self._edit(session, controls, trial, add)

    def on_whole(
        self,
        session: Session,
        number: float,
        controls: Controls,
        trial: EditSession,
        names: Sequence[str],
    ) -> Iterator[Values]:
        """The edits of one click that are on were changed."""
        ordered = tuple(name for name in WHOLE if name in names)
        if not session.requests.choose("whole", number, ordered):
            return
        yield from self._edit(session, controls, trial, lambda now: replace(now, whole=ordered))

    def on_fill(
        self, session: Session, number: float, controls: Controls, trial: EditSession, fill: str
    ) -> Iterator[Values]:
        """Something else is to cover what is covered."""
        if not session.requests.choose("fill", number, fill):
            return
        yield from self._edit(session, controls, trial, lambda now: replace(now, fill=fill))

    def on_reset(
        self, session: Session, number: float, controls: Controls, trial: EditSession
    ) -> Iterator[Values]:
        """All edits are taken away, which can be undone too."""
        session.requests.choose("whole", number, ())
        yield from self._edit(session, controls, trial, lambda now: Edits(fill=now.fill))

    def on_undo(
        self, session: Session, number: float, controls: Controls, trial: EditSession
    ) -> Iterator[Values]:
        """The last edit is taken back."""
        if session.asked and len(trial.history) > 1:
            trial.history.pop()
            yield from self._run(session, controls, trial)

    def _edit(
        self, session: Session, controls: Controls, trial: EditSession, change: Callable[[Edits], Edits]
    ) -> Iterator[Values]:
        if session.asked is None:
            yield {"bars": NO_PHOTO}
            return
        try:
            edits = change(trial.edits)
        except EditError as error:
            yield {"notice": notice(str(error)), "sheet": sheet(session.asked.photo, trial.edits)}
            return
        if edits != trial.edits:
            trial.keep(edits)
            self.cache.hold(trial)
        yield from self._run(session, controls, trial)

    def _run(self, session: Session, controls: Controls, trial: EditSession) -> Iterator[Values]:
        """What the edits lead to; nothing once the photo was removed.

        What was on its way then may have arrived after the panels were cleared, so they are cleared again.
        """
        yield from self._steps(session, controls, trial)
        if session.asked is None:
            yield _cleared()

    def _steps(self, session: Session, controls: Controls, trial: EditSession) -> Iterator[Values]:
        """Everything that the edits lead to, as it becomes known."""
        run, asked, edits = session.requests.start(PART), session.asked, trial.edits
        if asked is None:
            return
        try:
            after = edited(asked.photo, edits)
            moved = {
                kind: changes(explainer, asked.photo, after) for kind, explainer in self.explainers.items()
            }
            if not run.holds():
                return
            yield {
                "notice": "",
                "sheet": sheet(asked.photo, edits),
                "after": Markup("<h4>{}</h4>{}").format(NOW, picture(upright(after), NOW, "photo")),
                "whole": list(edits.whole),
                "fill": edits.fill,
                "undo": gr.Button(interactive=len(trial.history) > 1),
                "reset": gr.Button(interactive=edits.changes_something),
                "bars": _bars(moved, asked.kind, edits, asked.ensemble),
            }
            if not edits.changes_something:
                yield dict.fromkeys(("heading", *METHODS), "")
                return
            explainer = self.explainers[asked.kind]
            decision = moved[asked.kind].all[asked.ensemble]
            of = compared(explainer, asked, after, covered(asked.photo, edits), decision)
            for rows in before_after.rows(explainer, asked, of, controls, run.holds):
                if not run.holds():  # it may have been replaced while this was being drawn
                    return
                yield rows
        except Exception:
            log.exception("An edit could not be tried.")
            if run.holds():
                yield {"notice": notice(SORRY)}


def _bars(moved: Mapping[str, Changes], kind: str, edits: Edits, ensemble: str) -> Markup:
    """What the edits did in one sentence, of the networks of this kind, and the bars of every kind."""
    heading = Markup("<h3>{}</h3>") if len(moved) > 1 else Markup()
    blocks = (
        heading.format(name.capitalize()) + paired_columns(change, ensemble) for name, change in moved.items()
    )
    return Markup(
        '<section class="card before-after" aria-label="Probabilities before and after">'
        '<h2 role="status">{}</h2>'
        "<p>Probabilities before (pale) and after (strong), and the change in percentage points.</p>"
        "{}</section>"
    ).format(sentence(edits, moved[kind].networks), Markup().join(blocks))


def _cleared() -> Values:
    return dict.fromkeys(("notice", "sheet", "after", "heading", *METHODS), "") | {"bars": NO_PHOTO}
