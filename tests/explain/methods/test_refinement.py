import pytest
import torch

from carmodel.photo import block_means
from explain import stages
from explain.attribution import Attribution
from explain.methods.integrated_gradients import Integral
from explain.methods.refinement import Refinement, next_stage, rounds
from explain.methods.shap import ShapleyValues
from explain.target import Target

SUV = Target("suv")


def attribution(network, steps, total, score):
    map = torch.full((1, 1), float(total))
    gap = abs(total - score) / max(abs(score), 1)
    return Attribution(map, map, "integrated_gradients", network, SUV, "black", score, 0.0, gap, steps, 0.0)


def course(totals, network="75", score=10.0):
    """A network whose map sums to these totals at 24, 48, 96, … steps; the score changes by 10."""
    asked = []

    def advance(before, _):
        steps = before.integral.steps * 2 if before else 24
        asked.append(steps)
        latest = attribution(network, steps, totals[steps], score)
        best = before.best if before and before.best.steps >= 48 and before.best.gap < latest.gap else latest
        return Refinement(latest, best, Integral(*torch.zeros(2, 1), steps, torch.zeros(1), score, 0.0))

    advance.asked = asked
    return advance


def steps_and_gaps(maps):
    return [[(each.steps, round(each.gap, 3)) for each in found] for found in maps]


def test_a_round_a_doubling_until_the_gap_is_in_tolerance():
    found = steps_and_gaps(rounds([course({24: 9.0, 48: 10.5, 96: 10.1})], 0.02))
    assert found == [[(24, 0.1)], [(48, 0.05)], [(96, 0.01)]]


def test_a_small_gap_with_few_steps_is_luck():
    found = steps_and_gaps(rounds([course({24: 10.0, 48: 9.9})], 0.02))
    assert found == [[(24, 0.0)], [(48, 0.01)]]


def test_a_network_in_tolerance_waits_for_the_other():
    small, large = course({24: 9.0, 48: 10.0}), course({24: 9.0, 48: 9.5, 96: 9.0, 192: 10.1}, "100")
    found = steps_and_gaps(rounds([small, large], 0.02))
    assert [second for _, second in found] == [(24, 0.1), (48, 0.05), (96, 0.1), (192, 0.01)]
    assert [first for first, _ in found] == [(24, 0.1), (48, 0.0), (48, 0.0), (48, 0.0)]
    assert small.asked == [24, 48]


def test_at_the_most_steps_the_smallest_gap_is_the_answer(monkeypatch):
    monkeypatch.setattr(stages, "MOST_STEPS", 192)
    found = steps_and_gaps(rounds([course({24: 10.0, 48: 9.0, 96: 9.5, 192: 8.0})], 0.02))
    assert found == [[(24, 0.0)], [(48, 0.1)], [(96, 0.05)], [(96, 0.05)]]


def test_the_mean_is_in_tolerance_too():
    # Both are 1 % off at 48 steps; their scores cancel to 0 ± 1 logit in the mean, of which 0.1 is 10 %.
    small = course({24: 9.0, 48: 10.1, 96: 10.05, 192: 10.01})
    large = course({24: -9.0, 48: -9.9, 96: -9.95, 192: -9.99}, "100", score=-10.0)
    found = steps_and_gaps(rounds([small, large], 0.02))
    assert [first[0] for first, _ in found] == [24, 48, 96, 192]
    assert found[-1] == [(192, 0.001), (192, 0.001)]


def test_a_mean_that_never_fits_ends_at_the_most_steps(monkeypatch):
    monkeypatch.setattr(stages, "MOST_STEPS", 96)
    small = course({24: 9.0, 48: 10.1, 96: 10.1})
    large = course({24: -9.0, 48: -9.9, 96: -9.9}, "100", score=-10.0)
    assert len(list(rounds([small, large], 0.02))) == 3


def test_shap_repeats_cells_over_blocks(networks, frame):
    network = networks[75, True]
    values = torch.zeros(4, 75, 75)
    values[2, 0, 74], values[1, 3, 5] = 8.0, 4.0

    def shapley(of):
        assert of is network
        return ShapleyValues(values, torch.tensor([0.0, 1, 7, 0]), torch.tensor([0.0, 5, -1, 0]))

    progress = next_stage(network, frame, Target("suv", "coupe"), "shap", "black", shapley, None)
    found = progress.latest
    assert (found.score, found.reference_score) == (6.0, -6.0)
    assert found.gap == pytest.approx((12 - 4) / 12)
    expected = torch.zeros(300, 300)
    expected[0:4, 296:300] = 8 / 16
    expected[12:16, 20:24] = -4 / 16
    assert torch.equal(found.map, expected)
    assert torch.equal(found.cells, values[2] - values[1])
    assert progress.finished(1e-9)


@pytest.mark.parametrize(("size", "block"), [(75, 4), (100, 3)])
def test_integrated_gradients_continue(networks, frame, size, block):
    def never(_):
        raise AssertionError("only SHAP needs Shapley values")

    network, states = networks[size, True], []
    for _ in range(3):
        before = states[-1] if states else None
        states.append(next_stage(network, frame, SUV, "integrated_gradients", "mean", never, before))
    assert [state.latest.steps for state in states] == [5, 10, 20]
    assert states[2].best is states[2].latest
    assert states[0].latest.seconds < states[1].latest.seconds < states[2].latest.seconds
    found = states[2].latest
    mean = frame.mean(dim=(1, 2))[:, None, None].expand(3, size, size)
    logits = network(torch.stack([block_means(frame, size), mean]))[:, 2]
    assert [found.score, found.reference_score] == pytest.approx(logits.tolist(), abs=1e-3)
    torch.testing.assert_close(found.map[::block, ::block] * block**2, found.cells)
    assert found.total == pytest.approx(found.cells.sum().item(), abs=1e-3)
