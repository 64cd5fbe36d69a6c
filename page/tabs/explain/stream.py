"""From a photo and the controls to the page's panels as they fill: prediction first, then maps."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic

from markupsafe import Markup

from carmodel.ensemble import SPOKEN
from carmodel.photo import Photo
from explain.door import METHODS, Attribution, Target
from explain.explainer import Classification, Explainer
from explain.report.report import row
from explain.report.text import METHOD_NAMES, target_name
from page.markup import going_on
from page.session import Subject
from page.tabs.explain import grid
from page.tabs.explain.evidence import Found, lines
from page.tabs.explain.verdict import verdict

log = logging.getLogger(__name__)

PREDICTED, NOTHING = "predicted", "nothing"
FAILED = "This could not be computed; the other methods are not affected."
PACE = 0.4  # seconds between pictures of a map that is being refined: more would only be drawn, not seen


class ControlsError(ValueError):
    """Controls that contradict each other; the message is a sentence for the visitor."""


@dataclass(frozen=True)
class Controls:
    """What the visitor chose; the first field names the ensemble, "average" or "priority"."""

    mode: str = "average"
    toward: str = PREDICTED
    against: str = NOTHING
    kind: str = "final"
    reference: str = "blur"
    tolerance: float = 0.02
    detail: str = "regions"
    strength: float = 0.9
    own_scale: bool = False

    def target(self, classification: Classification) -> Target:
        """What the maps explain. Raises ControlsError for a class and not itself."""
        predicted = classification.predictions[self.mode].verdict
        toward = predicted if self.toward == PREDICTED else self.toward
        against = None if self.against == NOTHING else self.against
        if toward == against:
            raise ControlsError(
                f"“And not” is {SPOKEN[toward]}, the class explained itself: please choose another one."
            )
        return Target(toward, against)

    def subject(self, photo: Photo, target: Target) -> Subject:
        """What the evidence about the maps of a photo is about."""
        return Subject(photo, photo.digest, self.kind, target, self.reference, self.tolerance, self.detail)


@dataclass(frozen=True)
class Panels:
    """Everything that a request changes, in the order of the page."""

    notice: Markup = Markup()
    verdict: Markup = Markup()
    heading: Markup = Markup()
    rows: Mapping[str, Markup] = field(default_factory=lambda: dict.fromkeys(METHODS, Markup()))

    @property
    def all(self) -> tuple[Markup, ...]:
        return self.notice, self.verdict, self.heading, *self.rows.values()


def panels(
    explainer: Explainer,
    photo: Photo,
    controls: Controls,
    is_newest: Callable[[], bool] = lambda: True,
    found: Found | None = None,
) -> Iterator[Panels]:
    """The page as it fills. Stops without a word once `is_newest` says no.

    Under finished maps stands what tests have `found` about them, or nothing if that is None. A method that
    fails says so in its row, and the others go on. Raises ControlsError.
    """
    classification = explainer.classify(photo)
    decided_by = classification.predictions[controls.mode].decided_by
    target = controls.target(classification)

    waiting = {method: grid.Row(method, note="Waiting", decided_by=decided_by) for method in METHODS}
    now = Panels(
        verdict=verdict(photo, classification, controls.mode),
        heading=_computing(target, METHODS[0]),
        rows={method: draw(this, photo, controls) for method, this in waiting.items()},
    )
    yield now
    for method, this in waiting.items():
        now = replace(now, heading=_computing(target, method))
        shown_at = 0.0
        try:
            for maps in explainer.refine(photo, method, target, controls.reference, controls.tolerance):
                if not is_newest():
                    return
                this = replace(this, maps=row(maps, controls.mode, decided_by), note=so_far(maps))
                if this.note and monotonic() - shown_at > PACE:
                    now = replace(now, rows={**now.rows, method: draw(this, photo, controls)})
                    yield now
                    shown_at = monotonic()
            tests = {} if found is None else lines(found, method, controls.mode, decided_by)
            finished = draw(replace(this, note="", tests=tests), photo, controls)
        except Exception:
            log.exception("%s failed.", method)
            finished = draw(replace(this, maps={}, note=FAILED, failed=True), photo, controls)
        now = replace(now, rows={**now.rows, method: finished})
        yield now
    yield replace(now, heading=heading(target))


def draw(this: grid.Row, photo: Photo, controls: Controls) -> Markup:
    """A row as the visitor wants to see it."""
    return grid.row(this, photo, controls.tolerance, controls.detail, controls.strength, controls.own_scale)


def heading(target: Target, progress: str = "") -> Markup:
    """What the maps explain, how their colours read, and what is being computed, if anything."""
    against = f"for {SPOKEN[target.against]}" if target.against else "against it"
    return Markup(
        '<div class="reading"><div><h2>Why {}?</h2>'
        "<p><b class=for>Red</b> speaks for {}, <b class=against>blue</b> {}.</p></div>{}</div>"
    ).format(target_name(target), SPOKEN[target.toward], against, going_on(progress))


def _computing(target: Target, method: str) -> Markup:
    return heading(target, f"Computing {METHOD_NAMES[method]} …")


def so_far(maps: Mapping[str, Attribution]) -> str:
    """How far Integrated Gradients has come; "" for the other methods, which take one step."""
    if any(each.method != "integrated_gradients" for each in maps.values()):
        return ""
    gap = max(each.gap for each in maps.values())
    return f"Refining: {max(each.steps for each in maps.values())} steps, gap {100 * gap:.2g} %"
