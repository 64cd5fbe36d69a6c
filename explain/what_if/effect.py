"""What the networks say of a photo before and after it was edited, and how that differs, also in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from carmodel.ensemble import SPOKEN, Prediction
from carmodel.network import CLASSES
from carmodel.photo import Photo
from explain.explainer import Explainer
from explain.report.text import network_name
from explain.what_if.edits import HIDING, Edits

HIDDEN = {"border": "the border", "wheels_row": "the wheels’ row"}  # edit -> what it hides
LOOKS = {"mirror": "mirrored", "grey": "in grey"}  # edit -> how the photo looks
UNDONE = "Nothing is changed yet: draw on the photo, or choose an edit."


@dataclass(frozen=True)
class Change:
    """What one network or ensemble says of the photo before and after it was edited."""

    before: Prediction
    after: Prediction

    @property
    def points(self) -> tuple[float, ...]:
        """How far each probability moved, in percentage points, in the order of CLASSES."""
        pairs = zip(self.before.probabilities, self.after.probabilities, strict=True)
        return tuple(100 * (after - before) for before, after in pairs)

    @property
    def of_verdict(self) -> float:
        """The percentage points of the class that was the verdict."""
        return self.points[CLASSES.index(self.before.verdict)]

    @property
    def other_verdict(self) -> bool:
        return self.before.verdict != self.after.verdict


@dataclass(frozen=True)
class Changes:
    """What all networks and their ensembles say of the photo before and after it was edited."""

    networks: Mapping[str, Change]
    ensembles: Mapping[str, Change]

    @property
    def all(self) -> dict[str, Change]:
        """The networks first, then the ensembles."""
        return {**self.networks, **self.ensembles}


def changes(explainer: Explainer, photo: Photo, after: Photo) -> Changes:
    """What the networks of an explainer say of two photos."""
    before, then = (explainer.classify(picture).predictions for picture in (photo, after))
    every = {name: Change(before[name], then[name]) for name in before}
    return Changes(
        {name: change for name, change in every.items() if name in explainer.networks},
        {name: change for name, change in every.items() if name not in explainer.networks},
    )


def sentence(edits: Edits, networks: Mapping[str, Change]) -> str:
    """What the edits did to the networks, the one that moved most with its figure.

    "Without the wheels’ row, both networks stay with SUV; 100 px loses 12 points."
    """
    if not edits.changes_something:
        return UNDONE
    said = f"{_told(edits)}, {_verdicts(networks)}; {_largest(networks)}."
    return said[0].upper() + said[1:]


def _told(edits: Edits) -> str:
    looks = [LOOKS[name] for name in LOOKS if name in edits.whole]
    hidden = [HIDDEN[name] for name in HIDING if name in edits.whole]
    hidden += ["what is marked"] if edits.marks else []
    return ", ".join([*looks, *([f"without {' and '.join(hidden)}"] if hidden else [])])


def _verdicts(networks: Mapping[str, Change]) -> str:
    told = [
        ("changes to" if change.other_verdict else "stays with", SPOKEN[change.after.verdict])
        for change in networks.values()
    ]
    if len(told) > 1 and len(set(told)) == 1:
        verb = {"changes to": "change to", "stays with": "stay with"}[told[0][0]]
        return f"{'both' if len(told) == 2 else f'all {len(told)}'} networks {verb} {told[0][1]}"
    return " and ".join(
        f"{network_name(name)} {verb} {verdict}" for name, (verb, verdict) in zip(networks, told, strict=True)
    )


def _largest(networks: Mapping[str, Change]) -> str:
    """The network whose verdict gained or lost most, by how much."""
    name, change = max(networks.items(), key=lambda network: abs(network[1].of_verdict))
    points = round(change.of_verdict)
    if not points:
        return {1: "it does not move by a point", 2: "neither moves by a point"}.get(
            len(networks), "none moves by a point"
        )
    same = len({other.before.verdict for other in networks.values()}) == 1
    of = "" if same and not any(other.other_verdict for other in networks.values()) else " for "
    verdict = SPOKEN[change.before.verdict] if of else ""
    verb, unit = "gains" if points > 0 else "loses", "point" if abs(points) == 1 else "points"
    return f"{network_name(name)} {verb} {abs(points)} {unit}{of}{verdict}"
