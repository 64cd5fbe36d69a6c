import numpy as np
import pytest

from benchmarks.same_maps import differences


def test_how_far_two_sets_of_figures_are_apart():
    ours = {"map": np.array([1.0, -2.0]), "score": 0.5, "sum": 30.0, "verdict": "suv", "steps": 64}
    theirs = {"map": np.array([1.0, -2.5]), "score": 0.25, "sum": 20.0, "verdict": "suv", "steps": 32}
    assert dict(differences(ours, theirs)) == {
        "map": pytest.approx(0.5 / 2.5),  # of the largest value
        "score": pytest.approx(0.25),  # of 1, as it is smaller
        "sum": pytest.approx(10 / 20),
        "verdict": 0.0,
        "steps": float("inf"),  # is not the same
    }


def test_what_one_side_lacks_is_apart_for_ever():
    assert dict(differences({"a": 1.0}, {"b": 1.0})) == {"a": float("inf"), "b": float("inf")}


def test_maps_of_zeros_are_the_same():
    assert dict(differences({"map": np.zeros(3)}, {"map": np.zeros(3)})) == {"map": 0.0}
