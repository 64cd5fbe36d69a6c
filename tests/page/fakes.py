"""An Explainer that computes nothing, for what is about drawing and order alone."""

from dataclasses import dataclass, replace

import torch

from carmodel.card import Card
from carmodel.ensemble import PUBLISHED_OWNERS, Rules, predict
from carmodel.network import CLASSES
from explain.classification import Classification
from explain.explainer import Explainer
from explain.methods.lanes import FAST
from explain.methods.registry import METHODS

LOGITS = ((0.0, 0.0, 3.0, 0.0), (0.0, 2.0, 0.0, 0.0))  # of the first network, which says SUV, and of others


@dataclass(frozen=True)
class FakeNetwork:
    """In place of a network; equal to any other of its size."""

    size: int


class FakeExplainer(Explainer):
    """Explains every photo the same way, at once; methods that refine their maps in two steps.

    `asked` lists what `refine` was asked for: the real one computes nothing that it was asked for before.
    """

    def __init__(self, attribution, sizes=(75, 100)):
        names = [str(size) for size in sizes]
        super().__init__(
            {name: FakeNetwork(int(name)) for name in names},
            torch.zeros(1, 3, 300, 300),
            cards={
                name: Card(f"final-{name}", int(name), True, CLASSES, 1.0, "0f", {}, {}, {}) for name in names
            },
            rules=Rules(PUBLISHED_OWNERS),
        )
        self.attribution = attribution
        self.asked = []

    def classify(self, photo):
        logits = {name: torch.tensor(LOGITS[min(place, 1)]) for place, name in enumerate(self.networks)}
        predictions = {name: predict(values) for name, values in logits.items()}
        predictions |= self._ensembles.predict(logits)
        return Classification(logits, predictions, members=self.members)

    def finished(self, photo, method, target, reference="blur", tolerance=0.02, engine=None):
        settings = photo, method, target, reference, tolerance
        names = self.networks if any(request[:5] == settings for request in self.asked) else ()
        return {name: replace(self.attribution(2.0, 2.0, method, name), target=target) for name in names}

    def obstacles(self, method, engine=None):
        return {}

    def lane(self, name, engine=None):
        return FAST

    def refine(self, photo, method, target, reference="blur", tolerance=0.02, networks=None, engine=None):
        names = tuple(self.networks if networks is None else networks)
        self.asked.append((photo, method, target, reference, tolerance, names))
        steps = [(1.0, 8), (2.0, 16)] if METHODS[method].refines else [(2.0, 1)]
        for total, count in steps:
            maps = {name: self.attribution(total, 2.0, method, name, count) for name in names}
            yield {name: replace(map, target=target) for name, map in maps.items()}
