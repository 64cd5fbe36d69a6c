"""The evidence for a map, by one door: how faithful it is, whether it beats the controls, where it lies."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from carmodel.network import Network
from explain.attribution import Attribution
from explain.evidence.faithfulness import Beats, Controls, Faithfulness, beats, controls, faithfulness
from explain.evidence.regions import Share, border, share
from explain.smoothing import SMOOTHINGS, smoothed


@dataclass(frozen=True)
class Evidence:
    """What speaks for a map, and what against it."""

    faithfulness: Faithfulness
    controls: Controls
    beats: Beats
    border: Share  # of |map| in the outer 12 % of the picture


def evidence(
    networks: Network | Sequence[Network],
    frame: Tensor,
    attribution: Attribution,
    fill: str = "blur",
    smoothing: str = SMOOTHINGS[0],
    against: Controls | None = None,
) -> Evidence:
    """The evidence for a map as it is shown with `smoothing`; networks are those that the map is of.

    The controls depend on the photo, the networks, the target and the fill only: pass those of another
    method's evidence as `against`, and nothing is computed twice.
    """
    curves = faithfulness(networks, frame, attribution, fill, smoothing)
    against = against or controls(networks, frame, attribution.target, fill)
    outside = share(smoothed(attribution, smoothing).map, border())
    return Evidence(curves, against, beats(curves, against), outside)


def verdict(test: Evidence) -> str:
    """Whether a map beats both controls, as a sentence."""
    won = test.beats
    if won.deletion and won.insertion:
        return "Beats both controls."
    if won.deletion:
        return "Beats both controls at deletion, not at insertion."
    if won.insertion:
        return "Beats both controls at insertion, not at deletion."
    return "Does not beat both controls."
