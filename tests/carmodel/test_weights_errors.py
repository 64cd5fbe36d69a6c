"""What carmodel.weights refuses to load and to save, and how."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest
import safetensors.torch
import torch
from torch import nn

from carmodel import weights
from carmodel.network import CLASSES, CarNet
from carmodel.weights import Card, WeightsError

CARD = Card("mine", 75, True, CLASSES, 1.3, "", {}, {}, {"val": {"truecar": 0.88}})


@pytest.fixture(scope="module")
def trained():
    return CarNet(75).eval()


@pytest.fixture
def folder(tmp_path, trained):
    weights.save(trained, CARD, tmp_path)
    return tmp_path


def rewrite(folder, tensors):
    """Puts other tensors under the name "mine", with a card that has their checksum."""
    data = tensors if isinstance(tensors, bytes) else safetensors.torch.save(tensors)
    (folder / "mine.safetensors").write_bytes(data)
    table = json.loads((folder / "mine.json").read_text(encoding="utf-8"))
    (folder / "mine.json").write_text(json.dumps({**table, "sha256": sha256(data).hexdigest()}))


def refusal(call, *arguments):
    with pytest.raises(WeightsError) as caught:
        call(*arguments)
    return str(caught.value)


# What cannot be loaded


def test_missing_files(folder):
    assert refusal(weights.load, "final-75", folder) == "final-75.json is missing."
    (folder / "mine.safetensors").unlink()
    assert refusal(weights.load, "mine", folder) == "mine.safetensors is missing."


def test_name_cannot_leave_the_folder(folder):
    assert "is no name for weights" in refusal(weights.load, f"../{folder.name}/mine", folder)


def test_checksum(folder):
    path = folder / "mine.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert refusal(weights.load, "mine", folder) == (
        "mine.safetensors is damaged or of another version: its checksum differs from mine.json."
    )


@pytest.mark.parametrize("data", [b"", b"no safetensors", b"\x08" + bytes(7) + b"{       ", b"\xff" * 100])
def test_damaged_file_with_its_checksum(folder, data):
    rewrite(folder, data)
    message = "mine.safetensors is damaged: it cannot be read as safetensors."
    assert refusal(weights.load, "mine", folder) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"head.fc3.bias": None}, "head.fc3.bias is missing"),
        ({"head.fc3.weight": None, "head.fc3.bias": None}, "head.fc3.weight, head.fc3.bias are missing"),
        ({"head.fc4.bias": torch.zeros(4)}, "'head.fc4.bias' is not part of the network"),
        (
            {"x" * 1000: torch.zeros(1)},
            f"'{'x' * 27}...{'x' * 28}' is not part of the network",
        ),
        ({"head.fc3.bias": torch.zeros(5)}, "head.fc3.bias is [5] instead of [4]"),
        ({"head.fc3.bias": torch.zeros(4, dtype=torch.int64)}, "head.fc3.bias has the type int64"),
        (
            {"features.batchnorm_conv1.num_batches_tracked": torch.tensor(1.0)},
            "features.batchnorm_conv1.num_batches_tracked has the type float32",
        ),
        (
            {"head.fc3.bias": torch.zeros(4).to(torch.float8_e4m3fn)},
            "head.fc3.bias has the type float8_e4m3fn",
        ),
        (
            {"head.fc3.bias": torch.tensor([0, 0, 1e39, 0], dtype=torch.float64)},
            "head.fc3.bias has values that are infinite or no numbers",
        ),
        (
            {"features.batchnorm_conv1.running_var": torch.full((32,), -1.0)},
            "features.batchnorm_conv1.running_var has negative variances",
        ),
        (
            {"head.fc3.bias": torch.tensor([0, 0, float("nan"), 0])},
            "head.fc3.bias has values that are infinite or no numbers",
        ),
        (
            {"features.batchnorm_conv1.running_var": torch.full((32,), float("inf"))},
            "features.batchnorm_conv1.running_var has values that are infinite or no numbers",
        ),
    ],
)
def test_tensors_that_do_not_fit(folder, trained, change, message):
    tensors = {key: value for key, value in {**trained.state_dict(), **change}.items() if value is not None}
    rewrite(folder, tensors)
    assert refusal(weights.load, "mine", folder) == f"mine.safetensors does not fit mine.json: {message}."


def test_weights_of_the_other_size(folder):
    rewrite(folder, CarNet(100).state_dict())
    assert "head.fc1.weight is [514, 8192] instead of [514, 2048]" in refusal(weights.load, "mine", folder)


# What cannot be saved


def test_explained_network_is_not_saved(tmp_path, trained):
    net = CarNet(75)
    hook = net.features.relu_conv7.register_full_backward_hook(lambda *arguments: None)
    assert refusal(weights.save, net, CARD, tmp_path) == (
        "mine.safetensors cannot be written: features.relu_conv7 has hooks, as explaining leaves them; "
        "save a fresh copy."
    )
    hook.remove()
    net.features.conv1.x = nn.Parameter(torch.zeros(1))  # as shap does
    assert "'features.conv1.x' is not part of the network" in refusal(weights.save, net, CARD, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "../mine"}, "'../mine' is no name for weights"),
        ({"size": 100}, "mine.safetensors cannot be written: the card describes another network."),
        ({"batchnorm": False}, "mine.safetensors cannot be written: the card describes another network."),
        ({"classes": CLASSES[::-1]}, "mine.json cannot be written: classes are not sedan, coupe, suv, truck"),
        ({"temperature": 0}, "mine.json cannot be written: temperature is not a number from 0.05 to 20."),
        ({"results": {"val": float("nan")}}, "mine.json cannot be written: results is not a table of JSON's"),
        (
            {"results": {"val": torch.zeros(1)}},
            "mine.json cannot be written: results is not a table of JSON's",
        ),
    ],
)
def test_card_that_cannot_be_written(tmp_path, trained, values, message):
    assert refusal(weights.save, trained, replace(CARD, **values), tmp_path).startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_values_too_large_for_half_precision(tmp_path):
    net = CarNet(75)
    net.head.fc3.bias.data[0] = 70_000
    assert "head.fc3.bias has values that are infinite" in refusal(weights.save, net, CARD, tmp_path)
