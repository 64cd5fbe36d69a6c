"""A request to explain a photo, and the one road from it to maps: prediction, target, methods, columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from carmodel.ensemble import SPOKEN
from carmodel.photo import Photo
from explain.attribution import Attribution, difference, mean
from explain.classification import AVERAGE, Classification
from explain.explainer import TOLERANCE, Explainer
from explain.methods.method import Method
from explain.methods.registry import METHODS, method_named
from explain.report.text import listed, network_name
from explain.smoothing import SMOOTHINGS
from explain.target import Target

PREDICTED, NO_CLASS = "predicted", "nothing"  # in place of a class


class RequestError(ValueError):
    """Settings that contradict each other; the message is a sentence for whoever chose them."""


@dataclass(frozen=True)
class Settings:
    """What somebody wants to know about a photo, and how."""

    ensemble: str = AVERAGE
    toward: str = PREDICTED  # the class explained; PREDICTED is what the ensemble says
    against: str = NO_CLASS  # the class that it is held against
    kind: str = "final"  # of the networks
    reference: str = "blur"
    tolerance: float = TOLERANCE
    smoothing: str = SMOOTHINGS[0]

    def target(self, classification: Classification) -> Target:
        """What the maps explain. Raises RequestError for a class and not itself."""
        predicted = classification.predictions[classification.decision(self.ensemble)].verdict
        toward = predicted if self.toward == PREDICTED else self.toward
        against = None if self.against == NO_CLASS else self.against
        if toward == against:
            raise RequestError(
                f"“And not” is {SPOKEN[toward]}, the class explained itself: please choose another one."
            )
        return Target(toward, against)


@dataclass(frozen=True)
class ExplanationRequest:
    """A photo, the networks asked, the score explained, and how its maps are made and shown.

    What was found out about one request says nothing about another. Equal for equal photos.
    """

    photo: Photo = field(compare=False)
    digest: str  # of the photo
    kind: str  # of the networks
    ensemble: str = field(compare=False)  # which prediction stands for all networks; changes no map of theirs
    decided_by: str | None = field(compare=False)  # the network whose map is the ensemble's; None for a mean
    target: Target
    reference: str
    tolerance: float
    smoothing: str
    engine: str | None = None  # that of the Explainer if None


def request(
    explainer: Explainer, photo: Photo, settings: Settings, engine: str | None = None
) -> ExplanationRequest:
    """What the settings ask about a photo. Raises RequestError."""
    classification = explainer.classify(photo)
    decision = classification.decision(settings.ensemble)
    size = classification.predictions[decision].decided_by
    deciding = (name for name, network in explainer.networks.items() if network.size == size)
    return ExplanationRequest(
        photo=photo,
        digest=photo.digest,
        kind=settings.kind,
        ensemble=decision,
        decided_by=next(deciding, None),
        target=settings.target(classification),
        reference=settings.reference,
        tolerance=settings.tolerance,
        smoothing=settings.smoothing,
        engine=engine,
    )


@dataclass(frozen=True, eq=False)
class MethodMaps:
    """The maps of one method as they stand: of each network, and of what is made of them."""

    method: Method
    maps: Mapping[str, Attribution]  # by network
    columns: Mapping[str, Attribution]  # see columns_of
    finished: bool = True  # whether they are as good as was asked for
    error: Exception | None = None  # why there are no maps
    missing: Mapping[str, str] = field(
        default_factory=dict
    )  # column -> why it has no map; see missing_columns


def explained(
    explainer: Explainer, asked: ExplanationRequest, methods: Sequence[str] | None = None
) -> Iterator[MethodMaps]:
    """The maps of each method (all if None) as they get better, and once more when they are finished.

    They are of the networks that the method can explain; of the others its row says why it cannot. A method
    that fails gives its error instead, and the others go on.
    """
    settings = asked.target, asked.reference, asked.tolerance
    shown = asked.ensemble, asked.decided_by, list(explainer.networks), explainer.members
    for name in METHODS if methods is None else methods:
        method, maps = method_named(name), {}
        try:
            obstacles = explainer.obstacles(name, asked.engine)
            able = [network for network in explainer.networks if network not in obstacles]
            row = MethodMaps(method, {}, {}, missing=missing_columns(obstacles, *shown))
            if able:
                for maps in explainer.refine(asked.photo, name, *settings, able, asked.engine):
                    row = replace(row, maps=maps, columns=columns_of(maps, *shown), finished=False)
                    yield row
            yield replace(row, finished=True)
        except Exception as error:
            yield MethodMaps(method, {}, {}, error=error)


def finished_maps(
    explainer: Explainer, asked: ExplanationRequest, methods: Sequence[str] | None = None
) -> dict[str, MethodMaps]:
    """The finished maps of each method (all if None). Raises what a method that fails raises."""
    rows = {}
    for row in explained(explainer, asked, methods):
        if row.error:
            raise row.error
        if row.finished:
            rows[row.method.name] = row
    return rows


def column_parts(
    networks: Sequence[str], ensemble: str, decided_by: str | None, members: Sequence[str] = ()
) -> dict[str, list[str]]:
    """What stands side by side for a method, each with the networks whose maps it is made of.

    That is the networks, their ensemble and, of two, their difference. The average ensemble's map is the mean
    of its members' maps (of all if none are named); Priority's is that of the network that decided.
    """
    parts = {name: [name] for name in networks}
    if len(networks) > 1:
        parts[ensemble] = list(members or networks) if decided_by is None else [decided_by]
    if len(networks) == 2:
        parts["-".join(networks)] = list(networks)
    return parts


def column_names(networks: Sequence[str], ensemble: str) -> list[str]:
    """What stands side by side for a method; see `column_parts`."""
    return list(column_parts(networks, ensemble, None))


def columns_of(
    maps: Mapping[str, Attribution],
    ensemble: str,
    decided_by: str | None,
    networks: Sequence[str] | None = None,
    members: Sequence[str] = (),
) -> dict[str, Attribution]:
    """The maps by column, of networks (those of `maps` if None) and of what is made of them, where it can be.

    The difference is the first network's map less that of the second.
    """
    columns = {}
    for column, parts in column_parts(list(networks or maps), ensemble, decided_by, members).items():
        made_of = [maps[name] for name in parts if name in maps]
        if len(made_of) < len(parts):
            continue
        if len(made_of) == 1:
            columns[column] = made_of[0]
        else:
            columns[column] = mean(made_of) if column == ensemble else difference(*made_of)
    return columns


def missing_columns(
    obstacles: Mapping[str, str],
    ensemble: str,
    decided_by: str | None,
    networks: Sequence[str],
    members: Sequence[str] = (),
) -> dict[str, str]:
    """Why columns have no map, by the obstacles of some networks: theirs, and what is made of them."""
    missing = {}
    for column, parts in column_parts(networks, ensemble, decided_by, members).items():
        if lacking := [network_name(name) for name in parts if name in obstacles]:
            missing[column] = (
                obstacles.get(column) or f"It cannot be made without the map of {listed(lacking)}."
            )
    return missing
