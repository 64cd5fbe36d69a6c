import torch

from benchmarks import rounds
from benchmarks.implementations import PARTS, cases
from benchmarks.rounds import EVIDENCE, PAGE, one_round, work
from explain.methods.integrated_gradients import Integral


def test_work_by_hand(case):
    first = 2 * 32 * 66 * 66 * 27  # 68 of 75 px are seen
    shapes = [(32, 64, 32 * 9), (64, 30, 32 * 9), (64, 28, 64 * 9), (128, 12, 64 * 9)]
    shapes += [(128, 10, 128 * 9), (128, 8, 128 * 9), (514, 1, 2048), (128, 1, 514), (4, 1, 128)]
    others = 2 * sum(channels * side**2 * products for channels, side, products in shapes)
    assert work(case, "Grad-CAM", None) == first + others
    # A picture goes forward, and each score goes back from both references.
    assert work(case, "SHAP, one class", range(1)) == 3 * (first + others)
    assert work(case, "SHAP, four classes", range(4)) == 9 * (first + others)
    # 21 points there and back; the first layer forward at two ends and back once, at 5, 10 and 20 steps.
    integral = Integral(case.x, case.reference, 20, torch.zeros_like(case.x), 1.0, 0.0)
    assert work(case, "Integrated Gradients", integral) == 2 * 21 * others + 3 * 3 * first


def test_one_round(explainer, photo, monkeypatch):
    monkeypatch.setattr(rounds, "DISTANT_STEPS", 60)
    monkeypatch.setattr(rounds, "cases", lambda *of: cases(*of)[:1])  # one network will do
    found = one_round(explainer, photo, "mean")
    assert [(each.part, each.network) for each in found] == [
        *((part, "75") for part in PARTS),
        (PAGE, "both"),
        (EVIDENCE, "both"),
    ]
    assert all(each.plain.cpu > 0 and each.ours.cpu > 0 for each in found)
    assert found[-1].plain == found[-2].ours  # evidence is measured beside the maps that it is for
    for each in found[:-2]:
        if each.part == "Integrated Gradients":
            assert each.steps >= 40
            assert each.plain_steps >= 50
            assert 0 < each.distance < 0.3
            assert 0 < each.plain_distance < 0.3
        else:
            assert each.distance < 1e-3
            assert each.steps is None
    assert found[-1].work is None


def test_a_round_without_the_distant_map(explainer, photo, monkeypatch):
    monkeypatch.setattr(rounds, "cases", lambda *of: cases(*of)[:1])
    for name in ("plain_page", "our_page", "our_evidence"):
        monkeypatch.setattr(rounds, name, lambda *_: None)
    found = one_round(explainer, photo, "mean", distant=False)
    assert [each.part for each in found if each.distance is None] == [
        "Integrated Gradients",
        PAGE,
        EVIDENCE,
    ]
