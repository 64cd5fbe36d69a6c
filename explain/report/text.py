"""Maps and verdicts in words: names to print, alt texts, and the receipt that stands under a map."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

from carmodel.ensemble import SPOKEN
from explain.attribution import FUSED, MINUS, Attribution
from explain.classification import Classification
from explain.references import phrase_of
from explain.target import Target

ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")
REGIONS = (
    *("the upper left", "the upper middle", "the upper right"),
    *("the middle left", "the centre", "the middle right"),
    *("the lower left", "the lower middle", "the lower right"),
)  # ninths of the picture, row by row
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


def listed(names: Iterable[str], last: str = "and") -> str:
    """Names in a sentence, such as "A, B and C"."""
    *others, final = names
    return f"{', '.join(others)} {last} {final}" if others else final


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, "−" being a real minus; zero has none."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    return text if float(text[1:]) else text[1:]


def sentence(classification: Classification, ensemble: str) -> str:
    """What the ensemble says and whether the networks agree; of one network what it says."""
    decision = classification.predictions[classification.decision(ensemble)]
    says = f"{named(decision.verdict)}, {percent(decision.confidence)}"
    networks = {name: classification.predictions[name] for name in classification.logits}
    if len(networks) == 1:
        return f"{says}: {network_name(next(iter(networks)))} alone."
    if len({prediction.verdict for prediction in networks.values()}) == 1:
        return f"{says}: {'both' if len(networks) == 2 else f'all {len(networks)}'} networks agree."
    decides = f", and Priority lets {decision.decided_by} px decide" if decision.decided_by else ""
    return f"{says}: the networks disagree{decides}."


def reason(classification: Classification, ensemble: str) -> str:
    """How the verdict came about: Priority's trace, or what each network says and what their average says."""
    decision = classification.predictions[classification.decision(ensemble)]
    if decision.trace:
        return decision.trace
    networks = {network_name(name): classification.predictions[name] for name in classification.logits}
    if len({prediction.verdict for prediction in networks.values()}) == 1:
        (first, says), *others = networks.items()
        sure = [f"{name} {percent(other.confidence)}" for name, other in others]
        return ", ".join([f"{first} is {percent(says.confidence)} sure", *sure]) + "."
    (first, says), *others = networks.items()
    told = [f"{name} {SPOKEN[other.verdict]} ({percent(other.confidence)})" for name, other in others]
    told = [f"{first} says {SPOKEN[says.verdict]} ({percent(says.confidence)})", *told]
    return f"{', '.join(told)}; the average of their logits says {SPOKEN[decision.verdict]}."


def network_name(name: str) -> str:
    """A network in print: "75 px" for "75" and "final-75", "75 px baseline" for "baseline-75".

    Two of them with "−" between are both in print; other names stay.
    """
    if MINUS in name:
        return MINUS.join(map(network_name, name.split(MINUS)))
    if parts := re.fullmatch(r"(final-|baseline-)?(\d+)", name):
        return f"{parts[2]} px{' baseline' if parts[1] == 'baseline-' else ''}"
    return name


def target_name(target: Target) -> str:
    """What a map explains: "SUV" or "SUV and not coupe"."""
    toward = SPOKEN[target.toward]
    return f"{toward} and not {SPOKEN[target.against]}" if target.against else toward


def idea(attribution: Attribution) -> str:
    """What a method's maps show, as a sentence."""
    return attribution.method.idea.format(
        target=target_name(attribution.target), reference=phrase_of(attribution.reference)
    )


def compared_networks(difference: Attribution) -> tuple[str, str]:
    """The names in print of the two networks whose maps' difference this is."""
    first, second = map(network_name, difference.parts)
    return first, second


def describe(attribution: Attribution) -> str:
    """The alt text of a map: where most of its weight lies, for and against, and where there is little.

    Shares are of the sum of the positive pixels and of the sum of the negative ones, each taken for itself.
    Where there are both, the region with the largest sum of all its pixels follows: for and against often lie
    side by side and cancel.
    "Grad-CAM, 75 px, for SUV: 62 % of the positive weight lies in the lower middle; little in the top row."
    """
    if attribution.parts:
        first, second = compared_networks(attribution)
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
    method, network = attribution.method.title, network_name(attribution.network)
    says = "; ".join([*places, *_little(attribution.map.abs())]) or "the map is zero everywhere"
    return f"{method}, {network}, for {target_name(attribution.target)}: {says}."


def differ(difference: Attribution) -> str:
    """Where two networks differ most, from the difference of their maps: the ninth with the largest sum.

    "the lower middle counts 0.84 logits more for 75 px"
    """
    first, second = compared_networks(difference)
    sums = ninths(difference.map).flatten()
    most = int(sums.abs().argmax())
    if not (amount := float(sums[most])):
        return "their maps are the same"
    return f"{REGIONS[most]} counts {abs(amount):.2f} logits more for {first if amount > 0 else second}"


def fails(attribution: Attribution, columns: Mapping[str, Attribution], tolerance: float) -> bool:
    """Whether one of a row's maps misses its score by more than its method may at this tolerance.

    Never for a map that has no sum to check. A difference of two networks fails if one of them does: where
    they nearly agree, small gaps of each are large beside it.
    """
    parts = [attribution]
    if attribution.parts:
        parts = [columns[name] for name in attribution.parts]
    allowed = attribution.method.allowed_gap(tolerance)
    return any(part.gap is not None and allowed is not None and part.gap > allowed for part in parts)


def receipt(attribution: Attribution) -> str:
    """What a map adds up to and what it should, such as "sum +3.21 of +3.25 logits, gap 1.2 %, 64 steps"."""
    by = "" if attribution.made_by == FUSED else f", by {attribution.made_by}"
    if attribution.gap is None or attribution.reference_score is None:
        return f"shows where; has no sum to check{by}"
    change = attribution.score - attribution.reference_score
    steps = f", {attribution.steps} steps" if attribution.method.refines else ""
    gap = gap_in_percent(attribution.gap)
    return f"sum {signed(attribution.total)} of {signed(change)} logits, gap {gap}{steps}{by}"


def gap_in_percent(gap: float) -> str:
    """A completeness gap in print: two significant figures, and what is next to nothing as such."""
    return f"{100 * gap:.2g} %" if gap >= 1e-4 else "< 0.01 %"


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
