"""Where networks come from, and how they are asked: the part of the command line that all commands share."""

import argparse
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from carmodel.architectures import own_network
from carmodel.card import Card
from carmodel.network import CLASSES
from carmodel.weights import WEIGHTS, WeightsError, kinds, load_references
from explain.cache import Cache
from explain.digest import digest_of
from explain.explainer import Explainer
from explain.methods.lanes import AUTO, LANES

DEVICES = (AUTO, "cpu", "cuda")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """Networks of one kind in a folder, one of them, or one's own; may be sent to another process."""

    weights: Path = WEIGHTS
    kind: str = "final"
    own: str = ""  # a function that builds a network, such as "package.module:build"
    single: str = ""  # in place of a kind, the name of one network in the folder
    engine: str = AUTO
    device: str = AUTO

    def load(self, cache: Cache | None = None) -> Explainer:
        """The networks, ready to be asked. Raises WeightsError."""
        if not self.own:
            explainer = Explainer.load(self.weights, self.kind, self.single or None, cache, self.engine)
        else:
            network = own_network(self.own)
            name = str(network.size)
            title = f"{self.kind}-{name}"
            card = Card(title, network.size, False, CLASSES, 1.0, digest_of(network), {}, {}, {})
            references = load_references(self.weights)
            explainer = Explainer(
                {name: network}, references, cards={name: card}, cache=cache, engine=self.engine
            )
        device = device_of(self.device)
        for network in explainer.networks.values():
            network.to(device)
        return explainer


def own_kind(place: str) -> str:
    """What a network of one's own is called: the last name of its module."""
    return place.partition(":")[0].rpartition(".")[2]


def device_of(name: str) -> torch.device:
    """The device of this name; "auto" is a graphics card where there is one. Raises WeightsError."""
    if name == "cuda" and not torch.cuda.is_available():
        raise WeightsError("There is no graphics card that torch can use; leave --device out, or say cpu.")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))  # each process of torchrun has its own


def load_kinds(source: Source) -> dict[str, Explainer]:
    """An Explainer for each kind, such as "final", of which several networks are in the folder.

    They share one cache. Where no kind has several, each network is a kind of its own. One that cannot be
    used beside others that can is logged. Raises WeightsError if none can.
    """
    folder = source.weights
    named = kinds(folder)
    several = {kind for kind, names in named.items() if len(names) > 1} or set(named)
    explainers, problem, cache = {}, WeightsError(f"{folder} holds no network such as final-75."), Cache()
    for kind in sorted(several, key=lambda kind: (kind != "final", kind)):
        try:
            explainers[kind] = replace(source, kind=kind).load(cache)
        except WeightsError as error:
            problem = error
            log.warning("Left out: %s", error)
    if not explainers:
        raise problem
    return explainers


def load_all(source: Source, own: Sequence[str] = ()) -> dict[str, Explainer]:
    """An Explainer for each network of one's own, and then for each kind in the folder; they share a cache.

    Raises WeightsError for a network of one's own that cannot be used, or if the folder has none.
    """
    explainers = load_kinds(source)
    cache = next(iter(explainers.values())).cache
    mine: dict[str, Explainer] = {}
    for place in own:
        kind = own_kind(place)
        if kind in mine or kind in explainers:
            kind = place.replace(":", ".")
        mine[kind] = replace(source, kind=kind, own=place).load(cache)
    return mine | explainers


def source_options(parser: argparse.ArgumentParser) -> None:
    """Adds what `source_of` reads."""
    add = parser.add_argument
    add("--weights", type=Path, default=WEIGHTS, metavar="DIR", help="folder of weights (the project's)")
    add(
        "--engine",
        choices=LANES,
        default=AUTO,
        help="who computes maps: our fast engines, captum and shap as the library, or fast where it is "
        "proven to give the same (default: auto)",
    )
    add(
        "--device",
        choices=DEVICES,
        default=AUTO,
        help="where networks compute (default: cuda if there is one)",
    )


def kind_options(parser: argparse.ArgumentParser) -> None:
    """Adds which networks are asked, of commands that ask one kind."""
    source_options(parser)
    add = parser.add_argument
    add(
        "--networks",
        metavar="KIND",
        default="final",
        help='networks whose names begin with KIND: "final" with batch normalisation, "baseline" without, '
        "or yours (default: final)",
    )
    add(
        "--network",
        metavar="MODULE:BUILD",
        default="",
        help="a network of your own: a function that returns it",
    )


def source_of(options: argparse.Namespace) -> Source:
    """The source that a command line names."""
    kind = own_kind(options.network) if options.network else options.networks
    return Source(options.weights, kind, options.network, engine=options.engine, device=options.device)
