from types import SimpleNamespace

import pytest
import torch

from carmodel.sampling import area_means
from explain.attribution import Attribution
from explain.methods.integrated_gradients import FIRST_STEPS, MOST_STEPS
from explain.methods.lanes import FAST
from explain.methods.method import Question
from explain.methods.refinement import Refinement, advance, rounds
from explain.methods.registry import METHODS
from explain.methods.shap import Background, ShapleyValues
from explain.target import Target

SUV = Target("suv")
GRADIENTS, SHAP = METHODS["integrated_gradients"], METHODS["shap"]


def attribution(network, steps, total, score):
    map = torch.full((1, 1), float(total))
    gap = abs(total - score) / max(abs(score), 1)
    return Attribution(map, map, GRADIENTS, network, SUV, "black", score, 0.0, gap, steps, 0.0)


def course(totals, network="75", score=10.0):
    """A network whose map sums to these totals at 24, 48, 96, … steps; the score changes by 10."""
    asked = []

    def advance(before, _):
        steps = before.latest.steps * 2 if before else 24
        asked.append(steps)
        latest = attribution(network, steps, totals[steps], score)
        best = before.best if before and before.credible and before.best.gap < latest.gap else latest
        return Refinement(latest, best, None, best.steps >= 48, final=steps >= max(totals))

    advance.asked = asked
    return advance


def steps_and_gaps(rounds):
    return [[(map.steps, round(map.gap, 3)) for map in maps.values()] for maps in rounds]


def test_a_round_a_doubling_until_the_gap_is_in_tolerance():
    found = steps_and_gaps(rounds({"only": course({24: 9.0, 48: 10.5, 96: 10.1})}, 0.02))
    assert found == [[(24, 0.1)], [(48, 0.05)], [(96, 0.01)]]


def test_a_small_gap_with_few_steps_is_luck():
    found = steps_and_gaps(rounds({"only": course({24: 10.0, 48: 9.9})}, 0.02))
    assert found == [[(24, 0.0)], [(48, 0.01)]]


def test_a_network_in_tolerance_waits_for_the_other():
    small, large = course({24: 9.0, 48: 10.0}), course({24: 9.0, 48: 9.5, 96: 9.0, 192: 10.1}, "100")
    found = steps_and_gaps(rounds({"small": small, "large": large}, 0.02))
    assert [second for _, second in found] == [(24, 0.1), (48, 0.05), (96, 0.1), (192, 0.01)]
    assert [first for first, _ in found] == [(24, 0.1), (48, 0.0), (48, 0.0), (48, 0.0)]
    assert small.asked == [24, 48]


def test_at_the_most_steps_the_smallest_gap_is_the_answer():
    found = steps_and_gaps(rounds({"only": course({24: 10.0, 48: 9.0, 96: 9.5, 192: 8.0})}, 0.02))
    assert found == [[(24, 0.0)], [(48, 0.1)], [(96, 0.05)], [(96, 0.05)]]


def test_the_mean_is_in_tolerance_too():
    # Both are 1 % off at 48 steps; their scores cancel to 0 ± 1 logit in the mean, of which 0.1 is 10 %.
    small = course({24: 9.0, 48: 10.1, 96: 10.05, 192: 10.01})
    large = course({24: -9.0, 48: -9.9, 96: -9.95, 192: -9.99}, "100", score=-10.0)
    found = steps_and_gaps(rounds({"small": small, "large": large}, 0.02))
    assert [first[0] for first, _ in found] == [24, 48, 96, 192]
    assert found[-1] == [(192, 0.001), (192, 0.001)]


def test_a_mean_that_never_fits_ends_at_the_most_steps():
    small = course({24: 9.0, 48: 10.1, 96: 10.1})
    large = course({24: -9.0, 48: -9.9, 96: -9.9}, "100", score=-10.0)
    assert len(list(rounds({"small": small, "large": large}, 0.02))) == 3


def question(network, frame, target, reference, prepare=lambda: None):
    return Question(str(network.size), network, frame, target, reference, prepare)


def test_shap_repeats_cells_over_blocks(networks, frame, monkeypatch):
    values = torch.zeros(4, 75, 75)
    values[2, 0, 74], values[1, 3, 5] = 8.0, 4.0
    known = Background((), (), torch.zeros(4))

    def shapley(network, picture, background, score):
        assert network is networks[75, True] and background is known
        torch.testing.assert_close(picture, area_means(frame, 75))
        return ShapleyValues(values, torch.tensor([0.0, 1, 7, 0]), torch.tensor([0.0, 5, -1, 0]))

    monkeypatch.setattr("explain.methods.shap.shapley_values", shapley)
    asked = question(networks[75, True], frame, Target("suv", "coupe"), "training frames", lambda: known)
    refinement = advance(SHAP, asked, None)
    only = refinement.latest
    assert (only.score, only.reference_score) == (6.0, -6.0)
    assert only.gap == pytest.approx((12 - 4) / 12)
    expected = torch.zeros(300, 300)
    expected[0:4, 296:300] = 8 / 16
    expected[12:16, 20:24] = -4 / 16
    assert torch.equal(only.map, expected)
    assert torch.equal(only.cells, values[2] - values[1])
    assert refinement.finished(1e-9)


@pytest.mark.parametrize(("size", "block"), [(75, 4), (100, 3)])
def test_integrated_gradients_continue(networks, frame, size, block):
    def never():
        raise AssertionError("only SHAP prepares anything")

    network, states = networks[size, True], []
    asked = question(network, frame, SUV, "mean", never)
    for _ in range(3):
        states.append(advance(GRADIENTS, asked, states[-1] if states else None))
    assert [state.latest.steps for state in states] == [5, 10, 20]
    assert not any(state.credible or state.final for state in states)
    assert states[2].best is states[2].latest
    assert states[0].latest.seconds < states[1].latest.seconds < states[2].latest.seconds
    latest = states[2].latest
    mean = frame.mean(dim=(1, 2))[:, None, None].expand(3, size, size)
    logits = network(torch.stack([area_means(frame, size), mean]))[:, 2]
    assert [latest.score, latest.reference_score] == pytest.approx(logits.tolist(), abs=1e-3)
    torch.testing.assert_close(latest.map[::block, ::block] * block**2, latest.cells)
    assert latest.total == pytest.approx(latest.cells.sum().item(), abs=1e-3)


@pytest.mark.parametrize(("size", "least"), [(75, 40), (100, 80)])
def test_the_best_integral_is_the_nearest_of_those_with_enough_steps(
    networks, frame, size, least, monkeypatch
):
    """Each doubling's map is one pixel that makes the gap what the test says: the score changes by 1."""
    gaps, states = {5: 0.0, 10: 0.4, 20: 0.3, 40: 0.2, 80: 0.3, 160: 0.1, 320: 0.4, 640: 0.5, 1280: 0.6}, []

    def refined(network, score, line, rule):
        steps = 2 * line.steps if hasattr(line, "steps") else FIRST_STEPS
        values = torch.zeros(3, size, size)
        values[0, 0, 0] = 1 + gaps[steps]
        return SimpleNamespace(steps=steps, values=values, score=1.0, reference_score=0.0)

    monkeypatch.setattr("explain.methods.integrated_gradients.refined", refined)
    asked = question(networks[size, True], frame, SUV, "black")
    while not states or not states[-1].final:
        states.append(advance(GRADIENTS, asked, states[-1] if states else None))
    assert [state.latest.steps for state in states] == list(gaps) and max(gaps) == MOST_STEPS
    by_steps = {state.latest.steps: state for state in states}
    assert [steps for steps, state in by_steps.items() if state.credible] == [n for n in gaps if n >= least]
    best = {5: 5, 10: 10, 20: 20, 40: 40, 80: 40 if least == 40 else 80, 160: 160, 320: 160}
    assert {steps: by_steps[steps].best.steps for steps in best} == best
    assert states[-1].best.steps == 160


@pytest.mark.parametrize("method", METHODS)
def test_a_compact_refinement_is_the_same_again(networks, frame, references, method):
    network, record = networks[75, True], METHODS[method]
    prepared = record.prepare(network, references[:1], FAST) if record.prepare else None
    asked = question(network, frame, SUV, record.reference("blur"), lambda: prepared)
    state = advance(record, asked, None)
    compact = state.compact
    assert compact.latest.map is compact.latest.cells and compact.best is compact.latest
    assert torch.equal(compact.on_frame(network).best.map, state.best.map)


def test_a_network_that_the_mean_is_not_of_has_no_part_in_it():
    def three():
        small = course({24: 9.0, 48: 10.1, 96: 10.05, 192: 10.01})
        large = course({24: -9.0, 48: -9.9, 96: -9.95, 192: -9.99}, "100", score=-10.0)
        return {"small": small, "large": large, "other": course({24: 9.0, 48: 9.9, 96: 10.0}, "128")}

    assert len(list(rounds(three(), 0.02, ["small", "other"]))) == 2  # 20 of 20 logits, nothing cancels
    assert len(list(rounds(three(), 0.02, ["small", "large"]))) == 4
    assert len(list(rounds(three(), 0.02, ["none of these"]))) == len(list(rounds(three(), 0.02)))
