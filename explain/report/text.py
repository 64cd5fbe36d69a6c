"""Maps and verdicts in words: names to print, alt texts, and the receipt that stands under a map."""

import re
from collections.abc import Mapping

from torch import Tensor

from carmodel.ensemble import SPOKEN, Prediction
from carmodel.network import SIZES
from explain.attribution import Attribution
from explain.explainer import Classification
from explain.target import Target

METHOD_NAMES = {"gradcam": "Grad-CAM", "integrated_gradients": "Integrated Gradients", "shap": "SHAP"}
NETWORK_NAMES = {"75": "75 px", "100": "100 px", "average": "average", "75 − 100": "75 px − 100 px"}
COMPARED_WITH = {
    "black": "a black picture",
    "mean": "the photo’s mean colour",
    "blur": "the blurred photo",
    "training frames": "frames of the training photos",
}  # reference -> what it is
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")
REGIONS = (
    *("the upper left", "the upper middle", "the upper right"),
    *("the middle left", "the centre", "the middle right"),
    *("the lower left", "the lower middle", "the lower right"),
)  # ninths of the picture, row by row
EXACT = 0.001  # the gap that SHAP must stay below
EVEN = 0.2  # a map whose heaviest ninth (a ninth is 0.11) holds less than this share is spread out
LITTLE = 0.1  # a row or column of ninths (a third is 0.33) that holds less than this share is named


def named(label: str) -> str:
    """A class at the start of a sentence or alone: "Sedan", "SUV"."""
    return SPOKEN[label][0].upper() + SPOKEN[label][1:]


def percent(fraction: float) -> str:
    """Whole per cent; never "100 %" or "0 %" for what is not certain."""
    if 0.995 <= fraction < 1:
        return "> 99 %"
    if 0 < fraction < 0.005:
        return "< 1 %"
    return f"{100 * fraction:.0f} %"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, "−" being a real minus; zero has none."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    return text if float(text[1:]) else text[1:]


def sentence(classification: Classification, mode: str) -> str:
    """What the ensemble `mode`, "average" or "priority", says and whether the networks agree."""
    decision = classification.predictions[mode]
    says = f"{named(decision.verdict)}, {percent(decision.confidence)}"
    small, large = (classification.predictions[str(size)] for size in SIZES)
    if small.verdict == large.verdict:
        return f"{says}: both networks agree."
    decides = f", and Priority lets {decision.decided_by} px decide" if decision.decided_by else ""
    return f"{says}: the networks disagree{decides}."


def reason(classification: Classification, mode: str) -> str:
    """How the verdict came about: Priority's trace, or what each network says and what their average says."""
    decision = classification.predictions[mode]
    if decision.trace:
        return decision.trace
    small, large = (classification.predictions[str(size)] for size in SIZES)
    if small.verdict == large.verdict:
        return f"75 px is {percent(small.confidence)} sure, 100 px {percent(large.confidence)}."
    return (
        f"75 px says {SPOKEN[small.verdict]} ({percent(small.confidence)}), "
        f"100 px {SPOKEN[large.verdict]} ({percent(large.confidence)}); "
        f"the average of their logits says {SPOKEN[decision.verdict]}."
    )


def network_name(name: str) -> str:
    """A network: "75 px" for "75" and "final-75", "75 px baseline" for "baseline-75"; other names stay."""
    if found := re.fullmatch(r"(final-|baseline-)?(75|100)", name):
        return f"{found[2]} px{' baseline' if found[1] == 'baseline-' else ''}"
    return name


def target_name(target: Target) -> str:
    """What a map explains: "SUV" or "SUV and not coupe"."""
    toward = SPOKEN[target.toward]
    return f"{toward} and not {SPOKEN[target.against]}" if target.against else toward


def idea(attribution: Attribution) -> str:
    """What a method's maps show, as a sentence."""
    if attribution.reference == "none":
        target = target_name(attribution.target)
        return f"Where the last convolutions speak for {target}; what speaks against is not shown."
    return f"What each pixel adds to the score, compared with {COMPARED_WITH[attribution.reference]}."


def column_titles(decision: Prediction) -> tuple[str, str, str, str]:
    """What stands over the four columns of a method's row, where `decision` is that of the ensemble shown."""
    ensemble = f"Priority: {decision.decided_by} px decides" if decision.decided_by else "Average"
    return "75 px", "100 px", ensemble, "75 px − 100 px (red: 75 px finds more)"


def describe(attribution: Attribution) -> str:
    """The alt text of a map: where most of its weight lies, for and against, and where there is little.

    Shares are of the sum of the positive pixels and of the sum of the negative ones, each taken for itself.
    Where there are both, the region with the largest sum of all its pixels follows: for and against often lie
    side by side and cancel.
    "Grad-CAM, 75 px, for SUV: 62 % of the positive weight lies in the lower middle; little in the top row."
    """
    first, _, second = map(network_name, attribution.network.partition(" − "))
    if second:
        names = f"weight that {first} adds over {second}", f"weight that {second} adds over {first}"
    else:
        names = "positive weight", "negative weight"
    positive, negative = attribution.map.clamp(min=0), -attribution.map.clamp(max=0)
    places = [
        _heaviest(part, name) for part, name in zip((positive, negative), names, strict=True) if part.any()
    ]
    if len(places) == 2:
        sums = ninths(attribution.map).flatten()
        most = int(sums.abs().argmax())
        places.append(f"net, {REGIONS[most]} counts most, with {signed(float(sums[most]))} logits")
    method, network = METHOD_NAMES[attribution.method], f"{first} − {second}" if second else first
    says = "; ".join([*places, *_little(attribution.map.abs())]) or "the map is zero everywhere"
    return f"{method}, {network}, for {target_name(attribution.target)}: {says}."


def differ(difference: Attribution) -> str:
    """Where two networks differ most, from the difference of their maps: the ninth with the largest sum.

    "the lower middle counts 0.84 logits more for 75 px"
    """
    first, second = map(network_name, difference.network.split(" − "))
    sums = ninths(difference.map).flatten()
    most = int(sums.abs().argmax())
    if not (amount := float(sums[most])):
        return "their maps are the same"
    return f"{REGIONS[most]} counts {abs(amount):.2f} logits more for {first if amount > 0 else second}"


def fails(attribution: Attribution, maps: Mapping[str, Attribution], tolerance: float) -> bool:
    """Whether one of a row's `maps` (of "75", "100", …) misses its score by more than a fraction `tolerance`.

    Never for a map that has no sum to check. SHAP has no steps to refine and must be EXACT. A difference of
    two networks fails if one of them does: where they nearly agree, small gaps of each are large beside it.
    """
    parts = (maps["75"], maps["100"]) if "−" in attribution.network else (attribution,)
    allowed = EXACT if attribution.method == "shap" else tolerance
    return any(part.gap is not None and part.gap > allowed for part in parts)


def receipt(attribution: Attribution) -> str:
    """What a map adds up to and what it should, such as "sum +3.21 of +3.25 logits, gap 1.2 %, 64 steps"."""
    if attribution.gap is None or attribution.reference_score is None:
        return "shows where; has no sum to check"
    change = attribution.score - attribution.reference_score
    steps = f", {attribution.steps} steps" if attribution.method == "integrated_gradients" else ""
    gap = f"{100 * attribution.gap:.2g} %" if attribution.gap >= 1e-4 else "< 0.01 %"
    return f"sum {signed(attribution.total)} of {signed(change)} logits, gap {gap}{steps}"


def ninths(map: Tensor) -> Tensor:
    """The sums (3, 3) of a map (300, 300) over each ninth of the picture."""
    return map.double().reshape(3, 100, 3, 100).sum((1, 3))


def _heaviest(weight: Tensor, name: str) -> str:
    shares = ninths(weight).flatten() / weight.sum()
    share, region = float(shares.max()), REGIONS[int(shares.argmax())]
    if share < EVEN:
        return f"the {name} is spread out, at most {percent(share)} in one ninth"
    return f"{percent(share)} of the {name} lies in {region}"


def _little(weight: Tensor) -> list[str]:
    """The emptiest row or column of ninths in words, if it is nearly empty."""
    if not weight.any():
        return []
    shares = ninths(weight) / weight.sum()
    bands = {f"{name} row": float(share) for name, share in zip(ROWS, shares.sum(1), strict=True)}
    bands |= {f"{name} column": float(share) for name, share in zip(COLUMNS, shares.sum(0), strict=True)}
    emptiest = min(bands, key=bands.__getitem__)
    return [f"little in the {emptiest}"] if bands[emptiest] < LITTLE else []
