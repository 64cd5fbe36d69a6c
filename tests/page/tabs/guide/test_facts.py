from dataclasses import replace

from carmodel.weights import WEIGHTS
from page.results.measured import Disturbed, Flagged, Missing, Novelty, Robustness
from page.results.reader import read
from page.tabs.guide.facts import limits, methods


def test_limits_are_what_was_measured():
    change = {"at two thirds of its size": -7.54, "border of another photo": -1.0}
    rows = {
        name: {"truecar": Disturbed(9, {}, {kind: value + more for kind, value in change.items()})}
        for name, more in (("final-75", 0.0), ("average", 1.5))
    }
    others = {"all": Flagged(50, 0.83, {"truecar": 0.9})}
    novelty = Novelty("val", {"truecar": Flagged(100, 0.02, {}), "stanford": Flagged(9, 0.03, {})}, others)
    facts = limits(replace(read(WEIGHTS), robustness=Robustness("test", rows), novelty=novelty))
    assert facts["size"].endswith("changes by −7.5 to −6.0 points (dealer listings, test photos).")
    assert "−1.0 to +0.5" in facts["border"]
    assert facts["novelty"] == "A cue flagged 83 % of 50 pictures without a car, and at most 3 % of the cars."


def test_methods_are_what_the_survey_found(survey):
    facts = methods(replace(read(WEIGHTS), survey=survey))
    assert facts["gradcam"].endswith("at deletion for 50 % (75 px) and 50 % (100 px) of them.")
    assert facts["integrated_gradients"].endswith("misses its sum by 1.0 % at most.")
    assert facts["shap"].endswith("misses its sum by less than 0.1 % at most.")


def test_nothing_measured_says_nothing():
    nothing = Missing("")
    assert methods(replace(read(WEIGHTS), survey=nothing)) == {}
    assert limits(replace(read(WEIGHTS), robustness=nothing, novelty=nothing)) == {}
