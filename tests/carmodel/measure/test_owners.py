import json

import torch

from carmodel.measure.owners import count_right, main
from carmodel.network import CLASSES, CarNet
from carmodel.weights import Card, load_owners, save


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


def test_writes_what_load_owners_reads(class_folders, tmp_path, capsys):
    torch.manual_seed(0)
    for size in (75, 100):
        save(CarNet(size), Card(f"final-{size}", size, True, CLASSES, 1.0, "", {}, {}, {}), tmp_path)
    arguments = ["--data", class_folders, "--weights", tmp_path, "--cache", tmp_path / "frames"]
    assert main([*map(str, arguments)]) == 0
    table = json.loads((tmp_path / "ensemble.json").read_text())
    assert load_owners(tmp_path) == table["owners"]
    assert table["published_owners"] == {"sedan": 75, "coupe": 100, "suv": 75, "truck": 100}
    assert table["validation"]["right"] >= table["validation"]["right_published"]
