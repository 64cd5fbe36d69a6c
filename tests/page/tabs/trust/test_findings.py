import pytest

from explain.evidence.regions import Share
from explain.target import Target
from page.tabs.trust import findings


def test_best_map_and_how_many_beat_the_controls(known):
    tests = {
        "75": {"gradcam": known(0.45, 0.55), "shap": known(0.1, 0.55)},
        "100": {"gradcam": known(0.3, 0.8), "shap": known(0.2, 0.7)},
        "average": {"shap": known(0.0, 1.0)},  # not a network of its own
    }
    assert findings.faithfulness(tests, Target("suv")) == (
        "SHAP’s map of the 100 px network names what matters best: covering its top 0 % halves the "
        "probability of SUV. Of 4 maps, 3 beat both controls at deletion and 2 at insertion."
    )


def test_blurred_photo_that_is_still_recognised(known):
    curve = type(known().faithfulness.deletion)((0.0, 0.5, 1.0), (0.9, 0.3, 0.6), (0.0,) * 3)
    assert findings._effect(curve, Target("suv")) == (
        "but a wholly blurred photo still keeps the probability of SUV at 60 %, so covering it tells little"
    )


def test_fraction_that_halves_the_probability(known):
    curve = type(known().faithfulness.deletion)((0.0, 0.02, 0.04), (0.8, 0.41, 0.4), (0.0,) * 3)
    assert findings._effect(curve, Target("suv", "coupe")) == (
        "covering its top 4 % halves the probability of SUV and not coupe"
    )


def test_no_map_beats_the_controls(known):
    says = findings.faithfulness({"75": {"shap": known(0.45, 0.7), "gradcam": None}}, Target("suv"))
    assert says == (
        "No map names what matters better than the middle of the picture or chance does. "
        "Of one map, 0 beat both controls at deletion and 1 at insertion."
    )


def test_nothing_is_said_before_there_is_something():
    assert findings.faithfulness({"75": {}, "100": {"shap": None}}, Target("suv")) == ""
    assert findings.regions({}) == ""


def test_border():
    shares = {("shap", "75"): Share(0.2, 0.4224), ("gradcam", "100"): Share(0.3, 0.4224)}
    assert findings.regions(shares) == (
        "No map leans on the border: the outer 12 % on each side are 42 % of the picture and hold at most "
        "30 % of the weight."
    )
    assert findings.regions(shares | {("integrated_gradients", "75"): Share(0.5, 0.4224)}) == (
        "Integrated Gradients’ map of the 75 px network leans on the border: 50 % of its weight lies in the "
        "outer 12 % on each side, which are 42 % of the picture."
    )


@pytest.mark.parametrize(
    ("left", "sentence"),
    [
        (
            (0.1, None, -0.2),
            "Every map falls apart: with all layers random, its rank correlation with the original is below",
        ),
        (
            (0.1, 0.31, 0.2),
            "SHAP’s map of the 75 px network still resembles the original with all layers random",
        ),
        (
            (0.5, 0.31, 0.2),
            "(rank correlation 0.50): part of it shows the photo, not what the network learnt. So",
        ),
        ((0.5, 0.31, 0.4), "So do 2 others."),
    ],
)
def test_randomisation(left, sentence):
    maps = [("gradcam", "75"), ("shap", "75"), ("shap", "100")]
    assert sentence in findings.sanity(dict(zip(maps, left, strict=True)))


def test_stability():
    changes = {
        ("gradcam", "100"): 0.04,
        ("shap", "75"): 1.3,
        ("shap", "100"): 0.5,
        ("gradcam", "75"): float("inf"),
    }
    assert findings.stability(changes) == (
        "Grad-CAM’s map of the 100 px network is the steadiest: noise too faint to see changes it by 4 % at "
        "most. SHAP’s map of the 75 px network is the least steady, with 130 %."
    )
    assert findings.stability({("gradcam", "75"): float("inf")}) == ""
