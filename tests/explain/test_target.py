import pytest
import torch

from explain.target import Target

LOGITS = torch.tensor([[1.0, 2.0, 4.0, 8.0], [0.0, -1.0, 3.0, 0.5]])  # sedan, coupe, suv, truck


def test_class():
    assert Target("suv").score(LOGITS).tolist() == [4.0, 3.0]
    assert Target("suv").label == "suv"


def test_contrast():
    assert Target("suv", "coupe").score(LOGITS).tolist() == [2.0, 4.0]
    assert Target("suv", "coupe").label == "suv − coupe"


def test_maps_of_all_logits_become_the_map_of_the_score():
    maps = LOGITS.T.reshape(4, 1, 2)  # one map (1, 2) a class
    assert Target("truck", "sedan").score(maps.movedim(0, -1)).tolist() == [[7.0, 0.5]]


def test_equal_targets_are_one_key():
    assert {Target("suv", "coupe"): 1}[Target("suv", "coupe")] == 1
    assert Target("suv", "coupe") != Target("coupe", "suv")


@pytest.mark.parametrize(
    ("toward", "against", "message"),
    [
        ("van", None, "no class 'van'"),
        ("suv", "van", "no class 'van'"),
        ("suv", "suv", "two different classes"),
        (None, "suv", "needs a class"),
    ],
)
def test_errors(toward, against, message):
    with pytest.raises(ValueError, match=message):
        Target(toward, against)
