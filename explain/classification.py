"""What networks and their ensembles say about a photo."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from carmodel.ensemble import AVERAGE, PRIORITY, Ensembles, Prediction, predict
from carmodel.network import CarNet, Network
from carmodel.ood import Cue, Detector, describe
from carmodel.sampling import area_means

__all__ = ["AVERAGE", "PRIORITY", "Classification", "classify"]


@dataclass(frozen=True, eq=False)
class Classification:
    """What networks and their ensembles say about a photo."""

    logits: Mapping[str, Tensor]  # network -> (4,)
    predictions: Mapping[str, Prediction]  # of the networks first, then of the ensembles that there are
    cue: Cue | None = None  # whether it is a car at all; None if that is not known for these networks
    members: tuple[str, ...] = ()  # networks whose mean the average is; () for all

    def decision(self, ensemble: str) -> str:
        """Which prediction stands for all: the ensemble's or, without one, that of the last network."""
        names = [ensemble, AVERAGE, *reversed(list(self.logits))]
        return next(name for name in names if name in self.predictions)


@torch.no_grad()
def classify(
    networks: Mapping[str, Network],
    frame: Tensor,
    ensembles: Ensembles,
    detector: Detector | None = None,
) -> Classification:
    """The logits and predictions of a photo (3, 300, 300), and whether it looks like one of a car."""
    logits, blocks = {}, {}
    for name, network in networks.items():
        picture = area_means(frame, network.size)[None].to(network.device)
        if isinstance(network, CarNet):
            rows, blocks[name] = describe(network, picture)
        else:
            rows = network(picture)
        logits[name] = rows[0].cpu()
    predictions = {name: predict(values) for name, values in logits.items()} | ensembles.predict(logits)
    cue = detector.cue(blocks) if detector else None
    return Classification(MappingProxyType(logits), MappingProxyType(predictions), cue, ensembles.average)
