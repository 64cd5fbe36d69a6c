from dataclasses import replace

import pytest
import torch

from benchmarks import implementations as sides
from benchmarks.implementations import (
    PARTS,
    our_evidence,
    our_page,
    our_shap_of_one,
    plain_page,
    with_enough_steps,
)
from benchmarks.measure import distance
from explain.attribution import completeness_gap


@pytest.mark.parametrize("part", ["Grad-CAM", "SHAP, four classes"])
def test_both_sides_have_the_same_maps(case, part):
    plain, ours = PARTS[part]
    assert distance(ours(case), plain(case)) < 1e-4


def test_shap_of_one_class(case):
    plain, _ = PARTS["SHAP, one class"]
    everything = PARTS["SHAP, four classes"][0](case)
    assert distance(our_shap_of_one(case)[0], everything[case.index]) < 1e-4
    named = int(case.network(case.x[None]).argmax())
    torch.testing.assert_close(plain(case)[0], everything[named], atol=1e-6, rtol=1e-4)


def test_integrated_gradients_of_both_sides_are_in_tolerance(case):
    plain, ours = PARTS["Integrated Gradients"]
    scores = case.network(torch.stack([case.x, case.reference]))[:, case.index].tolist()
    enough = with_enough_steps(case)
    assert completeness_gap(plain(enough), *scores) <= 0.02
    found = ours(case)
    assert completeness_gap(found.values, *scores) <= 0.02
    assert found.steps >= 40
    assert distance(found.values.sum(0), plain(enough).sum(0)) < 0.3


def test_the_fewest_steps_in_tolerance(case, monkeypatch):
    asked = []

    def plain(of):
        asked.append(of.steps)
        return torch.full_like(case.x, 100.0 if of.steps < 200 else 0.0)

    monkeypatch.setattr(sides, "plain_integrated_gradients", plain)
    same = replace(case, reference=case.x)  # the scores do not change
    assert with_enough_steps(same).steps == 200
    assert asked == [50, 100, 200]
    monkeypatch.setattr(sides, "PLAIN_STEPS", (50, 100))
    assert with_enough_steps(same).steps == 100


def test_pages_ask_for_every_method(explainer, photo, case, monkeypatch):
    asked = []
    for name in ("plain_gradcam", "plain_integrated_gradients", "plain_shap"):
        monkeypatch.setattr(sides, name, lambda of, name=name: asked.append((name, of.network.size)))
    plain_page([case])
    assert asked == [(f"plain_{name}", 75) for name in ("gradcam", "integrated_gradients", "shap")]
    our_page(explainer, photo, case.target, "mean")
    before = explainer.computations
    assert before >= 6
    our_page(explainer, photo, case.target, "mean")
    assert explainer.computations == before


def test_evidence_needs_no_map_again_and_controls_once_a_network(explainer, photo, case, monkeypatch):
    asked = []
    monkeypatch.setattr(sides, "control_logits", lambda network, frame, size: asked.append(size))
    monkeypatch.setattr(sides, "controls", lambda network, *_, known: f"controls of {network.size}")
    monkeypatch.setattr(
        sides,
        "evidence",
        lambda network, frame, map, against: asked.append((map.method, map.network, against)),
    )
    our_page(explainer, photo, case.target, "mean")
    before = explainer.computations
    our_evidence(explainer, photo, case.target, "mean")
    assert explainer.computations == before
    maps = [
        (method, name, f"controls of {name}")
        for name in ("75", "100")
        for method in ("gradcam", "integrated_gradients", "shap")
    ]
    assert asked == [75, 100, *maps]
