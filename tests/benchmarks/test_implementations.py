from dataclasses import replace

import pytest
import torch

from benchmarks import implementations
from benchmarks.implementations import (
    CAM,
    GRADIENTS,
    SHAP_OF_ALL,
    SHAP_OF_ONE,
    fast_evidence,
    fast_page,
    library_page,
    request_of,
    with_enough_steps,
)
from benchmarks.measure import distance
from explain.attribution import completeness_gap


@pytest.mark.parametrize("part", [CAM, SHAP_OF_ALL], ids=lambda part: part.name)
def test_both_sides_have_the_same_maps(case, part):
    assert distance(part.fast(case), part.library(case)) < 1e-4


def test_shap_of_one_class(case):
    everything = SHAP_OF_ALL.library(case)
    assert distance(SHAP_OF_ONE.fast(case)[0], everything[case.index]) < 1e-4
    named = int(case.network(case.x[None]).argmax())
    torch.testing.assert_close(SHAP_OF_ONE.library(case)[0], everything[named], atol=1e-6, rtol=1e-4)


def test_integrated_gradients_of_both_sides_are_in_tolerance(case):
    scores = case.network(torch.stack([case.x, case.reference]))[:, case.index].tolist()
    enough = with_enough_steps(case)
    assert completeness_gap(GRADIENTS.library(enough), *scores) <= 0.02
    integral = GRADIENTS.fast(case)
    assert completeness_gap(integral.values, *scores) <= 0.02
    assert integral.steps >= 40
    assert distance(integral.values.sum(0), GRADIENTS.library(enough).sum(0)) < 0.3


def test_the_fewest_steps_in_tolerance(case, monkeypatch):
    asked = []

    def library(of):
        asked.append(of.steps)
        return torch.full_like(case.x, 100.0 if of.steps < 200 else 0.0)

    monkeypatch.setattr(implementations, "library_integrated_gradients", library)
    same = replace(case, reference=case.x)  # the scores do not change
    assert with_enough_steps(same).steps == 200
    assert asked == [50, 100, 200]
    monkeypatch.setattr(implementations, "LIBRARY_STEPS", (50, 100))
    assert with_enough_steps(same).steps == 100


def test_pages_ask_for_every_method(explainer, photo, case, monkeypatch):
    asked = []
    for name in ("library_gradcam", "library_integrated_gradients", "library_shap"):
        monkeypatch.setattr(
            implementations, name, lambda of, name=name: asked.append((name, of.network.size))
        )
    library_page([case])
    assert asked == [(f"library_{name}", 75) for name in ("gradcam", "integrated_gradients", "shap")]
    request = request_of(explainer, photo, "mean")
    fast_page(explainer, request)
    before = explainer.computations
    assert before >= 7  # what the photo shows, and a map of each network and method at least
    fast_page(explainer, request)
    assert explainer.computations == before


def test_evidence_needs_no_map_again_and_controls_once_a_network(explainer, photo, monkeypatch):
    asked = []
    monkeypatch.setattr(implementations, "control_logits", lambda network, frame, size: asked.append(size))
    monkeypatch.setattr(implementations, "controls", lambda network, *_, logits: f"controls of {[*logits]}")
    monkeypatch.setattr(
        implementations,
        "evidence",
        lambda network, frame, map, against: asked.append((map.method.name, map.network, against)),
    )
    request = request_of(explainer, photo, "mean")
    fast_page(explainer, request)
    before = explainer.computations
    fast_evidence(explainer, request)
    assert explainer.computations == before
    methods = ("gradcam", "integrated_gradients", "shap")
    maps = {size: [(method, str(size), f"controls of [{size}]") for method in methods] for size in (75, 100)}
    assert asked == [75, *maps[75], 100, *maps[100]]
