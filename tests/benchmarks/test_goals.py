from benchmarks.goals import Goal, goals
from benchmarks.measure import Timing
from benchmarks.table import Row


def row(part, network, ratio, distance=None, share=None, plain_distance=None):
    plain, ours = Timing(1.0, 1.0), Timing(ratio, ratio)
    return Row(part, network, plain, ours, ratio, share, distance, plain_distance, None, None)


def test_the_worse_network_decides():
    found = goals([row("Grad-CAM", "75", 0.9, 1e-6), row("Grad-CAM", "100", 1.1, 2e-5)])
    assert found == [
        Goal("Grad-CAM: ours / plain", 1.0, 1.1, False),
        Goal("Grad-CAM: distance", 1e-5, 2e-5, False),
    ]


def test_integrated_gradients_are_held_against_plains_own_distance():
    name = "Integrated Gradients"
    found = goals([row(name, "75", 0.4, 0.01, 0.7, 0.02), row(name, "100", 0.3, 0.03, 0.6, 0.04)])
    assert found == [
        Goal(f"{name}: ours / plain", 0.5, 0.4, True),
        Goal(f"{name}: distance from many steps, ours / plain", 1.0, 0.75, True),
        Goal(f"{name}: share of the peak", 0.5, 0.6, True),
    ]


def test_a_part_without_a_goal_has_none():
    assert goals([row("Something else", "75", 9.0)]) == []
