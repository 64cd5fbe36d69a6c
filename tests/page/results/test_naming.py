import pytest

from page.results.naming import (
    classifier_name,
    one_digit,
    ordered,
    source_hint,
    source_name,
    source_title,
    split_name,
)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("final-75", "75 px"),
        ("baseline-100", "100 px baseline"),
        ("average", "Average"),
        ("my-own", "my-own"),
    ],
)
def test_classifiers(name, said):
    assert classifier_name(name) == said


def test_sources_have_one_order_and_unknown_ones_come_last():
    assert ordered(["mine", "stanford", "truecar", "a"]) == ["truecar", "stanford", "a", "mine"]
    assert (source_name("truecar"), source_title("truecar")) == ("dealer listings", "Dealer listings")
    assert source_title("mine") == "Mine"


def test_unknown_car_models_are_those_of_the_test_split():
    assert "never seen in training" in source_hint("stanford", "test")
    assert "same car models" in source_hint("stanford", "val")
    assert source_hint("mine", "test") == ""


def test_splits_and_shares():
    assert [split_name(name) for name in ("test", "val")] == ["test photos", "validation photos"]
    assert "night" in split_name("night")
    assert one_digit(0.9375) == "93.8 %"
