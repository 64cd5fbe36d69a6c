from dataclasses import replace

import pytest

from explain.methods.registry import METHODS
from explain.request import MethodMaps
from page.progress import so_far, still_tested


@pytest.fixture
def made(attribution):
    """Makes the maps of a method: one of them misses its score by a half, the other by a quarter."""

    def make(method, finished=False):
        maps = {
            name: attribution(total, 4.0, method, name, steps)
            for name, total, steps in (("75", 2.0, 16), ("100", 3.0, 8))
        }
        return MethodMaps(METHODS[method], maps, maps, finished)

    return make


def test_refining_says_its_steps_and_the_largest_gap(made):
    assert so_far(made("integrated_gradients")) == "Refining: 16 steps, gap 50 %"
    assert so_far(made("integrated_gradients", finished=True)) == ""
    assert so_far(made("shap")) == ""  # which takes one step


def test_networks_and_the_ensemble_whose_maps_are_tested_still(made):
    tests = {"75": {"shap": None}, "100": {}, "average": {}}
    assert still_tested(tests, {"shap": made("shap")}) == "Testing the maps of 100 px, the ensemble …"
    assert still_tested(tests, {}) == ""


def test_maps_that_are_not_there_are_not_waited_for(made):
    tests = {"75": {"shap": None}, "100": {"shap": None, "gradcam": None}, "average": {"shap": None}}
    missing = dict.fromkeys(("75", "average", "75-100"), "It has no grid.")
    rows = {"gradcam": replace(made("gradcam"), missing=missing), "shap": made("shap")}
    assert still_tested(tests, rows) == ""
