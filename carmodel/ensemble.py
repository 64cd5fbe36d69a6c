"""Average and Priority: the logits of several networks -> one Prediction.

Average is the softmax of the mean logits, which is the normalised geometric mean of the networks'
probabilities. Priority lets one network decide by a rule about which of them recognises which class
better, and says in words how it came to that. Both start from logits: a softmax of probabilities could
never be more than 47.5 % sure of one class in four. Which networks they are of is recorded beside the
weights, as `Rules`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from carmodel.network import CLASSES

AVERAGE, PRIORITY = "average", "priority"  # the ensembles
PUBLISHED_OWNERS = {"sedan": 75, "coupe": 100, "suv": 75, "truck": 100}  # class -> size of its better judge
SPOKEN = {"sedan": "sedan", "coupe": "coupe", "suv": "SUV", "truck": "truck"}  # class -> word in a sentence


@dataclass(frozen=True)
class Prediction:
    """What one network or an ensemble says about a photo.

    `probabilities` are in the order of CLASSES and sum to 1; `confidence` is that of `verdict`, a class.
    `trace` tells in words how Priority came to its verdict and `decided_by` is the size in pixels of the
    network that decided; for anything but Priority they are "" and None.
    """

    probabilities: tuple[float, ...]
    verdict: str
    confidence: float
    trace: str = ""
    decided_by: int | None = None


def predict(logits: Tensor) -> Prediction:
    """The prediction of one network from its logits (4,), in the order of CLASSES.

    Raises ValueError for any other shape.
    """
    if logits.shape != (len(CLASSES),):
        raise ValueError(f"A prediction needs {len(CLASSES)} logits, not a tensor of {tuple(logits.shape)}.")
    probabilities = tuple(logits.detach().double().softmax(0).tolist())
    confidence = max(probabilities)
    return Prediction(probabilities, CLASSES[probabilities.index(confidence)], confidence)


def average(logits: Iterable[Tensor]) -> Prediction:
    """The softmax of the mean of all networks' logits, (4,) each."""
    return predict(torch.stack(list(logits)).mean(0))


def priority(logits: Mapping[int, Tensor], owners: Mapping[str, int]) -> Prediction:
    """The prediction of the network that the priority rule lets decide, from the logits (4,) of two, by size.

    `owners` maps each class to the size of the network that recognises it better. The smaller network decides
    if it names a class of its own and the larger one does not; otherwise the larger one decides.
    """
    small, large = sorted(logits)
    says = {size: predict(logits[size]) for size in (small, large)}
    names_own = {size: owners[says[size].verdict] == size for size in (small, large)}
    decided_by = small if names_own[small] and not names_own[large] else large
    if says[small].verdict == says[large].verdict:
        said = f"{small} px and {large} px both say {SPOKEN[says[small].verdict]}."
        why = f"{decided_by} px is the better judge of it"
    else:
        said = ", ".join(f"{size} px says {SPOKEN[says[size].verdict]}" for size in (small, large)) + "."
        why = {
            (True, True): "Each names a class it is the better judge of",
            (True, False): f"{small} px is the better judge of both",
            (False, True): f"{large} px is the better judge of both",
            (False, False): "Neither names a class it is the better judge of",
        }[names_own[small], names_own[large]]
    trace = f"{said} {why}, so {decided_by} px decides."
    return replace(says[decided_by], trace=trace, decided_by=decided_by)


@dataclass(frozen=True)
class Rules:
    """What is recorded of the ensembles of networks that are told apart by their sizes.

    `owners` maps each class to the size in pixels of the network that Priority trusts with it; without them
    there is no Priority. `average` has the sizes of the networks whose mean Average is; () for all.
    """

    owners: Mapping[str, int] = field(default_factory=dict)
    average: tuple[int, ...] = ()


@dataclass(frozen=True)
class Ensembles:
    """The ensembles of some networks: by name those that Average is of, and Priority, () for none."""

    sizes: Mapping[str, int]  # network -> pixels on a side
    owners: Mapping[str, int]
    average: tuple[str, ...]
    priority: tuple[str, ...]  # two of different sizes

    @property
    def names(self) -> tuple[str, ...]:
        """The ensembles that there are."""
        members = {AVERAGE: self.average, PRIORITY: self.priority}
        return tuple(name for name, networks in members.items() if networks)

    def predict(self, logits: Mapping[str, Tensor]) -> dict[str, Prediction]:
        """What each ensemble says, from the logits (4,) of the networks by name."""
        predictions = {}
        if self.average:
            predictions[AVERAGE] = average(logits[name] for name in self.average)
        if self.priority:
            by_size = {self.sizes[name]: logits[name] for name in self.priority}
            predictions[PRIORITY] = priority(by_size, self.owners)
        return predictions


def ensembles_of(sizes: Mapping[str, int], rules: Rules) -> Ensembles:
    """The ensembles of networks by name, of these sizes in pixels: none of one network alone.

    Average is of the recorded networks if they are all there, or else of all. Priority is of the two whose
    sizes own classes; of two networks one may own all.
    """
    members = tuple(name for name, size in sizes.items() if size in rules.average)
    recorded = set(rules.average) <= set(sizes.values())
    mean_of = members if members and recorded else tuple(sizes)
    owning = set(rules.owners.values())
    judges = tuple(name for name, size in sizes.items() if size in owning or len(sizes) == 2)
    different = {sizes[name] for name in judges}
    by_rule = owning and owning <= different and len(judges) == len(different) == 2
    return Ensembles(sizes, rules.owners, mean_of if len(mean_of) > 1 else (), judges if by_rule else ())
