import pytest

from carmodel.sampling import area_means
from explain.evidence.evidence import evidence, verdict
from explain.evidence.faithfulness import beats, controls, faithfulness
from explain.evidence.regions import border, share
from explain.maps import explain
from explain.smoothing import gaussian_smooth
from explain.target import Target

SUV = Target("suv")


@pytest.fixture(scope="module")
def against(networks, frame):
    return controls(networks[75, True], frame, SUV, "mean")


@pytest.mark.parametrize("smoothing", ["regions", "pixels"])
def test_all_of_it_is_of_the_map_as_shown(networks, frame, references, against, smoothing):
    network = networks[75, True]
    attribution = explain(network, frame, SUV, "shap", references=references[:1])
    found = evidence(network, frame, attribution, "mean", smoothing, against)
    assert found.faithfulness == faithfulness(network, frame, attribution, "mean", smoothing)
    assert found.controls is against
    assert found.beats == beats(found.faithfulness, against)
    shown = gaussian_smooth(attribution.map) if smoothing == "regions" else attribution.map
    assert found.border == share(shown, border())


def test_controls_are_computed_where_they_are_not_given(networks, frame, against):
    network = networks[75, True]
    map = explain(network, frame, SUV, "gradcam")
    assert evidence(network, frame, map, "mean").controls == against


def test_the_average_is_judged_by_both_networks(networks, frame, against, monkeypatch):
    pair = [networks[75, True], networks[100, True]]
    map = explain(pair, frame, SUV, "gradcam")
    asked = []
    monkeypatch.setattr("explain.evidence.evidence.controls", lambda *given: asked.append(given) or against)
    found = evidence(pair, frame, map)
    assert asked == [(pair, frame, SUV, "blur")]
    scores = [SUV.score(network(area_means(frame[None], network.size))).item() for network in pair]
    assert found.faithfulness.deletion.logits[0] == pytest.approx(sum(scores) / 2, rel=0.05, abs=0.02)


@pytest.mark.parametrize(
    ("areas", "sentence"),
    [
        ((0.3, 0.7), "Beats both controls."),
        ((0.3, 0.55), "Beats both controls at deletion, not at insertion."),  # 0.55: only the random maps
        ((0.45, 0.7), "Beats both controls at insertion, not at deletion."),
        ((0.45, 0.55), "Does not beat both controls."),
    ],
)
def test_verdict_in_words(known, areas, sentence):
    assert verdict(known(*areas)) == sentence
