import json
from dataclasses import replace

import pytest
import torch

from carmodel.card import Card, WeightsError
from carmodel.network import CLASSES, CarNet
from carmodel.ood import TABLE, TENSORS, Cue, Detector, Spread, describe, load, save

CARDS = {
    str(size): Card(f"final-{size}", size, True, CLASSES, 1.0, f"sum of {size}", {}, {}, {})
    for size in (75, 100)
}


def test_a_score_above_the_threshold_is_no_car():
    assert Cue(2.0, 2.0).looks_like_car
    assert not Cue(2.1, 2.0).looks_like_car
    assert "resembles" in Cue(1.0, 2.0).sentence
    assert "may not be" in Cue(3.0, 2.0).sentence


def test_distance_by_hand():
    # Variances 4 and 1/4, uncorrelated: (3 − 1)² / 4 = 1 and (1 − 0)² · 4 = 4, of which the mean is 2.5.
    spread = Spread(torch.tensor([1.0, 0.0]), torch.diag(torch.tensor([0.5, 2.0])))
    assert spread.distance(torch.tensor([[3.0, 1.0], [1.0, 0.0]])).tolist() == [2.5, 0.0]


def test_cue_is_the_mean_over_the_networks():
    plain = Spread(torch.zeros(2), torch.eye(2))
    detector = Detector({"75": plain, "100": plain}, 3.0)
    other = torch.full((1, 2), 9.0)  # what the blocks say that don't count
    small, large = torch.tensor([[1.0, 1.0]]), torch.tensor([[3.0, 0.0]])
    cue = detector.cue(
        {"75": [other] * 3 + [small] + [other] * 3, "100": [other] * 3 + [large] + [other] * 3}
    )
    assert (cue.score, cue.threshold) == (2.75, 3.0)  # of 1 and 4.5


@pytest.mark.parametrize("batchnorm", [True, False])
def test_descriptions_are_means_and_deviations_of_what_hooks_see(batchnorm):
    torch.manual_seed(0)
    network = CarNet(75, batchnorm).eval()
    x = torch.rand(2, 3, 75, 75)
    seen = []
    for number in range(1, 8):
        module = network.features.get_submodule(f"relu_conv{number}")
        module.register_forward_hook(lambda module, inputs, output: seen.append(output.numpy()))
    with torch.no_grad():
        expected = network(x)
        logits, found = describe(network, x)
    assert torch.equal(logits, expected)
    assert [rows.shape[1] for rows in found] == [64, 64, 128, 128, 256, 256, 256]
    for rows, output in zip(found, seen[:7], strict=True):
        channels = output.reshape(2, output.shape[1], -1)
        means, deviations = rows.numpy()[:, : output.shape[1]], rows.numpy()[:, output.shape[1] :]
        assert means == pytest.approx(channels.mean(axis=2), abs=1e-5)
        assert deviations == pytest.approx(channels.std(axis=2), abs=1e-4)


@pytest.fixture
def stored(tmp_path):
    """A folder with a detector whose values half precision holds exactly, and that detector."""
    torch.manual_seed(0)
    spreads = {
        name: Spread(torch.randn(128).half().float(), torch.randn(128, 128).half().float()) for name in CARDS
    }
    detector = Detector(spreads, 2.5)
    save(detector, CARDS, {"others": {"all": {"auroc": 0.9}}}, tmp_path)
    return tmp_path, detector


def test_what_was_saved_comes_back(stored):
    folder, detector = stored
    found = load(CARDS, folder)
    assert found.threshold == 2.5
    assert found.spreads.keys() == CARDS.keys()
    for name, spread in found.spreads.items():
        assert torch.equal(spread.mean, detector.spreads[name].mean)
        assert torch.equal(spread.whitening, detector.spreads[name].whitening)
    assert json.loads((folder / TABLE).read_text())["results"] == {"others": {"all": {"auroc": 0.9}}}
    assert sum(path.stat().st_size for path in folder.iterdir()) < 300_000


def test_a_folder_without_one_has_none(tmp_path):
    assert load(CARDS, tmp_path) is None


def change(folder, **values) -> None:
    table = json.loads((folder / TABLE).read_text())
    (folder / TABLE).write_text(json.dumps(table | values))


@pytest.mark.parametrize("threshold", [None, "2", 0, -1.0, float("nan"), float("inf"), True])
def test_wrong_threshold(stored, threshold):
    change(stored[0], threshold=threshold)
    with pytest.raises(WeightsError, match=r"^novelty.json needs a positive number"):
        load(CARDS, stored[0])


def test_other_networks(stored):
    others = CARDS | {"75": replace(CARDS["75"], sha256="another")}
    assert load(others, stored[0]) is None


def test_beside_a_network_that_it_was_not_fitted_to(stored):
    folder, detector = stored
    found = load(CARDS | {"128": replace(CARDS["75"], name="final-128", size=128, sha256="third")}, folder)
    assert found.spreads.keys() == detector.spreads.keys()
    assert load({"75": CARDS["75"]}, folder) is None  # it needs both


@pytest.mark.parametrize("networks", [{}, None, ["75"]])
def test_fitted_to_nothing(stored, networks):
    change(stored[0], networks=networks)
    assert load(CARDS, stored[0]) is None


def test_damaged_table(stored):
    (stored[0] / TABLE).write_text("{")
    with pytest.raises(WeightsError, match=r"^novelty.json is damaged"):
        load(CARDS, stored[0])


def test_missing_tensors(stored):
    (stored[0] / TENSORS).unlink()
    with pytest.raises(WeightsError, match=r"^novelty-distances.safetensors is missing"):
        load(CARDS, stored[0])


def test_changed_tensors(stored):
    data = (stored[0] / TENSORS).read_bytes()
    (stored[0] / TENSORS).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(WeightsError, match=r"checksum differs from novelty.json"):
        load(CARDS, stored[0])


def test_tensors_of_another_shape(tmp_path):
    spread = Spread(torch.zeros(4), torch.eye(4))
    save(Detector(dict.fromkeys(CARDS, spread), 2.5), CARDS, {}, tmp_path)
    with pytest.raises(WeightsError, match=r"does not hold what block 4"):
        load(CARDS, tmp_path)
