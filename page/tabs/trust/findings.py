"""What the tests of a photo's maps found, in one or two plain sentences for each test."""

from collections.abc import Mapping
from math import isfinite

from explain.classification import AVERAGE
from explain.evidence.evidence import Evidence
from explain.evidence.faithfulness import Curve
from explain.evidence.regions import Share
from explain.methods.registry import METHODS
from explain.report.text import network_name, percent, target_name
from explain.target import Target
from page.evidence import Found

FELL_APART = 0.3  # rank correlation with the original below which nothing of a map is left

Of = tuple[str, str]  # method and network that a map is of


def faithfulness(evidence: Found, target: Target) -> str:
    """Which map names best what matters, and how many beat the controls; "" without a finished test."""
    tests = [
        (test, method, network)
        for network, row in evidence.items()
        for method, test in row.items()
        if network != AVERAGE and test is not None
    ]
    if not tests:
        return ""
    best, *of = min(tests, key=lambda entry: (_lost(entry[0]), entry[0].faithfulness.deletion.area))
    won = [sum(getattr(entry[0].beats, name) for entry in tests) for name in ("deletion", "insertion")]
    maps = "one map" if len(tests) == 1 else f"{len(tests)} maps"
    count = f"Of {maps}, {won[0]} beat both controls at deletion and {won[1]} at insertion."
    if best.beats.deletion:
        effect = _effect(best.faithfulness.deletion, target)
        return f"{_map(*of)} names what matters best: {effect}. {count}"
    return f"No map names what matters better than the middle of the picture or chance does. {count}"


def regions(borders: Mapping[Of, Share]) -> str:
    """Whether a map leans on the border of the picture; "" without a map."""
    if not borders:
        return ""
    of = max(borders, key=lambda of: borders[of].attribution)
    most = borders[of]
    if most.ratio > 1:
        return (
            f"{_map(*of)} leans on the border: {percent(most.attribution)} of its weight lies in the outer "
            f"12 % on each side, which are {percent(most.area)} of the picture."
        )
    return (
        f"No map leans on the border: the outer 12 % on each side are {percent(most.area)} of the picture "
        f"and hold at most {percent(most.attribution)} of the weight."
    )


def sanity(left: Mapping[Of, float | None]) -> str:
    """Whether every map fell apart; `left` is the rank correlation in the end, None for a flat map."""
    kept = {of: value for of, value in left.items() if value is not None and value >= FELL_APART}
    if not kept:
        return (
            "Every map falls apart: with all layers random, its rank correlation with the original is below "
            f"{FELL_APART}."
        )
    of = max(kept, key=kept.__getitem__)
    others = {1: "", 2: " So does one other."}.get(len(kept), f" So do {len(kept) - 1} others.")
    return (
        f"{_map(*of)} still resembles the original with all layers random (rank correlation {kept[of]:.2f}): "
        f"part of it shows the photo, not what the network learnt.{others}"
    )


def stability(changes: Mapping[Of, float]) -> str:
    """Which map is the steadiest and which the least steady, of `changes` as fractions of the maps.

    Those of an empty map, which are infinite, are left out; "" if there are no others.
    """
    changes = {of: value for of, value in changes.items() if isfinite(value)}
    if not changes:
        return ""
    steadiest, least = min(changes, key=changes.__getitem__), max(changes, key=changes.__getitem__)
    return (
        f"{_map(*steadiest)} is the steadiest: noise too faint to see changes it by "
        f"{percent(changes[steadiest])} at most. {_map(*least)} is the least steady, with "
        f"{percent(changes[least])}."
    )


def _effect(deletion: Curve, target: Target) -> str:
    """What covering the cells that a map ranks first does to the probability."""
    start, end = deletion.probabilities[0], deletion.probabilities[-1]
    of = f"the probability of {target_name(target)}"
    if end > start / 2:  # then so may any order of covering
        return f"but a wholly blurred photo still keeps {of} at {percent(end)}, so covering it tells little"
    halved = next(
        fraction
        for fraction, probability in zip(deletion.fractions, deletion.probabilities, strict=True)
        if probability <= start / 2
    )
    return f"covering its top {percent(halved)} halves {of}"


def _lost(test: Evidence) -> int:
    """How many of the two tests a map lost; deletion counts more."""
    return 2 * (not test.beats.deletion) + (not test.beats.insertion)


def _map(method: str, network: str) -> str:
    name = METHODS[method].title
    return f"{name}’{'' if name.endswith('s') else 's'} map of the {network_name(network)} network"
