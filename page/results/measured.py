"""What was measured of the networks, as data: all that the Networks tab shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from carmodel.metrics import Disagreement, Scores
from page.results.naming import ordered
from page.results.surveyed import Survey

# What drawing raises where a file holds something else than figures.
UNFIT = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Missing:
    """Something that cannot be shown, and why or what makes it, in one sentence."""

    sentence: str


@dataclass(frozen=True)
class Evaluation:
    """How good every network and ensemble is on the photos of a split, by source."""

    split: str
    scores: Mapping[str, Mapping[str, Scores]]  # classifier -> source
    disagreement: Mapping[str, Disagreement]  # source -> of the two networks `compared`; may be empty
    compared: tuple[str, ...] = ("final-75", "final-100")  # Priority's two, the smaller first

    @property
    def sources(self) -> tuple[str, ...]:
        """The photo sources in the order of the page."""
        return tuple(ordered(next(iter(self.scores.values()))))


@dataclass(frozen=True)
class Published:
    """What the work that the networks follow reports: accuracy by classifier, and its photos."""

    photos: int
    accuracy: Mapping[str, float]


@dataclass(frozen=True)
class Averages:
    """What Average could be of: sizes of networks -> how many of the validation photos it gets right."""

    photos: int
    chosen: tuple[int, ...]
    right: Mapping[tuple[int, ...], int]


@dataclass(frozen=True)
class Disturbed:
    """What disturbances do to one classifier on `n` photos: accuracy in [0, 1], change in points."""

    n: int
    accuracy: Mapping[str, float]  # of every disturbance and of the photos as they are
    change: Mapping[str, float]  # of every disturbance


@dataclass(frozen=True)
class Robustness:
    """What disturbances cost, on the photos of a split."""

    split: str
    rows: Mapping[str, Mapping[str, Disturbed]]  # classifier -> source


@dataclass(frozen=True)
class Flagged:
    """How many of `n` pictures are called no car: a share in [0, 1]; areas under the ROC curve by source."""

    n: int
    flagged: float
    auroc: Mapping[str, float]  # against the cars of each source; empty for cars


@dataclass(frozen=True)
class Novelty:
    """How well pictures that show no car are told from cars."""

    split: str
    cars: Mapping[str, Flagged]  # by source
    others: Mapping[str, Flagged]  # by folder of pictures; "all" are those of all folders


@dataclass(frozen=True)
class Epoch:
    """Training loss and validation accuracy by source, after an epoch."""

    loss: float
    validation: Mapping[str, float]


@dataclass(frozen=True)
class Stage:
    """One run of training: its settings and how it went. The next stage starts from its best epoch."""

    recipe: Mapping[str, Any]
    best: int  # epoch, from 1
    hours: float
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True)
class Trial:
    """A short run at a peak learning rate."""

    rate: float
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True)
class Measured:
    """All of it."""

    evaluation: Evaluation | Missing
    published: Published | Missing
    robustness: Robustness | Missing
    novelty: Novelty | Missing
    training: Mapping[str, tuple[Stage, ...]] | Missing  # network -> stages, the earliest first
    rates: Mapping[str, tuple[Trial, ...]] | Missing  # network -> trials
    survey: Survey | Missing
    licences: Mapping[str, tuple[str, ...]]  # what cards say of the use of weights -> their networks
    averages: Averages | Missing
    architectures: Mapping[str, str]  # network -> what it is, of those that are no CarNets
