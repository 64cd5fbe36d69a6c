"""Networks of one kind, ready to classify and to explain, computing nothing twice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from carmodel.card import Card
from carmodel.ensemble import Rules, ensembles_of
from carmodel.frame import FRAME
from carmodel.network import Network
from carmodel.ood import Detector
from carmodel.ood import load as load_detector
from carmodel.photo import Photo
from carmodel.weights import WEIGHTS, WeightsError, kinds, load, load_references, load_rules
from explain.attribution import Attribution
from explain.cache import ABSENT, Cache
from explain.classification import Classification, classify
from explain.methods.lanes import AUTO, NoMapError
from explain.methods.method import Question
from explain.methods.refinement import Refinement, advance, rounds
from explain.methods.registry import check, method_named
from explain.target import Target
from explain.ways import Ways

NO_RULES = Rules()  # no Priority, and Average of all networks
TOLERANCE = 0.02  # the completeness gap at which refining stops, unless another is asked for


class Explainer:
    """Classifies photos and explains the answers of networks by name; may be shared by threads.

    Results, and what a method prepared of a network, are kept in `cache`, which several may share. A thread
    that asks for what another one is computing waits for it. Answers do not depend on what was asked before:
    a looser tolerance gets the stage at which it would have stopped.

    references (n, 3, 300, 300) are the frames that a method may compare with, in [0, 1] or in 8 bits;
    `rules` say which networks ensembles are of. `engine` is one of `explain.methods.lanes.LANES`.
    """

    def __init__(
        self,
        networks: Mapping[str, Network],
        references: Tensor | None = None,
        *,
        cards: Mapping[str, Card] = MappingProxyType({}),
        rules: Rules = NO_RULES,
        detector: Detector | None = None,
        cache: Cache | None = None,
        engine: str = AUTO,
    ) -> None:
        self.networks = dict(networks)
        self.cards = dict(cards)
        self._ensembles = ensembles_of({name: network.size for name, network in self.networks.items()}, rules)
        self.detector = detector
        self.cache = cache or Cache()
        self.computations = 0  # results computed, not found
        self._references = torch.zeros(0, 3, FRAME, FRAME) if references is None else references
        self._ways = Ways(self.networks, lambda: self.references, engine)
        self._name = object()  # in the keys of what is kept: of these networks as they were loaded
        self._lock = Lock()

    @classmethod
    def load(
        cls,
        folder: Path = WEIGHTS,
        kind: str = "final",
        single: str | None = None,
        cache: Cache | None = None,
        engine: str = AUTO,
    ) -> "Explainer":
        """The networks of a kind in a folder, such as "final-75" and "final-100", or a `single` one by name.

        Raises WeightsError if there is none, and if a file is missing, damaged or of another network.
        """
        names = [single] if single else kinds(folder).get(kind, ())
        if not names:
            raise WeightsError(f"{folder} holds no network of the kind {kind!r}, such as {kind}-75.")
        loaded = [load(name, folder) for name in names]
        for network, card in loaded:
            if not single and card.name != f"{kind}-{network.size}":
                raise WeightsError(f"{card.name}.json describes a network of {card.size} px; rename it.")
        cards = {str(card.size): card for _, card in loaded}
        return cls(
            {str(network.size): network for network, _ in loaded},
            (255 * load_references(folder)).round().byte(),  # as they are stored: a quarter of the memory
            cards=cards,
            rules=load_rules(folder),
            detector=load_detector(cards, folder),
            cache=cache,
            engine=engine,
        )

    @property
    def references(self) -> Tensor:
        """The frames (n, 3, 300, 300) that methods may compare with, in [0, 1]."""
        levels = self._references
        return levels if levels.is_floating_point() else levels.float() / 255

    @property
    def ensembles(self) -> tuple[str, ...]:
        """The ensembles of these networks: none of one alone, Priority of the two that its rule names."""
        return self._ensembles.names

    @property
    def members(self) -> tuple[str, ...]:
        """The networks whose mean the average is."""
        return self._ensembles.average

    def classify(self, photo: Photo) -> Classification:
        """The logits and predictions of a photo, and whether it looks like one of a car."""

        def compute(_: None) -> Classification:
            return classify(self.networks, photo.frame, self._ensembles, self.detector)

        return self.cache.get((self._name, photo.digest), self._counted(compute))

    def refine(
        self,
        photo: Photo,
        method: str,
        target: Target,
        reference: str = "blur",
        tolerance: float = TOLERANCE,
        networks: Sequence[str] | None = None,
        engine: str | None = None,
    ) -> Iterator[dict[str, Attribution]]:
        """The maps of the named networks (all if None) together, again and again while they get better.

        A method that refines its maps stops when each gap, and that of the average's map, is at most
        `tolerance`, or when it can do no better; others make one. A setting that a method has no use for is
        ignored. `engine` is that of the Explainer if None.

        Raises ValueError, at once, for settings that do not exist, and NoMapError for a network that the
        method cannot explain.
        """
        names = list(self.networks if networks is None else networks)
        check(method, reference, tolerance)
        record = method_named(method)
        if record.prepare is not None and not len(self._references):
            raise ValueError(f"{record.title} needs reference frames to compare with.")
        for name in names:
            if name not in self.networks:
                raise ValueError(f"There is no network {name!r}; there are {', '.join(self.networks)}.")
            if reason := self._ways.obstacle(record, name, engine):
                raise NoMapError(reason)
        asked = photo, target, method, reference
        kept = {name: partial(self._advance, name, self.lane(name, engine), *asked) for name in names}
        return (self._ways.told(maps, engine) for maps in rounds(kept, tolerance, self.members))

    def finished(
        self,
        photo: Photo,
        method: str,
        target: Target,
        reference: str = "blur",
        tolerance: float = TOLERANCE,
        engine: str | None = None,
    ) -> dict[str, Attribution]:
        """What `refine` ends with for all networks that it can explain, if it is kept, else nothing."""
        obstacles = self.obstacles(method, engine)
        names = [name for name in self.networks if name not in obstacles]
        if not names:
            return {}

        def kept(name: str, before: Refinement | None, allowed_gap: float | None) -> Refinement:
            key = self._key(photo, name, target, method, reference, self.lane(name, engine))
            refinement = self.cache.find(key)
            later = None if refinement is ABSENT else refinement.after(before, allowed_gap)
            if later is None:
                raise LookupError
            return later.on_frame(self.networks[name])

        try:
            *_, maps = rounds({name: partial(kept, name) for name in names}, tolerance, self.members)
        except LookupError:
            return {}
        return self._ways.told(maps, engine)

    def _advance(
        self,
        name: str,
        lane: str,
        photo: Photo,
        target: Target,
        method: str,
        reference: str,
        before: Refinement | None,
        tolerance: float | None,
    ) -> Refinement:
        """The refinement of a network's map after `before`; computed by the thread that asks first."""
        record, network = method_named(method), self.networks[name]
        prepare = partial(self._prepared, name, method, lane)
        compared = record.reference(reference)
        question = Question(name, network, photo.frame, target, compared, prepare, lane)

        def further(kept: Refinement | None) -> Refinement:
            stage = kept or (before if before and before.state is not None else None)
            while stage is None or stage.after(before, None) is None:
                stage = advance(record, question, stage)
            return stage.compact

        kept = self.cache.get(
            self._key(photo, name, target, method, reference, lane),
            self._counted(further),
            lambda kept: kept.after(before, tolerance) is not None,
        )
        return kept.after(before, tolerance).on_frame(network)

    def lane(self, name: str, engine: str | None = None) -> str:
        """By which lane a network is explained; proven when it is first asked. Raises NoMapError."""
        return self._ways.lane(name, engine)

    def obstacles(self, method: str, engine: str | None = None) -> dict[str, str]:
        """Why a method cannot explain networks, in a sentence or two each; of those that it can, nothing."""
        record = method_named(method)
        reasons = {name: self._ways.obstacle(record, name, engine) for name in self.networks}
        return {name: reason for name, reason in reasons.items() if reason}

    def _key(
        self, photo: Photo, name: str, target: Target, method: str, reference: str, lane: str
    ) -> tuple[Any, ...]:
        compared = method_named(method).reference(reference)
        return self._name, photo.digest, name, target, method, compared, lane

    def _prepared(self, name: str, method: str, lane: str) -> Any:  # noqa: ANN401
        """What a method prepares of a network; SHAP's takes 22 MB at 75 px and 53 MB at 100 px."""
        prepare, network = method_named(method).prepare, self.networks[name]
        if prepare is None:
            return None
        return self.cache.get(
            (self._name, name, method, lane), lambda _: prepare(network, self.references, lane)
        )

    def _counted(self, compute: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The same function, whose results are counted."""

        def counted(before: Any) -> Any:  # noqa: ANN401
            value = compute(before)
            with self._lock:
                self.computations += 1
            return value

        return counted
