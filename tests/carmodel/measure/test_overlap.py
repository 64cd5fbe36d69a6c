import csv
import json
import math
from pathlib import Path

import pytest
import torch

from carmodel.measure.overlap import accuracies, bar, main, nearest_by_model, passed_by_others
from carmodel.network import CLASSES
from carmodel.train.samples import DataError, Sample
from carmodel.train.teacher import main as teacher


def at(*degrees: float) -> torch.Tensor:
    """Unit vectors in a plane, by their angles: their cosines are those of differences."""
    angles = torch.tensor(degrees).deg2rad()
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def cosine(degrees: float) -> float:
    return math.cos(math.radians(degrees))


def test_the_bar_by_hand():
    # Two models of two photos each, 10 and 20 degrees apart: 5 of 100 are below, so the farther ones decide.
    features = at(0, 10, 100, 120, 50)
    assert bar(features, ["a", "a", "b", "b", ""]) == pytest.approx(cosine(20))
    # Forty models that are 10 degrees apart and one that is 20: fewer than 5 of 100 lie below 10.
    many = torch.cat([at(0, 10)] * 40 + [at(0, 20)])
    models = [str(number // 2) for number in range(82)]
    assert bar(many, models) == pytest.approx(cosine(10))
    with pytest.raises(DataError, match="two training photos"):
        bar(features, ["a", "b", "", "", ""])


def test_the_nearest_photo_of_each_model():
    training = [
        Sample(None, 0, "train", "lists", name="1.jpg"),
        Sample(None, -1, "train", "web", name="2.jpg"),
    ]
    report = nearest_by_model(at(0, 30, 90), ["a", "a", "b"], at(40, 95), training)
    assert report["a"]["n"] == 2
    assert report["a"]["cosine"] == pytest.approx(cosine(10), abs=1e-4)
    assert report["a"]["nearest"] == {"photo": "1.jpg", "source": "lists", "model": ""}
    assert report["b"]["cosine"] == pytest.approx(cosine(5), abs=1e-4)
    assert report["b"]["nearest"]["source"] == "web"


def test_models_that_pass_by_the_photos_of_others():
    # a and b are 5 degrees from each other, c is 60 from both; the photo at 61 has no model.
    features, models = at(0, 5, 65, 61), ["a", "b", "c", ""]
    assert passed_by_others(features, models, cosine(10)) == pytest.approx(2 / 3)


def test_accuracy_on_some():
    rows = accuracies({"it": torch.eye(4)[[0, 1, 1]]}, torch.tensor([0, 0, 1]), torch.tensor([1, 1, 0]) == 1)
    assert (rows["it"]["n"], rows["it"]["accuracy"]) == (2, 0.5)
    nothing = accuracies({"it": torch.eye(4)[[0]]}, torch.tensor([0]), torch.tensor([False]))
    assert nothing["it"] == {"n": 0, "accuracy": None, "ci95": None}


def test_command(class_folders, random_weights, tmp_path, capsys):
    data = tmp_path / "named"
    data.mkdir()
    rows = [
        (Path("..") / ".." / path.relative_to(class_folders.parent), path.parts[-3], path.parts[-2])
        for path in sorted(class_folders.rglob("*.png"))
        if path.parts[-2] in CLASSES and path.parts[-3] in ("train", "val")
    ]
    with (data / "manifest.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "split", "label", "make_model"])
        for path, split, label in rows:
            place = class_folders.parent / Path(*path.parts[2:])
            table.writerow([place, split, label, f"{label} of {split}"])
    places = ["--data", str(data), "--cache", str(tmp_path / "frames")]
    short = ["--size", "64", "--batch", "8", "--epochs", "1", "--epoch-steps", "1", "--device", "cpu"]
    assert teacher([*places, *short, "--checkpoint", str(tmp_path / "teacher.pt")]) == 0
    asked = [*places, "--teacher", str(tmp_path / "teacher.pt"), "--weights", str(random_weights)]
    assert main([*asked, "--split", "val", "--out", str(tmp_path / "overlap.json")]) == 0
    report = json.loads((tmp_path / "overlap.json").read_text())
    assert set(report["models"]) == {f"{name} of val" for name in CLASSES}
    assert report["accuracy"]["models that are named"]["average"]["n"] == 12
    assert report["absent"] == [n for n, row in report["models"].items() if row["cosine"] < report["bar"]]
    for row in report["models"].values():
        assert row["nearest"]["model"].endswith("of train")
