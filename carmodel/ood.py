"""Is it a car at all? How unlike the training photos a picture is, as the networks themselves see it.

A network names one of four classes for any picture, and is often sure of it: neither its confidence nor the
energy of its logits tells. But what its convolutions answer to, colours, edges and textures, differs from
what photos of cars make them answer to. The score is the squared Mahalanobis distance of that answer from
those to the training photos (Lee et al. 2018, "A Simple Unified Framework for Detecting Out-of-Distribution
Samples and Adversarial Attacks"), divided by its dimensions and averaged over both networks: 1 for the
average training photo, more for what is stranger. It does not ask where things are: a photo of a car whose
pieces have changed places passes for one. `python -m carmodel.measure.fit_ood` fits, measures and writes it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from carmodel.card import Card, WeightsError, read_bytes, read_table
from carmodel.files import write_whole
from carmodel.memory import wants_memory
from carmodel.network import CHANNELS, CarNet
from carmodel.weights import WEIGHTS

BLOCK = 4  # of the seven convolutions; it leads the comparison of `carmodel.measure.fit_ood`
TABLE, TENSORS = "novelty.json", "novelty-distances.safetensors"


@dataclass(frozen=True)
class Cue:
    """Whether a picture looks like a photo of a car; a score above the threshold says that it does not.

    About 2 % of photos of cars are above the threshold, too.
    """

    score: float
    threshold: float

    @property
    def looks_like_car(self) -> bool:
        return self.score <= self.threshold

    @property
    def sentence(self) -> str:
        if self.looks_like_car:
            return "The picture resembles the photos of cars that the networks learnt from."
        return (
            "This may not be a photo of a car: only about 2 % of such photos are as unlike those that the "
            "networks learnt from. They name a class for any picture."
        )


@dataclass(frozen=True, eq=False)
class Spread:
    """Where descriptions of training photos lie: their mean (d,) and a matrix (d, d) that whitens them.

    Both have values of half precision, as they are stored.
    """

    mean: Tensor
    whitening: Tensor

    def distance(self, descriptions: Tensor) -> Tensor:
        """Squared Mahalanobis distance (n,) of descriptions (n, d), divided by d."""
        return ((descriptions - self.mean) @ self.whitening).square().mean(dim=1)


@dataclass(frozen=True, eq=False)
class Detector:
    """What tells photos of cars from other pictures: for each network its spread, and the threshold."""

    spreads: Mapping[str, Spread]  # by name of the network: "75", "100"
    threshold: float

    def cue(self, descriptions: Mapping[str, Sequence[Tensor]]) -> Cue:
        """The cue for one picture from what `describe` found with each network, (1, d) block by block."""
        distances = [spread.distance(descriptions[name][BLOCK - 1]) for name, spread in self.spreads.items()]
        return Cue(float(torch.stack(distances).mean()), self.threshold)


def describe(network: CarNet, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Logits (n, 4) of pictures (n, 3, size, size), and what each of the seven convolutions says about them.

    A description (n, 2 · channels) holds the mean of each channel over the picture after its activation, and
    then the standard deviation of each.
    """
    descriptions = []
    for name, module in network.features.named_children():
        x = module(x)
        if name.startswith("relu"):
            values = x.flatten(2)  # (n, channels, pixels)
            mean = values.mean(dim=2)
            variance = values.square().mean(dim=2) - mean.square()  # much faster than Tensor.var
            descriptions.append(torch.cat([mean, variance.clamp(min=0).sqrt()], dim=1))
    return network.head(x), descriptions


def save(detector: Detector, cards: Mapping[str, Card], results: Mapping[str, Any], folder: Path) -> None:
    """Writes the detector of the networks of these cards, with how well it does (a table for JSON)."""
    data = safetensors.torch.save(
        {
            f"{name}.{part}": getattr(spread, part).half().contiguous()
            for name, spread in detector.spreads.items()
            for part in ("mean", "whitening")
        }
    )
    table = {
        "threshold": detector.threshold,
        "networks": {name: card.sha256 for name, card in cards.items()},
        "sha256": sha256(data).hexdigest(),
        "results": results,
    }
    write_whole(folder / TENSORS, data)
    write_whole(folder / TABLE, json.dumps(table, indent=2, ensure_ascii=False) + "\n")


def load(cards: Mapping[str, Card], folder: Path = WEIGHTS) -> Detector | None:
    """The detector that was fitted to some of the networks of these cards, by name ("75"); None without one.

    Raises WeightsError for a damaged file.
    """
    if not (folder / TABLE).exists():
        return None
    table = read_table(folder / TABLE)
    fitted = table.get("networks")
    digests = {name: card.sha256 for name, card in cards.items()}
    if not fitted or not isinstance(fitted, dict) or fitted != {n: digests.get(n) for n in fitted}:
        return None
    threshold = table.get("threshold")
    if (
        isinstance(threshold, bool)
        or not isinstance(threshold, int | float)
        or not 0 < threshold < float("inf")
    ):
        raise WeightsError(f"{TABLE} needs a positive number as its threshold.")
    data = read_bytes(folder / TENSORS)
    if sha256(data).hexdigest() != table.get("sha256"):
        raise WeightsError(f"{TENSORS} is damaged or of another version: its checksum differs from {TABLE}.")
    try:
        tensors = {key: value.float() for key, value in safetensors.torch.load(data).items()}
    except Exception as error:  # of many kinds, as carmodel.weights knows
        if wants_memory(error):
            raise
        raise WeightsError(f"{TENSORS} is damaged: it cannot be read as safetensors.") from error
    width = 2 * CHANNELS[BLOCK - 1]
    shapes = {
        f"{name}.{part}": shape
        for name in fitted
        for part, shape in (("mean", [width]), ("whitening", [width, width]))
    }
    if {key: list(value.shape) for key, value in tensors.items()} != shapes:
        raise WeightsError(f"{TENSORS} does not hold what block {BLOCK} of both networks needs.")
    return Detector(
        {name: Spread(tensors[f"{name}.mean"], tensors[f"{name}.whitening"]) for name in fitted}, threshold
    )
