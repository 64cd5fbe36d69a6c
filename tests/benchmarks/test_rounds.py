import torch

from benchmarks import rounds
from benchmarks.implementations import CAM, GRADIENTS, PARTS, SHAP_OF_ALL, SHAP_OF_ONE, cases
from benchmarks.rounds import EVERY, EVIDENCE, PAGE, one_round
from explain.methods.integrated_gradients import Integral


def test_work_by_hand(case):
    first = 2 * 32 * 66 * 66 * 27  # 68 of 75 px are seen
    shapes = [(32, 64, 32 * 9), (64, 30, 32 * 9), (64, 28, 64 * 9), (128, 12, 64 * 9)]
    shapes += [(128, 10, 128 * 9), (128, 8, 128 * 9), (514, 1, 2048), (128, 1, 514), (4, 1, 128)]
    others = 2 * sum(channels * side**2 * products for channels, side, products in shapes)
    assert CAM.work(case, torch.zeros(9, 9)) == first + others
    # A picture goes forward, and each score goes back from both references.
    assert SHAP_OF_ONE.work(case, torch.zeros(1, 75, 75)) == 3 * (first + others)
    assert SHAP_OF_ALL.work(case, torch.zeros(4, 75, 75)) == 9 * (first + others)
    # 21 points there and back; the first layer forward at two ends and back once, at 5, 10 and 20 steps.
    integral = Integral(case.x, case.reference, 20, torch.zeros_like(case.x), 1.0, 0.0)
    assert GRADIENTS.work(case, integral) == 2 * 21 * others + 3 * 3 * first


def test_one_round(explainer, photo, monkeypatch):
    monkeypatch.setattr(rounds, "DISTANT_STEPS", 60)
    monkeypatch.setattr(rounds, "cases", lambda *of: cases(*of)[:1])  # one network will do
    found = one_round(explainer, photo, "mean")
    assert [(sample.part, sample.network) for sample in found] == [
        *((part.name, "75") for part in PARTS),
        (PAGE, EVERY),
        (EVIDENCE, EVERY),
    ]
    assert all(sample.library.cpu > 0 and sample.fast.cpu > 0 for sample in found)
    assert found[-1].library == found[-2].fast  # evidence is measured beside the maps that it is for
    for sample in found[:-2]:
        if sample.part == GRADIENTS.name:
            assert sample.steps >= 40
            assert sample.library_steps >= 50
            assert 0 < sample.distance < 0.3
            assert 0 < sample.library_distance < 0.3
        else:
            assert sample.distance < 1e-3
            assert sample.steps is None
    assert found[-1].work is None


def test_a_round_without_the_distant_map(explainer, photo, monkeypatch):
    monkeypatch.setattr(rounds, "cases", lambda *of: cases(*of)[:1])
    for name in ("library_page", "fast_page", "fast_evidence"):
        monkeypatch.setattr(rounds, name, lambda *_: None)
    found = one_round(explainer, photo, "mean", distant=False)
    assert [sample.part for sample in found if sample.distance is None] == [
        "Integrated Gradients",
        PAGE,
        EVIDENCE,
    ]
