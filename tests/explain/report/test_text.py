import pytest
import torch

from carmodel.ensemble import PUBLISHED_OWNERS, average, predict, priority
from explain.attribution import Attribution, difference
from explain.classification import Classification
from explain.methods.registry import METHODS
from explain.report.text import (
    describe,
    differ,
    fails,
    named,
    network_name,
    ninths,
    percent,
    reason,
    receipt,
    sentence,
    signed,
    target_name,
)
from explain.target import Target

SUV = Target("suv")


def attribution_of(map, method="shap", network="75", target=SUV, score=3.0, reference=1.0, gap=0.0, steps=1):
    record = METHODS[method]
    return Attribution(map, map, record, network, target, "black", score, reference, gap, steps, 0.0)


def map_of(*rows):
    """A map (300, 300) whose ninths sum to the numbers given, row by row."""
    return torch.tensor(rows).repeat_interleave(100, 0).repeat_interleave(100, 1) / 10_000


def classification_of(logits_75, logits_100):
    logits = {"75": torch.tensor(logits_75), "100": torch.tensor(logits_100)}
    predictions = {name: predict(each) for name, each in logits.items()}
    predictions["average"] = average(logits.values())
    predictions["priority"] = priority(dict(zip((75, 100), logits.values(), strict=True)), PUBLISHED_OWNERS)
    return Classification(logits, predictions)


AGREE = classification_of([0.0, 0.0, 4.0, 0.0], [0.0, 0.0, 2.0, 0.0])
DISAGREE = classification_of([0.0, 2.0, 0.0, 0.0], [4.0, 0.0, 0.0, 0.0])


def test_describe_positive_map():
    map = map_of([0.0, 1.0, 0.0], [7.0, 15.0, 7.0], [4.0, 62.0, 4.0])
    assert describe(attribution_of(map, "gradcam")) == (
        "Grad-CAM, 75 px, for SUV: 62 % of the positive weight lies in the lower middle; "
        "little in the top row."
    )


def test_describe_weight_in_one_corner():
    map = torch.zeros(300, 300)
    map[290:, 290:] = 0.25
    assert describe(attribution_of(map, "gradcam", "100", Target("truck"))) == (
        "Grad-CAM, 100 px, for truck: 100 % of the positive weight lies in the lower right; "
        "little in the top row."
    )


def test_describe_signed_map_tells_for_and_against_apart():
    map = map_of([-30.0, 2.0, 10.0], [-10.0, 5.0, 40.0], [-20.0, 3.0, 20.0])
    assert describe(attribution_of(map, "integrated_gradients", "average", Target("suv", "coupe"))) == (
        "Integrated Gradients, average, for SUV and not coupe: "
        "50 % of the positive weight lies in the middle right; "
        "50 % of the negative weight lies in the upper left; "
        "net, the middle right counts most, with +40.00 logits; little in the centre column."
    )


def test_describe_difference_names_the_network():
    small = attribution_of(map_of([0.0, 0.0, 9.0], [0.0, 8.0, 0.0], [0.0, 0.0, 0.0]))
    large = attribution_of(map_of([0.0, 0.0, 6.0], [0.0, 0.0, 0.0], [5.0, 0.0, 0.0]), network="100")
    assert describe(difference(small, large)) == (
        "SHAP, 75 px − 100 px, for SUV: 73 % of the weight that 75 px adds over 100 px lies in the centre; "
        "100 % of the weight that 100 px adds over 75 px lies in the lower left; "
        "net, the centre counts most, with +8.00 logits."
    )


def test_describe_even_map():
    assert describe(attribution_of(torch.ones(300, 300))) == (
        "SHAP, 75 px, for SUV: the positive weight is spread out, at most 11 % in one ninth."
    )


def test_describe_empty_map():
    assert (
        describe(attribution_of(torch.zeros(300, 300))) == "SHAP, 75 px, for SUV: the map is zero everywhere."
    )


def test_describe_finds_what_for_and_against_hide_side_by_side():
    map = map_of([0.0, 0.0, 0.0], [0.0, 0.0, -2.0], [0.0, 0.0, 0.0])
    map[100:200, 100:200:2], map[100:200, 101:200:2] = 0.001, -0.001  # stripes of ±5 that cancel
    assert describe(attribution_of(map)) == (
        "SHAP, 75 px, for SUV: 100 % of the positive weight lies in the centre; "
        "71 % of the negative weight lies in the centre; "
        "net, the middle right counts most, with −2.00 logits; little in the top row."
    )


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ([[0.0, 0.0, 1.0]], [[0.0, 0.5, 3.0]], "the upper right counts 2.00 logits more for 75 px baseline"),
        ([[0.0, 0.25, 1.0]], [[0.0, -0.5, 1.0]], "the upper middle counts 0.75 logits more for 75 px"),
        ([[0.0, 0.25, 1.0]], [[0.0, 0.25, 1.0]], "their maps are the same"),
    ],
)
def test_differ_names_the_ninth_and_the_network(first, second, words):
    rest = [[0.0, 0.0, 0.0]] * 2
    maps = [
        attribution_of(map_of(*rows, *rest), network=network)
        for rows, network in ((first, "75 px"), (second, "75 px baseline"))
    ]
    assert differ(difference(*maps)) == words


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        *(("75", "75 px"), ("final-100", "100 px"), ("baseline-75", "75 px baseline")),
        *(("75 px baseline", "75 px baseline"), ("mine-75", "mine-75"), ("average", "average")),
    ],
)
def test_network_name(name, shown):
    assert network_name(name) == shown


def test_describe_names_networks_of_one_size():
    maps = [
        attribution_of(map_of(*[[0.0, 0.0, weight]] * 3), network=name)
        for name, weight in (("75 px", 1.0), ("75 px baseline", 2.0))
    ]
    assert describe(difference(*maps)).startswith(
        "SHAP, 75 px − 75 px baseline, for SUV: 33 % of the weight that 75 px baseline adds over 75 px lies"
    )


def test_ninths_are_sums_row_by_row():
    sums = ninths(map_of([1.0, 2.0, 3.0], [4.0, -5.0, 6.0], [7.0, 8.0, 9.0]))
    assert sums.tolist() == [pytest.approx(row) for row in ([1, 2, 3], [4, -5, 6], [7, 8, 9])]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"method": "integrated_gradients", "score": 2.1, "reference": -1.15, "gap": 0.0123, "steps": 64},
            "sum +3.21 of +3.25 logits, gap 1.2 %, 64 steps",
        ),
        ({"score": -1.0, "reference": 2.0, "gap": 2.07}, "sum +3.21 of −3.00 logits, gap 2.1e+02 %"),
        ({"score": 4.21, "reference": 1.0, "gap": 3e-8}, "sum +3.21 of +3.21 logits, gap < 0.01 %"),
        ({"method": "gradcam", "reference": None, "gap": None}, "shows where; has no sum to check"),
    ],
)
def test_receipt(settings, text):
    map = torch.zeros(300, 300)
    map[7, 9] = 3.21
    assert receipt(attribution_of(map, **settings)) == text


@pytest.mark.parametrize(
    ("method", "gap", "failed"),
    [
        ("integrated_gradients", 0.02, False),
        ("integrated_gradients", 0.021, True),
        ("shap", 0.001, False),
        ("shap", 0.0011, True),
        ("gradcam", None, False),
    ],
)
def test_a_map_fails_beyond_its_tolerance(method, gap, failed):
    attribution = attribution_of(torch.ones(300, 300), method, gap=gap)
    assert fails(attribution, {"75": attribution}, tolerance=0.02) == failed


@pytest.mark.parametrize("gaps", [(0.01, 0.03), (0.03, 0.01), (0.01, 0.01)])
def test_a_difference_fails_with_one_of_its_networks(gaps):
    maps = {
        network: attribution_of(torch.ones(300, 300), "integrated_gradients", network, gap=gap)
        for network, gap in zip(("75", "100"), gaps, strict=True)
    }
    both = attribution_of(torch.zeros(300, 300), "integrated_gradients", "75 − 100", gap=0.5)
    assert fails(both, maps, tolerance=0.02) == (max(gaps) > 0.02)


def test_sentence_and_reason_where_networks_agree():
    # softmax of (0, 0, 3, 0): e³ / (e³ + 3) = 0.870; of 4 and 2 instead of 3: 0.948 and 0.711
    assert sentence(AGREE, "average") == "SUV, 87 %: both networks agree."
    assert reason(AGREE, "average") == "75 px is 95 % sure, 100 px 71 %."


def test_sentence_and_reason_where_networks_disagree():
    # the mean logits (2, 1, 0, 0): e² / (e² + e + 2) = 0.610
    assert sentence(DISAGREE, "average") == "Sedan, 61 %: the networks disagree."
    assert reason(DISAGREE, "average") == (
        "75 px says coupe (71 %), 100 px sedan (95 %); the average of their logits says sedan."
    )


def test_sentence_and_reason_of_priority():
    assert (
        sentence(DISAGREE, "priority")
        == "Sedan, 95 %: the networks disagree, and Priority lets 100 px decide."
    )
    assert reason(DISAGREE, "priority") == DISAGREE.predictions["priority"].trace


def test_target_name():
    assert target_name(Target("suv")) == "SUV"
    assert target_name(Target("coupe", "suv")) == "coupe and not SUV"


def test_named():
    assert [named(label) for label in ("sedan", "suv")] == ["Sedan", "SUV"]


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0, "0 %"),
        (0.004, "< 1 %"),
        (0.005, "0 %"),
        (0.624, "62 %"),
        (0.994, "99 %"),
        (0.996, "> 99 %"),
        (1.0, "100 %"),
    ],
)
def test_percent(fraction, text):
    assert percent(fraction) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.234, "+1.23"), (-1.236, "−1.24"), (0.001, "0.00"), (-0.001, "0.00")]
)
def test_signed(value, text):
    assert signed(value) == text
