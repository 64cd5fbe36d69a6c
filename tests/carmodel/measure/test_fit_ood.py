import json

import numpy as np
import pytest
import torch
from PIL import Image

from carmodel.measure.fit_ood import (
    auroc,
    candidate_scores,
    descriptions,
    main,
    measure,
    other_pictures,
    spread,
)
from carmodel.network import CLASSES, CarNet
from carmodel.ood import describe, load
from carmodel.photo import read_photo
from carmodel.sampling import area_means
from carmodel.train.data import DataError
from carmodel.weights import Card, save
from carmodel.weights import load as load_network


def noise(seed: int, height: int = 60, width: int = 90) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.NEAREST)


def test_descriptions_of_frames_are_those_of_the_networks_pictures():
    torch.manual_seed(0)
    networks = {str(size): CarNet(size).eval() for size in (75, 100)}
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, 300, 300), dtype=np.uint8)
    found = descriptions(networks, pixels)
    for name, network in networks.items():
        with torch.no_grad():
            logits, blocks = describe(network, area_means(torch.from_numpy(pixels) / 255, network.size))
        for rows, expected in zip(found[name], [logits, *blocks], strict=True):
            assert torch.allclose(rows, expected, atol=1e-4)


def test_spread_whitens():
    generator = torch.Generator().manual_seed(0)
    mixing = torch.tensor([[2.0, 0.0, 0.0], [1.0, 0.5, 0.0], [0.0, 1.0, 1.0]])
    rows = torch.randn(5000, 3, generator=generator) @ mixing.T + torch.tensor([5.0, 0.0, -1.0])
    found = spread(rows)
    white = (rows - found.mean) @ found.whitening
    assert torch.allclose(white.mean(dim=0), torch.zeros(3), atol=0.02)
    assert torch.allclose(white.T.cov(), torch.eye(3), atol=0.02)
    # The definition, with a thousandth of the mean variance added to each; half precision does the rest.
    centred = rows.double().numpy() - rows.double().numpy().mean(axis=0)
    covariance = np.cov(centred.T, ddof=0)
    covariance += np.trace(covariance) / 3000 * np.eye(3)
    expected = np.einsum("ni,ij,nj->n", centred, np.linalg.inv(covariance), centred) / 3
    assert found.distance(rows).numpy() == pytest.approx(expected, rel=0.01, abs=0.005)


def test_spread_of_a_channel_that_is_never_active():
    rows = torch.randn(100, 2) * torch.tensor([1.0, 0.0])
    assert spread(rows).distance(rows).isfinite().all()


def test_auroc_by_hand():
    # Of the six pairs 4 > 1, 4 > 2, 4 > 3, 2 > 1 count one each and 2 = 2 half: 4.5 / 6.
    assert auroc(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, 2.0])) == pytest.approx(4.5 / 6)
    assert auroc(torch.tensor([1.0]), torch.tensor([2.0])) == 1
    assert auroc(torch.tensor([1.0]), torch.tensor([1.0])) == 0.5


def test_candidates_by_hand():
    one = spread(torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]))  # unit covariance
    rows = [torch.tensor([[0.0, 1.0, 0.0, 0.0]]), *[torch.tensor([[2.0, 0.0]])] * 7]
    found = candidate_scores(dict.fromkeys(("75", "100"), [one] * 7), dict.fromkeys(("75", "100"), rows))
    assert found["largest logit"].tolist() == [-1]
    assert found["energy"].item() == pytest.approx(-np.log(3 + np.e), abs=1e-6)
    assert found["distance, block 5"].item() == pytest.approx(2, rel=0.01)  # (2² + 0²) / 2
    assert len(found) == 9


def test_measure_by_hand():
    cars = {"a": torch.tensor([1.0, 3.0]), "b": torch.tensor([1.0])}
    others = {"x": torch.tensor([2.0]), "y": torch.tensor([4.0, 5.0])}
    found = measure(cars, others, threshold=2.5)
    assert found["cars"] == {"a": {"n": 2, "flagged": 0.5}, "b": {"n": 1, "flagged": 0.0}}
    assert found["others"]["x"] == {"n": 1, "flagged": 0.0, "auroc": {"a": 0.5, "b": 1.0}}
    assert found["others"]["all"]["n"] == 3
    assert found["others"]["all"]["auroc"]["a"] == pytest.approx(5 / 6)


def test_other_pictures_are_distinct_files_in_the_order_of_their_paths(tmp_path):
    (tmp_path / "sub").mkdir()
    noise(1).save(tmp_path / "b.png")
    noise(2).save(tmp_path / "a.png")
    noise(3).save(tmp_path / "sub" / "c.png")
    noise(2).resize((180, 120)).save(tmp_path / "sub" / "a again, larger.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "sub" / "c.png")
    (tmp_path / "words.txt").write_text("no picture")
    found = other_pictures(tmp_path)
    assert found.shape == (3, 3, 300, 300) and found.dtype == torch.uint8
    for frame, seed in zip(found, (2, 1, 3), strict=True):
        expected = read_photo(noise(seed)).frame * 255
        assert (frame - expected).abs().mean() < 12  # JPEG softens the edges of the tiles


def test_other_pictures_keep_no_more_detail_than_the_photos_have(tmp_path):
    # Stripes of 2 px in 600 px: nothing of them is left in 144 px.
    stripes = np.zeros((600, 600, 3), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    assert read_photo(tmp_path / "stripes.png").frame.std() > 0.1
    Image.new("RGB", (600, 600)).save(tmp_path / "z, black.png")
    assert other_pictures(tmp_path)[0].float().std() < 0.1 * 255


@pytest.mark.parametrize("count", [0, 1])
def test_a_folder_with_less_than_two_pictures(tmp_path, count):
    for seed in range(count):
        noise(seed).save(tmp_path / f"{seed}.png")
    with pytest.raises(DataError, match="needs at least two pictures"):
        other_pictures(tmp_path)


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(0)
    for size in (75, 100):
        card = Card(f"final-{size}", size, True, CLASSES, 1.0, "", {}, {}, {})
        save(CarNet(size), card, tmp_path / "weights")
    return tmp_path / "weights"


def run(class_folders, weights, *others) -> int:
    places = [
        "--data",
        class_folders,
        "--weights",
        weights,
        "--out",
        weights,
        "--cache",
        weights.parent / "frames",
    ]
    return main([*map(str, [*places, "--others", *others])])


@pytest.fixture
def others(tmp_path):
    (tmp_path / "others").mkdir()
    for seed in range(4):
        noise(seed).save(tmp_path / "others" / f"{seed}.png")
    return tmp_path / "others"


def test_command_writes_what_load_reads(class_folders, weights, others, capsys):
    assert run(class_folders, weights, others) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["cars"]["photos"]["n"] == 12
    assert printed["cars"]["photos"]["flagged"] == pytest.approx(1 / 12)  # the strangest one
    assert printed["others"]["others"] == printed["others"]["all"]
    assert printed["others"]["all"]["n"] == 2
    assert len(printed["comparison on validation photos"]) == 9
    cards = {str(size): load_network(f"final-{size}", weights)[1] for size in (75, 100)}
    assert load(cards, weights).threshold == printed["threshold"]


def test_folders_of_the_same_name_are_one_sentence(class_folders, weights, others, capsys):
    assert run(class_folders, weights, others, others) == 2
    assert "different names" in capsys.readouterr().err


def test_no_networks_is_one_sentence(class_folders, tmp_path, others, capsys):
    assert run(class_folders, tmp_path / "none", others) == 2
    assert "final-75.json is missing" in capsys.readouterr().err
