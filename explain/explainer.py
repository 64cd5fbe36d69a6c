"""Both networks, or one alone, ready to classify and to explain, computing nothing twice."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from carmodel.cue import Cue, describe
from carmodel.cue import load as load_detector
from carmodel.ensemble import Prediction, average, predict, priority
from carmodel.network import SIZES, CarNet
from carmodel.photo import Photo, block_means
from carmodel.weights import WEIGHTS, WeightsError, load, load_owners, load_references
from explain.attribution import TOLERANCE, Attribution, Target, check
from explain.shapley import Background, ShapleyValues, background, shapley_values
from explain.stages import Progress, next_stage, rounds

KEPT = 256  # results in memory, at most about a megabyte each


@dataclass(frozen=True, eq=False)
class Classification:
    """What both networks and both ensembles say about a photo; of one network alone, what it says."""

    logits: Mapping[str, Tensor]  # (4,) of "75" and "100"
    predictions: Mapping[str, Prediction]  # of "75", "100" and, of both, "average" and "priority"
    cue: Cue | None = None  # whether it is a car at all; None if that is not known for these networks


@dataclass(eq=False)
class _Cell:
    """A place in the cache; its lock is held while its value is computed."""

    value: Any = None
    lock: Lock = field(default_factory=Lock)


class Explainer:
    """Classifies photos and explains the answers; may be shared by threads.

    Results are kept, and of more than KEPT the least recently used forgotten. A thread that asks for what
    another one is computing waits for it; SHAP's references go through a network once; Integrated Gradients
    continues from the steps it has, and a looser tolerance gets what a tighter one found.

    kind is "final" or "baseline", whose two networks it loads; or `alone` names one network instead, which
    has no ensemble. Raises WeightsError if a file is missing, damaged or of another network.
    """

    def __init__(self, folder: Path = WEIGHTS, kind: str = "final", alone: str | None = None) -> None:
        if alone:
            network, card = load(alone, folder)
            loaded = {str(card.size): (network, card)}
        else:
            loaded = {str(size): load(f"{kind}-{size}", folder) for size in SIZES}
            for size, (_, card) in loaded.items():
                if str(card.size) != size:
                    raise WeightsError(f"{card.name}.json describes a network of {card.size} px; rename it.")
        self.networks = {name: network for name, (network, _) in loaded.items()}
        self.cards = {name: card for name, (_, card) in loaded.items()}
        self.owners = load_owners(folder)
        self.detector = load_detector(self.cards, folder)
        self.references = load_references(folder)  # (16, 3, 300, 300)
        self.computations = 0  # results computed, not found
        self._backgrounds = {name: _Cell() for name in self.networks}
        self._cells: OrderedDict[Hashable, _Cell] = OrderedDict()
        self._lock = Lock()

    def classify(self, photo: Photo) -> Classification:
        """The logits and predictions of a photo, and whether it looks like one of a car."""

        def compute(_: None) -> Classification:
            with torch.no_grad():
                described = {
                    name: describe(network, block_means(photo.frame, network.size)[None])
                    for name, network in self.networks.items()
                }
            logits = {name: rows[0] for name, (rows, _) in described.items()}
            blocks = {name: found for name, (_, found) in described.items()}
            predictions = {name: predict(values) for name, values in logits.items()}
            if len(logits) == len(SIZES):
                small, large = logits.values()
                predictions["average"] = average(small, large)
                predictions["priority"] = priority(small, large, self.owners)
            cue = self.detector.cue(blocks) if self.detector else None
            return Classification(MappingProxyType(logits), MappingProxyType(predictions), cue)

        return self._kept((photo.digest, "classification"), compute)

    def refine(
        self,
        photo: Photo,
        method: str,
        target: Target,
        reference: str = "blur",
        tolerance: float = TOLERANCE,
        networks: Sequence[str] = ("75", "100"),
    ) -> Iterator[dict[str, Attribution]]:
        """The maps of the named networks together, again and again while they get better.

        Settings and errors are those of `explain.attribution.refine`. With both networks, their `mean` is
        within the tolerance too in the end.
        """
        check(photo.frame, method, reference, tolerance)
        for name in networks:
            if name not in self.networks:
                raise ValueError(f"There is no network {name!r}; there are {', '.join(self.networks)}.")

        def advance(name: str, before: Progress | None, wanted: float) -> Progress:
            network, shown = self.networks[name], before.latest.steps if before else 0
            compute = partial(next_stage, network, photo.frame, target, method, reference, shapley)
            return self._kept(
                (photo.digest, name, target, method, reference if method == "integrated_gradients" else None),
                compute,
                lambda kept: kept.finished(wanted) or kept.latest.steps > shown,
            )

        def shapley(network: CarNet) -> ShapleyValues:
            x, known = block_means(photo.frame, network.size), self._background(network)
            return shapley_values(network, x, known, score=target.score)

        stages = rounds([partial(advance, name) for name in networks], tolerance)
        return (dict(zip(networks, maps, strict=True)) for maps in stages)

    def _background(self, network: CarNet) -> Background:
        """What the references cause in a network, computed once: about 30 MB at 75 px and 60 MB at 100 px."""
        cell = self._backgrounds[str(network.size)]
        with cell.lock:
            if cell.value is None:
                cell.value = background(network, block_means(self.references, network.size))
            return cell.value

    def _kept(
        self,
        key: Hashable,
        compute: Callable[[Any], Any],
        enough: Callable[[Any], bool] = lambda _: True,
    ) -> Any:  # noqa: ANN401
        """The value under key. If it is not enough, or not there, compute makes the next of it or of None."""
        with self._lock:
            cell = self._cells.setdefault(key, _Cell())
            self._cells.move_to_end(key)
            if len(self._cells) > KEPT:
                self._cells.popitem(last=False)
        with cell.lock:
            if cell.value is None or not enough(cell.value):
                cell.value = compute(cell.value)
                with self._lock:
                    self.computations += 1
            return cell.value
