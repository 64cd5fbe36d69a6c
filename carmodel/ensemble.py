"""Average and Priority: the logits of both networks -> one Prediction.

Average is the softmax of the mean logits, which is the normalised geometric mean of the two networks'
probabilities. Priority lets one network decide by a rule about which of them recognises which class
better, and says in words how it came to that. Both start from logits: a softmax of probabilities could
never be more than 47.5 % sure of one class in four.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from torch import Tensor

from carmodel.network import CLASSES

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


def average(logits_75: Tensor, logits_100: Tensor) -> Prediction:
    """The softmax of the mean of both networks' logits, (4,) each."""
    return predict((logits_75 + logits_100) / 2)


def priority(logits_75: Tensor, logits_100: Tensor, owners: Mapping[str, int]) -> Prediction:
    """The prediction of the network that the priority rule lets decide, from logits (4,) each.

    `owners` maps each class to the size of the network that recognises it better. The 75 px network decides
    if it names a class of its own and the 100 px network does not; otherwise the 100 px network decides.
    """
    small, large = predict(logits_75), predict(logits_100)
    small_names_own = owners[small.verdict] == 75
    large_names_own = owners[large.verdict] == 100
    decided_by = 75 if small_names_own and not large_names_own else 100
    if small.verdict == large.verdict:
        said = f"75 px and 100 px both say {SPOKEN[small.verdict]}."
        why = f"{decided_by} px is the better judge of it"
    else:
        said = f"75 px says {SPOKEN[small.verdict]}, 100 px says {SPOKEN[large.verdict]}."
        why = {
            (True, True): "Each names a class it is the better judge of",
            (True, False): "75 px is the better judge of both",
            (False, True): "100 px is the better judge of both",
            (False, False): "Neither names a class it is the better judge of",
        }[small_names_own, large_names_own]
    trace = f"{said} {why}, so {decided_by} px decides."
    return replace(small if decided_by == 75 else large, trace=trace, decided_by=decided_by)
