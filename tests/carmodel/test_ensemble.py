import math

import pytest
import torch

from carmodel.ensemble import PUBLISHED_OWNERS, Rules, average, ensembles_of, predict, priority
from carmodel.network import CLASSES

NEITHER = "Neither names a class it is the better judge of, so 100 px decides."
EACH = "Each names a class it is the better judge of, so 100 px decides."

# Sedan and SUV belong to 75 px, coupe and truck to 100 px: (75 px says, 100 px says) -> who decides, and why.
EVERY_PAIR = {
    ("sedan", "sedan"): (
        75,
        "75 px and 100 px both say sedan. 75 px is the better judge of it, so 75 px decides.",
    ),
    ("sedan", "coupe"): (100, f"75 px says sedan, 100 px says coupe. {EACH}"),
    ("sedan", "suv"): (
        75,
        "75 px says sedan, 100 px says SUV. 75 px is the better judge of both, so 75 px decides.",
    ),
    ("sedan", "truck"): (100, f"75 px says sedan, 100 px says truck. {EACH}"),
    ("coupe", "sedan"): (100, f"75 px says coupe, 100 px says sedan. {NEITHER}"),
    ("coupe", "coupe"): (
        100,
        "75 px and 100 px both say coupe. 100 px is the better judge of it, so 100 px decides.",
    ),
    ("coupe", "suv"): (100, f"75 px says coupe, 100 px says SUV. {NEITHER}"),
    ("coupe", "truck"): (
        100,
        "75 px says coupe, 100 px says truck. 100 px is the better judge of both, so 100 px decides.",
    ),
    ("suv", "sedan"): (
        75,
        "75 px says SUV, 100 px says sedan. 75 px is the better judge of both, so 75 px decides.",
    ),
    ("suv", "coupe"): (100, f"75 px says SUV, 100 px says coupe. {EACH}"),
    ("suv", "suv"): (75, "75 px and 100 px both say SUV. 75 px is the better judge of it, so 75 px decides."),
    ("suv", "truck"): (100, f"75 px says SUV, 100 px says truck. {EACH}"),
    ("truck", "sedan"): (100, f"75 px says truck, 100 px says sedan. {NEITHER}"),
    ("truck", "coupe"): (
        100,
        "75 px says truck, 100 px says coupe. 100 px is the better judge of both, so 100 px decides.",
    ),
    ("truck", "suv"): (100, f"75 px says truck, 100 px says SUV. {NEITHER}"),
    ("truck", "truck"): (
        100,
        "75 px and 100 px both say truck. 100 px is the better judge of it, so 100 px decides.",
    ),
}


def saying(label, logit):
    logits = torch.zeros(4)
    logits[CLASSES.index(label)] = logit
    return logits


def test_every_pair_is_listed():
    assert len(EVERY_PAIR) == 16


@pytest.mark.parametrize(
    ("labels", "expected"), EVERY_PAIR.items(), ids=lambda value: "-".join(map(str, value))[:12]
)
def test_priority_of_every_pair(labels, expected):
    logits_75, logits_100 = saying(labels[0], 2.0), saying(labels[1], 3.0)
    decided_by, trace = expected
    prediction = priority({75: logits_75, 100: logits_100}, PUBLISHED_OWNERS)
    assert prediction.decided_by == decided_by
    assert prediction.verdict == labels[0 if decided_by == 75 else 1]
    assert prediction.trace == trace
    # e² / (e² + 3) = 0.7112 for the 75 px network, e³ / (e³ + 3) = 0.8700 for the 100 px network
    assert prediction.confidence == pytest.approx(0.7112 if decided_by == 75 else 0.8700, abs=1e-4)
    assert prediction.confidence == prediction.probabilities[CLASSES.index(prediction.verdict)]


def test_priority_follows_the_owners_it_is_given():
    owners, logits = (
        {"sedan": 100, "coupe": 75, "suv": 100, "truck": 100},
        (saying("coupe", 1), saying("sedan", 1)),
    )
    assert priority({75: logits[0], 100: logits[1]}, owners).decided_by == 100
    owners["sedan"] = 75
    assert priority({75: logits[0], 100: logits[1]}, owners).decided_by == 75
    assert priority({100: logits[1], 75: logits[0]}, owners).decided_by == 75  # in whatever order


def test_predict_by_hand():
    prediction = predict(torch.tensor([math.log(1), math.log(2), math.log(4), math.log(3)]))
    assert prediction.probabilities == pytest.approx((0.1, 0.2, 0.4, 0.3), abs=1e-7)
    assert prediction.verdict == "suv"
    assert prediction.confidence == prediction.probabilities[2]
    assert (prediction.trace, prediction.decided_by) == ("", None)


def test_average_is_the_normalised_geometric_mean():
    small, large = (0.1, 0.2, 0.4, 0.3), (0.4, 0.45, 0.1, 0.05)
    # √(0.04, 0.09, 0.04, 0.015) = 0.2, 0.3, 0.2, 0.122474, which sum to 0.822474
    prediction = average([torch.tensor(small).log() + 5, torch.tensor(large).log() - 7])
    assert prediction.probabilities == pytest.approx((0.243169, 0.364753, 0.243169, 0.148910), abs=1e-6)
    assert prediction.verdict == "coupe"
    assert (prediction.trace, prediction.decided_by) == ("", None)


def test_average_of_three():
    logits = [torch.tensor([3.0, 0.0, 0.0, 1.5]), torch.tensor([0.0, 3.0, 0.0, 1.5]), torch.zeros(4)]
    # the mean logits (1, 1, 0, 1): e / (3 e + 1) = 0.29692 and 1 / (3 e + 1) = 0.10923
    prediction = average(iter(logits))
    assert prediction.probabilities == pytest.approx((0.29692, 0.29692, 0.10923, 0.29692), abs=1e-5)


@pytest.mark.parametrize(
    "ensemble",
    [average, lambda logits: priority(dict(zip((75, 100), logits, strict=True)), PUBLISHED_OWNERS)],
)
def test_confidence_is_no_softmax_of_a_softmax(ensemble):
    assert ensemble([saying("suv", 9.0), saying("suv", 9.0)]).confidence > 0.999


def test_certainty_does_not_overflow():
    prediction = predict(torch.tensor([1000.0, -1000.0, 0.0, 0.0]))
    assert prediction.probabilities == (1, 0, 0, 0)


@pytest.mark.parametrize("shape", [(1, 4), (3,), ()])
def test_predict_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match="A prediction needs 4 logits"):
        predict(torch.zeros(shape))


PAIR, THREE = {"75": 75, "100": 100}, {"75": 75, "100": 100, "128": 128}
ALL_100 = dict.fromkeys(CLASSES, 100)


@pytest.mark.parametrize(
    ("sizes", "rules", "average_of", "priority_of"),
    [
        ({"75": 75}, Rules(PUBLISHED_OWNERS, (75, 100)), (), ()),
        (PAIR, Rules(), ("75", "100"), ()),
        (PAIR, Rules(PUBLISHED_OWNERS), ("75", "100"), ("75", "100")),
        (PAIR, Rules(ALL_100), ("75", "100"), ("75", "100")),  # of two networks one may own all
        (THREE, Rules(PUBLISHED_OWNERS), ("75", "100", "128"), ("75", "100")),
        (THREE, Rules(ALL_100), ("75", "100", "128"), ()),
        (THREE, Rules(PUBLISHED_OWNERS, (75, 100)), ("75", "100"), ("75", "100")),
        (THREE, Rules(PUBLISHED_OWNERS, (100, 128)), ("100", "128"), ("75", "100")),
        (PAIR, Rules(PUBLISHED_OWNERS, (75, 100, 128)), ("75", "100"), ("75", "100")),  # not all are there
        ({"64": 64, "96": 96}, Rules(PUBLISHED_OWNERS, (75, 100)), ("64", "96"), ()),
        ({"a": 75, "b": 75}, Rules(dict.fromkeys(CLASSES, 75)), ("a", "b"), ()),
        ({"a": 75, "b": 100, "c": 100}, Rules(PUBLISHED_OWNERS), ("a", "b", "c"), ()),  # which 100 px?
    ],
)
def test_which_networks_ensembles_are_of(sizes, rules, average_of, priority_of):
    found = ensembles_of(sizes, rules)
    assert (found.average, found.priority) == (average_of, priority_of)
    assert found.names == tuple(n for n, of in {"average": average_of, "priority": priority_of}.items() if of)


def test_ensembles_predict_from_their_own_networks():
    logits = {"75": torch.tensor([4.0, 0, 0, 0]), "100": torch.tensor([2.0, 0, 0, 1])}
    logits["128"] = torch.tensor([0, 0, 0, 100.0])
    found = ensembles_of(THREE, Rules(PUBLISHED_OWNERS, (75, 100))).predict(logits)
    assert found == {
        "average": average([logits["75"], logits["100"]]),
        "priority": priority({75: logits["75"], 100: logits["100"]}, PUBLISHED_OWNERS),
    }
    everyone = ensembles_of(THREE, Rules()).predict(logits)
    assert list(everyone) == ["average"] and everyone["average"].verdict == "truck"
