"""All networks of a folder that can be compared, with or without others of their kind beside them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from carmodel.card import Card, WeightsError
from carmodel.ensemble import Prediction
from carmodel.photo import Photo
from carmodel.registry import NetworkFile, list_networks
from explain.attribution import Attribution
from explain.cache import Cache
from explain.explainer import Explainer
from explain.report.text import network_name
from explain.request import ExplanationRequest
from explain.source import Source


@dataclass(frozen=True, eq=False)
class Network:
    """One network of an Explainer, to be asked by itself."""

    explainer: Explainer
    name: str  # within the Explainer, such as "75"

    @property
    def card(self) -> Card:
        return self.explainer.cards[self.name]

    @property
    def title(self) -> str:
        """What it is called on the page, such as "75 px baseline"."""
        return network_name(self.card.name)

    def classify(self, photo: Photo) -> Prediction:
        """What this network says about a photo."""
        return self.explainer.classify(photo).predictions[self.name]

    def refine(self, photo: Photo, method: str, asked: ExplanationRequest) -> Iterator[Attribution]:
        """Its maps of a photo, again and again while they get better, with its title as their network.

        They explain what the request asks, perhaps of another photo. Raises NoMapError, at the first, where
        the method cannot explain it.
        """
        settings = asked.target, asked.reference, asked.tolerance
        for maps in self.explainer.refine(photo, method, *settings, [self.name], asked.engine):
            yield replace(maps[self.name], network=self.title)


def every_network(explainers: Iterable[Explainer]) -> dict[str, Network]:
    """Every network of the explainers by the name of its files, such as "final-75"."""
    networks = [Network(explainer, name) for explainer in explainers for name in explainer.cards]
    return {network.card.name: network for network in networks}


@dataclass(frozen=True)
class UnpairedNetworks:
    """What a folder holds beside kinds of several networks."""

    explainers: tuple[Explainer, ...] = ()  # of one network each
    unusable: tuple[NetworkFile, ...] = ()  # each with the reason


def unpaired_networks(source: Source, explainers: Iterable[Explainer]) -> UnpairedNetworks:
    """The networks of a source's folder that are in none of its `explainers`, and those that cannot be used.

    They share the explainers' cache, and compute by the source's engine on its device.
    """
    kinds = list(explainers)
    paired, single, unusable = every_network(kinds), [], []
    cache = kinds[0].cache if kinds else Cache()
    for file in list_networks(source.weights):
        if file.problem:
            unusable.append(file)
        elif file.name not in paired:
            try:
                single.append(replace(source, single=file.name, own="").load(cache))
            except WeightsError as error:  # of a file that it shares with the others, or that changed
                unusable.append(NetworkFile(file.name, None, str(error)))
    return UnpairedNetworks(tuple(single), tuple(unusable))
