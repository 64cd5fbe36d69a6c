import re

import pytest

from page.results.measured import Epoch, Stage
from page.tabs.networks.training_curves import accuracy_axis, origin, stages
from tests.document import parsed


def stage(accuracies, **recipe):
    epochs = tuple(Epoch(2 - value, {"truecar": value}) for value in accuracies)
    return Stage({"learning_rate": 0.1, **recipe}, len(epochs), 0.5, epochs)


TRAINING = {"final-75": (stage((0.25, 0.8, 0.85)), stage((0.86, 0.93), start="ab", soft_targets="cd"))}


@pytest.mark.parametrize(
    ("recipe", "first", "said"),
    [
        ({}, True, "Random weights"),
        ({"start": "ab"}, True, "Another’s layers"),
        ({"start": "ab", "zoom_out": 0.5}, False, "From the stage before, cars shown smaller too"),
        ({"soft_targets": "cd", "zoom_out": 0.5}, False, "From the stage before, taught by a larger network"),
    ],
)
def test_origin_of_a_stage(recipe, first, said):
    assert origin(recipe, first) == said


def test_axis_has_whole_tenths_and_ends_at_one():
    assert accuracy_axis(0.72, 0.93).labels == ["70 %", "80 %", "90 %", "100 %"]
    assert accuracy_axis(-0.1, 0.05).labels == ["0 %", "10 %"]


def lines(chart, ink):
    """How many points each line of an ink has."""
    paths = [path.attributes for path in chart.all("path")]
    return [len(re.findall("[ML]", path["d"])) for path in paths if f"--{ink})" in path.get("style", "")]


def test_curves_leave_out_what_is_far_below():
    accuracy, loss = parsed(stages(TRAINING)).all("svg", "chart")
    said = "Dealer listings: 25.0 % after epoch 1, 85.0 % after 3, 93.0 % after 5"
    assert said in accuracy.attributes["aria-label"]
    assert lines(accuracy, "source_1")[0] == 4  # without the first epoch
    assert lines(loss, "accent") == [3, 2]  # stages are not joined


def test_table_names_each_stage_with_its_best_epoch():
    assert parsed(stages(TRAINING)).one("table", "stages").table() == [
        ["Stage", "Epochs", "Peak rate", "Hours", "Dealer listings"],
        ["1. Random weights", "3", "0.1", "0.5", "85.0 %"],
        ["2. From the stage before, taught by a larger network", "2", "0.1", "0.5", "93.0 %"],
    ]
