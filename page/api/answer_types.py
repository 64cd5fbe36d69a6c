"""What the endpoints and the MCP tools answer, field by field.

Logits are natural logarithms of odds up to a constant; shares, areas and gaps are fractions from 0 to 1.
Networks are named "75" and "100", ensembles "average" and "priority", classes as in carmodel.network.CLASSES.
"""

from typing import NotRequired  # pydantic reads no others before Python 3.12

from typing_extensions import TypedDict


class PhotoAnswer(TypedDict):
    """The photo as it was read."""

    file: str  # its name, without folders
    width: int  # upright, in pixels
    height: int
    frame_sha256: str  # of the 300 × 300 frame that both networks see block means of


class NetworkAnswer(TypedDict):
    """One network and what it computed."""

    name: str  # such as "final-75"
    sha256: str  # of its weights
    logits: list[float]  # of the classes, calibrated


class PredictionAnswer(TypedDict):
    """What a network or an ensemble says."""

    verdict: str  # the class
    confidence: float  # its probability
    probabilities: dict[str, float]  # by class
    decided_by: NotRequired[int]  # of Priority: the size of the network that decided
    trace: NotRequired[str]  # of Priority: why, as a sentence


class CueAnswer(TypedDict):
    """Whether the picture looks like a photo of a car."""

    score: float
    threshold: float  # a score above it says that it does not
    car: bool


class Classified(TypedDict):
    """The answer of /classify."""

    photo: PhotoAnswer
    networks: dict[str, NetworkAnswer]
    predictions: dict[str, PredictionAnswer]  # of both networks and both ensembles
    cue: CueAnswer | None  # None where it is not known for these networks
    mode: str  # the ensemble that `sentence` is about
    sentence: str


class MapAnswer(TypedDict):
    """A map in figures and words."""

    method: str
    network: str  # "75", "100", "average" or, of the difference, "75 − 100"
    target: str  # the class explained, or "suv − sedan"
    reference: str  # what the photo was compared with
    score: float  # logits of the photo
    reference_score: float | None  # logits of the reference; None for Grad-CAM
    sum: float  # of the map, in logits
    gap: float | None  # how far sum and change of score miss each other; None for Grad-CAM
    adds_up: bool | None  # whether the gap is small enough; None for Grad-CAM
    steps: int  # of Integrated Gradients
    made_by: str  # the fused engine, or what of captum and shap
    seconds: float  # of computing
    scale: float  # magnitude drawn in full colour, in logits per pixel of the frame
    description: str  # where the weight lies, in words


class Explained(Classified):
    """The answer of /explain, and report.json."""

    target: str
    tolerance: float  # the gap allowed
    detail: str
    maps: dict[str, MapAnswer]  # by method and column, such as "shap_75" or "shap_75-100"
    missing: dict[str, str]  # likewise: why there is no such map, as a sentence
    versions: dict[str, str]  # of Python and of the packages that may change a map


class AreasAnswer(TypedDict):
    """Areas under the probability while cells are covered (deletion) and uncovered (insertion)."""

    deletion: float  # small is good
    insertion: float  # large is good


class BeatsAnswer(TypedDict):
    """Whether a map is better than both controls."""

    deletion: bool
    insertion: bool


class BorderAnswer(TypedDict):
    """How much of a map lies in the outer 12 % of the picture."""

    attribution: float  # share of the map
    area: float  # share of the picture
    ratio: float  # the first over the second


class EvidenceAnswer(TypedDict):
    """How far a map can be trusted."""

    areas: AreasAnswer
    random: AreasAnswer  # of random maps
    gaussian: AreasAnswer  # of a soft spot in the middle of the picture
    beats: BeatsAnswer
    border: BorderAnswer
    verdict: str  # whether it beats the controls, as a sentence


class Examined(TypedDict):
    """The answer of /evidence."""

    photo: PhotoAnswer
    mode: str
    target: str
    tolerance: float
    detail: str
    evidence: dict[str, EvidenceAnswer | None]  # by method and network, such as "shap_75"; None: test failed
    missing: dict[str, str]  # by method and column: why there is no map to test, as a sentence


class MemberAnswer(PredictionAnswer):
    """What one network says, and its map."""

    size: int  # pixels that it sees on a side
    sha256: str  # of its weights
    map: MapAnswer | None  # None where the method cannot explain it


class AgreementAnswer(TypedDict):
    """How far the maps of two networks agree, as the page shows them."""

    rank_correlation: float | None  # Spearman's, -1 to 1; None where a map is constant
    overlap: float  # of the tenth of each that counts most; 0.1 by chance


class DifferenceAnswer(TypedDict):
    """Which two networks' maps agree least."""

    networks: tuple[str, str] | None  # None where there is no pair to compare
    sentence: str  # and where they differ, in words


class Compared(TypedDict):
    """The answer of /compare; networks by the name of their files, such as "final-75"."""

    photo: PhotoAnswer
    method: str
    target: str
    tolerance: float
    detail: str
    networks: dict[str, MemberAnswer]
    missing: dict[str, str]  # network -> why it has no map, as a sentence
    agreement: dict[str, dict[str, AgreementAnswer]]
    differ_most: DifferenceAnswer
