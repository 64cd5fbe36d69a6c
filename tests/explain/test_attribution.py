import pytest
import torch

from explain.attribution import Attribution, completeness_gap, difference, mean
from explain.methods.registry import METHODS
from explain.target import Target


def attribution(values, **changes):
    map = torch.tensor(values)
    facts = {
        "method": METHODS["integrated_gradients"],
        "network": "75",
        "target": Target("suv"),
        "reference": "black",
        "score": 3.0,
        "reference_score": 1.0,
        "gap": 0.0,
        "steps": 8,
        "seconds": 0.5,
    }
    return Attribution(map=map, cells=map, **facts | changes)


SMALL = attribution([[1.0, -2.0], [3.0, 0.0]])  # adds up: 2 = 3 − 1
LARGE = attribution(
    [[0.0, 4.0], [1.0, -1.5]], network="100", score=6.0, reference_score=2.0, gap=0.125, steps=64, seconds=2.0
)  # 3.5 where the score changes by 4


def test_total():
    assert SMALL.total == 2.0
    assert LARGE.total == 3.5


@pytest.mark.parametrize(
    ("score", "reference_score", "gap"),
    [
        (6.0, 1.0, 0.3),  # |3.5 − 5| / 5
        (1.0, 6.0, 1.7),  # |3.5 + 5| / 5
        (3.25, 0.0, 0.25 / 3.25),
        (0.5, 0.25, 3.25),  # less than one logit counts as one
    ],
)
def test_completeness_gap(score, reference_score, gap):
    assert completeness_gap(LARGE.map, score, reference_score) == pytest.approx(gap)


def test_mean_is_the_map_of_the_mean_score():
    both = mean([SMALL, LARGE])
    assert both.map.tolist() == [[0.5, 1.0], [2.0, -0.75]]
    assert both.cells is both.map
    assert (both.score, both.reference_score) == (4.5, 1.5)
    assert both.gap == pytest.approx(0.25 / 3)  # |2.75 − 3| / 3
    assert (both.network, both.steps, both.seconds) == ("average", 64, 2.5)
    assert (both.method.name, both.target, both.reference) == ("integrated_gradients", Target("suv"), "black")


def test_difference_is_signed():
    only = difference(SMALL, LARGE)
    assert only.map.tolist() == [[1.0, -6.0], [2.0, 1.5]]
    assert (only.score, only.reference_score) == (-3.0, -1.0)
    assert only.gap == pytest.approx(0.25)  # |−1.5 + 2| / 2
    assert only.network == "75 − 100"
    assert difference(LARGE, SMALL).map.tolist() == [[-1.0, 6.0], [-2.0, -1.5]]


def test_maps_without_a_reference_stay_without_a_gap():
    cams = [
        attribution(
            [[1.0]],
            method=METHODS["gradcam"],
            reference="none",
            reference_score=None,
            gap=None,
            network=name,
        )
        for name in ("75", "100")
    ]
    for combined in (mean(cams), difference(*cams)):
        assert combined.reference_score is None
        assert combined.gap is None


@pytest.mark.parametrize(
    "changes", [{"method": METHODS["shap"]}, {"target": Target("sedan")}, {"reference": "blur"}]
)
def test_unlike_maps_cannot_be_combined(changes):
    other = attribution([[1.0, 1.0], [1.0, 1.0]], **changes)
    with pytest.raises(ValueError, match="same method, target and reference"):
        mean([SMALL, other])
    with pytest.raises(ValueError, match="same method, target and reference"):
        difference(SMALL, other)
