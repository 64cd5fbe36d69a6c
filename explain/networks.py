"""All networks of a folder that can be compared, with or without one of the other size beside them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from carmodel.card import Card, WeightsError
from carmodel.ensemble import Prediction
from carmodel.photo import Photo
from carmodel.registry import NetworkFile, list_networks
from explain.attribution import Attribution
from explain.cache import Cache
from explain.explainer import Explainer
from explain.report.text import network_name
from explain.target import Target


@dataclass(frozen=True, eq=False)
class Member:
    """One network of an Explainer."""

    explainer: Explainer
    column: str  # "75" or "100", its name within the Explainer

    @property
    def card(self) -> Card:
        return self.explainer.cards[self.column]

    @property
    def title(self) -> str:
        """What it is called on the page, such as "75 px baseline"."""
        return network_name(self.card.name)

    def classify(self, photo: Photo) -> Prediction:
        """What this network says about a photo."""
        return self.explainer.classify(photo).predictions[self.column]

    def refine(
        self, photo: Photo, method: str, target: Target, reference: str, tolerance: float
    ) -> Iterator[Attribution]:
        """Its maps, again and again while they get better, with its title as their network."""
        for maps in self.explainer.refine(photo, method, target, reference, tolerance, [self.column]):
            yield replace(maps[self.column], network=self.title)


def members(explainers: Iterable[Explainer]) -> dict[str, Member]:
    """Every network of the explainers by the name of its files, such as "final-75"."""
    found = [Member(explainer, column) for explainer in explainers for column in explainer.cards]
    return {member.card.name: member for member in found}


@dataclass(frozen=True)
class Others:
    """What a folder holds beside pairs of networks."""

    explainers: tuple[Explainer, ...] = ()  # of one network each
    unusable: tuple[NetworkFile, ...] = ()  # each with the reason


def others(folder: Path, explainers: Iterable[Explainer]) -> Others:
    """The networks of a folder that are in none of its `explainers`, and those that cannot be used.

    They share the explainers' cache.
    """
    pairs = list(explainers)
    known, alone, unusable = members(pairs), [], []
    cache = pairs[0].cache if pairs else Cache()
    for entry in list_networks(folder):
        if entry.problem:
            unusable.append(entry)
        elif entry.name not in known:
            try:
                alone.append(Explainer(folder, alone=entry.name, cache=cache))
            except WeightsError as error:  # of a file that it shares with the others, or that changed
                unusable.append(NetworkFile(entry.name, None, str(error)))
    return Others(tuple(alone), tuple(unusable))
