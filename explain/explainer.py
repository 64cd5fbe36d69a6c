"""Both networks, or one alone, ready to classify and to explain, computing nothing twice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from carmodel.ensemble import Prediction, average, predict, priority
from carmodel.network import SIZES, CarNet
from carmodel.ood import Cue, describe
from carmodel.ood import load as load_detector
from carmodel.photo import Photo, block_means
from carmodel.weights import WEIGHTS, WeightsError, load, load_owners, load_references
from explain.cache import ABSENT, Cache
from explain.door import TOLERANCE, Attribution, Target, check
from explain.methods.refinement import Refinement, next_stage, rounds
from explain.methods.shap import Background, ShapleyValues, background, shapley_values


@dataclass(frozen=True, eq=False)
class Classification:
    """What both networks and both ensembles say about a photo; of one network alone, what it says."""

    logits: Mapping[str, Tensor]  # (4,) of "75" and "100"
    predictions: Mapping[str, Prediction]  # of "75", "100" and, of both, "average" and "priority"
    cue: Cue | None = None  # whether it is a car at all; None if that is not known for these networks


class Explainer:
    """Classifies photos and explains the answers; may be shared by threads.

    Results are kept in `cache`, which several may share. A thread that asks for what another one is computing
    waits for it; what SHAP's references cause in a network is kept too; Integrated Gradients continues from
    the steps it has, and a looser tolerance gets what a tighter one found.

    kind is "final" or "baseline", whose two networks it loads; or `alone` names one network instead, which
    has no ensemble. Raises WeightsError if a file is missing, damaged or of another network.
    """

    def __init__(
        self,
        folder: Path = WEIGHTS,
        kind: str = "final",
        alone: str | None = None,
        cache: Cache | None = None,
    ) -> None:
        self.cache = cache or Cache()
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
        self._references = (255 * load_references(folder)).round().byte()  # a quarter of the memory
        self.computations = 0  # results computed, not found
        self._name = object()  # in the keys of what is kept: of these networks as they were loaded
        self._lock = Lock()

    @property
    def references(self) -> Tensor:
        """The frames (16, 3, 300, 300) that SHAP compares with, in [0, 1]."""
        return self._references.float() / 255

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

        return self.cache.get((self._name, photo.digest), self._counted(compute))

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

        Settings and errors are those of `explain.door.refine`. With both networks, their `mean` is
        within the tolerance too in the end.
        """
        check(photo.frame, method, reference, tolerance)
        for name in networks:
            if name not in self.networks:
                raise ValueError(f"There is no network {name!r}; there are {', '.join(self.networks)}.")

        def advance(name: str, before: Refinement | None, wanted: float) -> Refinement:
            network, shown = self.networks[name], before.latest.steps if before else 0

            def further(kept: Refinement | None) -> Refinement:
                settings = target, method, reference, shapley
                return next_stage(network, photo.frame, *settings, kept or before).compact

            return self.cache.get(
                self._key(photo, name, target, method, reference),
                self._counted(further),
                lambda kept: kept.finished(wanted) or kept.latest.steps > shown,
            ).on_frame(network)

        def shapley(network: CarNet) -> ShapleyValues:
            x, known = block_means(photo.frame, network.size), self._background(network)
            return shapley_values(network, x, known, score=target.score)

        stages = rounds([partial(advance, name) for name in networks], tolerance)
        return (dict(zip(networks, maps, strict=True)) for maps in stages)

    def known(
        self,
        photo: Photo,
        method: str,
        target: Target,
        reference: str = "blur",
        tolerance: float = TOLERANCE,
    ) -> dict[str, Attribution]:
        """The finished maps of all networks, without computing or waiting: nothing where one is missing."""
        found = {}
        for name, network in self.networks.items():
            kept = self.cache.find(self._key(photo, name, target, method, reference))
            if kept is ABSENT or not kept.finished(tolerance):
                return {}
            found[name] = kept.on_frame(network).best
        return found

    def _key(self, photo: Photo, name: str, target: Target, method: str, reference: str) -> tuple[Any, ...]:
        compared = reference if method == "integrated_gradients" else None
        return self._name, photo.digest, name, target, method, compared

    def _background(self, network: CarNet) -> Background:
        """What the references cause in a network: about 30 MB at 75 px and 60 MB at 100 px."""
        return self.cache.get(
            (self._name, network.size),
            lambda _: background(network, block_means(self.references, network.size)),
        )

    def _counted(self, compute: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The same function, whose results are counted."""

        def counted(before: Any) -> Any:  # noqa: ANN401
            value = compute(before)
            with self._lock:
                self.computations += 1
            return value

        return counted
