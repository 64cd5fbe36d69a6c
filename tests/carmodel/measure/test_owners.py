import json

import pytest
import torch

from carmodel.ensemble import Rules
from carmodel.measure.owners import averages, count_right, main
from carmodel.network import CLASSES, CarNet
from carmodel.weights import Card, load_rules, save


def test_counts_by_hand():
    def rows(*verdicts: int) -> torch.Tensor:
        return torch.eye(4)[list(verdicts)]

    # A sedan and a coupe; 75 px calls both sedan, 100 px calls both coupe.
    counts = count_right(rows(0, 0), rows(1, 1), torch.tensor([0, 1]))
    assert len(counts) == 16
    # The two photos look alike to the rule: whoever decides is right once.
    assert set(counts.values()) == {1}
    # One photo, right for 75 px only: it decides when it owns sedan and 100 px does not own coupe.
    counts = count_right(rows(0), rows(1), torch.tensor([0]))
    for (sedan, coupe, _, _), right in counts.items():
        assert right == (sedan == 75 and coupe == 75)


def test_averages_by_hand():
    labels = torch.tensor([0, 1])
    wrong, right = 2 * torch.eye(4)[[3, 3]], 4 * torch.eye(4)[[0, 1]]
    pair, three = averages({100: wrong, 75: wrong, 128: right}, labels)
    assert (pair["sizes"], pair["right"]) == ([75, 100], 0)
    # (2 + 2 + 0) / 3 for the wrong class, (0 + 0 + 4) / 3 for the right one: a tie that the first class wins
    assert (three["sizes"], three["right"]) == ([75, 100, 128], 2)
    one, none = torch.tensor([4 / 3, 0]).exp()
    assert three["loss"] == pytest.approx(float(((2 * one + 2 * none) / one).log()), abs=1e-4)
    assert len(averages({75: wrong, 100: wrong}, labels)) == 1
    assert len(averages(dict.fromkeys((64, 75, 100, 128), right), labels)) == 4


@pytest.mark.parametrize("sizes", [(75, 100), (75, 100, 128)])
def test_writes_what_load_rules_reads(class_folders, tmp_path, capsys, sizes):
    torch.manual_seed(0)
    for size in sizes:
        save(CarNet(size), Card(f"final-{size}", size, True, CLASSES, 1.0, "", {}, {}, {}), tmp_path)
    arguments = ["--data", class_folders, "--weights", tmp_path, "--cache", tmp_path / "frames"]
    assert main([*map(str, arguments)]) == 0
    table = json.loads((tmp_path / "ensemble.json").read_text())
    assert load_rules(tmp_path) == Rules(table["owners"], tuple(table["average"]))
    tried = table["validation"]["average"]
    assert [row["sizes"] for row in tried] == [[75, 100], [75, 100, 128]][: len(sizes) - 1]
    best = max(row["right"] for row in tried)
    assert best == next(row["right"] for row in tried if row["sizes"] == table["average"])
    assert table["published_owners"] == {"sedan": 75, "coupe": 100, "suv": 75, "truck": 100}
    assert table["validation"]["right"] >= table["validation"]["right_published"]
