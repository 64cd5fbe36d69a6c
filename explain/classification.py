"""What networks and their ensembles say about a photo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from carmodel.ensemble import Prediction, average, predict, priority
from carmodel.network import CarNet, Network
from carmodel.ood import Cue, Detector, describe
from carmodel.sampling import area_means

AVERAGE, PRIORITY = "average", "priority"  # the ensembles


@dataclass(frozen=True, eq=False)
class Classification:
    """What networks and their ensembles say about a photo."""

    logits: Mapping[str, Tensor]  # network -> (4,)
    predictions: Mapping[str, Prediction]  # of the networks first, then of the ensembles that there are
    cue: Cue | None = None  # whether it is a car at all; None if that is not known for these networks

    def decision(self, ensemble: str) -> str:
        """Which prediction stands for all: the ensemble's or, without one, that of the last network."""
        names = [ensemble, AVERAGE, *reversed(list(self.logits))]
        return next(name for name in names if name in self.predictions)


@torch.no_grad()
def classify(
    networks: Mapping[str, Network],
    frame: Tensor,
    ensembles: Sequence[str],
    owners: Mapping[str, int],
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
    predictions = {name: predict(values) for name, values in logits.items()}
    if AVERAGE in ensembles:
        predictions[AVERAGE] = average(logits.values())
    if PRIORITY in ensembles:
        by_size = {networks[name].size: values for name, values in logits.items()}
        predictions[PRIORITY] = priority(by_size, owners)
    cue = detector.cue(blocks) if detector else None
    return Classification(MappingProxyType(logits), MappingProxyType(predictions), cue)
