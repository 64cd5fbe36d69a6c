import json

import numpy as np
import pytest
import torch

from carmodel.ensemble import PUBLISHED_OWNERS, Rules, ensembles_of
from carmodel.measure.evaluate import accuracy_by_source, ensemble_probabilities, logits_of, main
from carmodel.network import CLASSES, CarNet
from carmodel.train.data import Frames, Sample
from carmodel.weights import Card, save


def test_logits_are_those_of_the_block_means():
    torch.manual_seed(0)
    network = CarNet(100).eval()
    pixels = np.random.default_rng(0).integers(0, 256, (5, 3, 300, 300), dtype=np.uint8)
    # 3×3 block means by reshaping, independently of area_means
    blocks = torch.from_numpy(pixels).float().div(255).reshape(5, 3, 100, 3, 100, 3).mean(dim=(3, 5))
    with torch.no_grad():
        expected = network(blocks)
    assert torch.allclose(logits_of(network, pixels, batch=2), expected, atol=1e-5)


def test_accuracy_by_source():
    samples = tuple(Sample(None, label, "val", source) for label, source in [(0, "a"), (1, "a"), (2, "b")])
    frames = Frames(np.empty((3, 0)), samples, ())
    logits = torch.eye(4)[[0, 3, 2]]
    assert accuracy_by_source(logits, frames) == {"a": 0.5, "b": 1.0}


def test_ensembles_of_two_photos_by_hand():
    # 75 px: sedan, coupe; 100 px: coupe, sedan. Owners: sedan 75, coupe 100.
    small = torch.tensor([[2.0, 0, 0, 0], [0, 4.0, 0, 0]])
    large = torch.tensor([[0, 1.0, 0, 0], [3.0, 0, 0, 0]])
    pair = ensembles_of({"small": 75, "large": 100}, Rules(PUBLISHED_OWNERS))
    found = ensemble_probabilities({"small": small, "large": large}, pair)
    means = torch.tensor([[1.0, 0.5, 0, 0], [1.5, 2.0, 0, 0]])
    assert torch.allclose(found["average"], means.softmax(dim=1), atol=1e-6)
    # Photo 1: 75 px names its sedan, but 100 px its coupe: 100 px decides. Photo 2: neither: 100 px decides.
    assert torch.allclose(found["priority"], large.softmax(dim=1), atol=1e-6)
    # A third network has a part in the average, and none in Priority.
    three = ensembles_of({"small": 75, "large": 100, "other": 128}, Rules(PUBLISHED_OWNERS))
    other = torch.tensor([[0, 0, 5.0, 0], [0, 0, 0.5, 0]])
    again = ensemble_probabilities({"small": small, "large": large, "other": other}, three)
    assert torch.allclose(again["average"], ((small + large + other) / 3).softmax(dim=1), atol=1e-6)
    assert torch.equal(again["priority"], found["priority"])


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(0)
    for size in (75, 100):
        card = Card(f"final-{size}", size, True, CLASSES, 1.0, "", {}, {}, {})
        save(CarNet(size), card, tmp_path / "weights")
    return tmp_path / "weights"


def run(class_folders, weights, *more: str) -> int:
    places = ["--data", class_folders, "--weights", weights, "--cache", weights.parent / "frames"]
    return main([*map(str, places), "--split", "val", *more])


def test_json_report(class_folders, weights, capsys):
    assert run(class_folders, weights, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["networks"].keys() == {"final-75", "final-100"}
    assert report["ensembles"].keys() == {"average", "priority"}
    assert report["compared"] == ["final-75", "final-100"]
    for row in [*report["networks"].values(), *report["ensembles"].values()]:
        assert row["photos"]["n"] == 12
        assert sum(map(sum, row["photos"]["confusion"])) == 12
        right = sum(row["photos"]["confusion"][i][i] for i in range(4))
        assert row["photos"]["accuracy"] == pytest.approx(right / 12)
        assert row["photos"]["ci95"][0] <= row["photos"]["accuracy"] <= row["photos"]["ci95"][1]


def test_text_report(class_folders, weights, capsys):
    assert run(class_folders, weights) == 0
    text = capsys.readouterr().out
    for words in ("final-75, photos:", "average, photos:", "of 12 right", "final-75 and final-100, photos:"):
        assert words in text


def test_no_networks_is_one_sentence(class_folders, tmp_path, capsys):
    (tmp_path / "none").mkdir()
    assert run(class_folders, tmp_path / "none") == 2
    assert "no networks" in capsys.readouterr().err
