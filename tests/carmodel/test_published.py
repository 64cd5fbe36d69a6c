import json
from collections import OrderedDict
from hashlib import sha256
from itertools import pairwise
from math import prod, sqrt

import pytest
import torch
from torch.nn import functional as F

from carmodel import weights
from carmodel.network import CLASSES
from carmodel.published import NOTES, convert, import_network, read_state_dict

CHANNELS = (3, 32, 32, 64, 64, 128, 128, 128)
WIDTHS = {75: (2048, 514, 128, 4), 100: (8192, 514, 128, 4)}


def state_dict(size=75, batchnorm=True):
    """Random tensors under the published names; half precision holds each value."""
    generator = torch.Generator().manual_seed(size)

    def normal(shape, deviation):
        return (torch.randn(shape, generator=generator) * deviation).half().float()

    layers = {f"conv{i}": (wide, narrow, 3, 3) for i, (narrow, wide) in enumerate(pairwise(CHANNELS), 1)}
    layers |= {f"fc{i}": (after, before) for i, (before, after) in enumerate(pairwise(WIDTHS[size]), 1)}
    state = OrderedDict()
    for name, shape in layers.items():
        state[f"{name}.weight"] = normal(shape, sqrt(2 / prod(shape[1:])))
        state[f"{name}.bias"] = normal(shape[0], 0.1)
        if batchnorm and name != "fc3":
            state[f"batchnorm_{name}.weight"] = 1 + normal(shape[0], 0.1)
            state[f"batchnorm_{name}.bias"] = normal(shape[0], 0.1)
            state[f"batchnorm_{name}.running_mean"] = normal(shape[0], 0.1)
            state[f"batchnorm_{name}.running_var"] = 0.5 + normal(shape[0], 0.1).abs()
            state[f"batchnorm_{name}.num_batches_tracked"] = torch.tensor(7)
    return OrderedDict(
        (key, value.half().float() if value.is_floating_point() else value) for key, value in state.items()
    )


def published_logits(state, bgr):
    """What the published network computes before its log_softmax, layer by layer, in evaluation mode."""

    def normalised(x, name):
        if f"batchnorm_{name}.weight" not in state:
            return x
        parts = (
            state[f"batchnorm_{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, *parts)

    x = bgr
    for i in range(1, 8):
        x = F.relu(normalised(F.conv2d(x, state[f"conv{i}.weight"], state[f"conv{i}.bias"]), f"conv{i}"))
        if i in (2, 4, 7):
            x = F.max_pool2d(x, 2, 2)
    x = torch.flatten(x, 1)
    for i in (1, 2):
        x = F.relu(normalised(F.linear(x, state[f"fc{i}.weight"], state[f"fc{i}.bias"]), f"fc{i}"))
    return F.linear(x, state["fc3.weight"], state["fc3.bias"])


@pytest.fixture(scope="module")
def state():
    return state_dict()


@pytest.fixture(scope="module")
def saved(state, tmp_path_factory):
    path = tmp_path_factory.mktemp("published") / "MODEL.pt"
    torch.save(state, path)
    return path


@pytest.mark.parametrize(("size", "batchnorm"), [(75, True), (75, False), (100, True), (100, False)])
def test_imported_network_answers_to_rgb_as_the_published_one_to_bgr(tmp_path, size, batchnorm):
    state = state_dict(size, batchnorm)
    torch.save(state, tmp_path / "MODEL.pt")
    path = import_network(tmp_path / "MODEL.pt", size, name="mine", folder=tmp_path)
    assert path == tmp_path / "mine.safetensors"
    network, card = weights.load("mine", tmp_path)
    assert (card.size, card.batchnorm, card.temperature) == (size, batchnorm, 1.0)
    rgb = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    bgr = torch.stack([rgb[:, 2], rgb[:, 1], rgb[:, 0]], dim=1)
    expected = published_logits(state, bgr)
    torch.testing.assert_close(network(rgb), expected, atol=1e-4, rtol=1e-4)
    assert (network(bgr) - expected).abs().max() > 0.01  # the order of the channels matters here


def test_order_of_the_outputs(saved, state):
    given = ("truck", "sedan", "suv", "coupe")
    network = convert(saved, 75, given)
    for row, label in enumerate(given):
        assert torch.equal(network.head.fc3.weight[CLASSES.index(label)], state["fc3.weight"][row])
        assert torch.equal(network.head.fc3.bias[CLASSES.index(label)], state["fc3.bias"][row])


def test_card_says_where_it_came_from(saved, tmp_path):
    import_network(saved, 75, classes=CLASSES[::-1], folder=tmp_path)
    card = json.loads((tmp_path / "imported-75.json").read_text())
    assert card["data"] == {
        "imported from": "MODEL.pt",
        "sha256 of that file": sha256(saved.read_bytes()).hexdigest(),
        "order of its outputs": ["truck", "suv", "coupe", "sedan"],
        "notes": list(NOTES),
    }
    assert card["classes"] == list(CLASSES)
    assert "without antialiasing" in " ".join(NOTES)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model": state, "optimiser": {"rate": 0.1}},
        lambda state: {"model_state_dict": state},
        lambda state: {f"module.{key}": value for key, value in state.items()},
        lambda state: {"state_dict": {f"module.{key}": value for key, value in state.items()}},
        lambda state: {key: value for key, value in state.items() if "num_batches" not in key},
        lambda state: (
            {key: torch.nn.Parameter(value.double(), False) for key, value in state.items()}
            | {key: value for key, value in state.items() if "num_batches" in key}
        ),
    ],
    ids=["state_dict", "model", "model_state_dict", "module.", "both", "no counters", "double parameters"],
)
def test_ways_to_wrap_the_same_tensors(saved, state, tmp_path, wrap):
    torch.save(wrap(state), tmp_path / "other.pt")
    found, expected = (convert(path, 75).state_dict() for path in (tmp_path / "other.pt", saved))
    assert {value.dtype for value in found.values()} == {torch.float32, torch.int64}
    for key, value in expected.items():
        assert torch.equal(found[key], value) or "num_batches_tracked" in key


def test_file_of_old_pytorch(state, tmp_path):
    torch.save(state, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert torch.equal(read_state_dict(tmp_path / "old.pt")["conv1.weight"], state["conv1.weight"])
