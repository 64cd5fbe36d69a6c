"""Networks of other architectures: from cards, and from functions of one's own."""

import json
from hashlib import sha256

import pytest
import safetensors.torch
import torch
from torch import nn

from carmodel.architectures import (
    AdaptedNetwork,
    adapted,
    blank,
    own_network,
    random_network,
    torchvision_models,
)
from carmodel.card import CARNET, Card, InputFacts, WeightsError, read_card
from carmodel.network import CLASSES, CarNet
from carmodel.vision import models
from carmodel.weights import load, save

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CARD = {
    "name": "own-64",
    "architecture": "torchvision/squeezenet1_1",
    "input": {"size": 64, "mean": list(MEAN), "std": list(STD)},
    "classes": list(CLASSES),
}


@pytest.fixture(scope="module")
def module():
    torch.manual_seed(0)
    return models.get_model("squeezenet1_1", weights=None, num_classes=4).eval()


@pytest.fixture
def folder(module, tmp_path):
    """What somebody else would put there: torchvision's own state dict, and a card written by hand."""
    data = safetensors.torch.save(module.state_dict())
    (tmp_path / "own-64.safetensors").write_bytes(data)
    card = CARD | {"sha256": sha256(data).hexdigest()}
    (tmp_path / "own-64.json").write_text(json.dumps(card))
    return tmp_path


def test_a_network_of_torchvision_from_its_card(module, folder):
    network, card = load("own-64", folder)
    pictures = torch.rand(2, 3, 64, 64)
    normalised = (pictures - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    assert torch.equal(network(pictures), module(normalised).detach())
    assert (network.size, card.size, card.temperature) == (64, 64, 1.0)
    assert not any(values.requires_grad for values in network.parameters())


def test_written_and_read_again(folder, tmp_path_factory):
    network, card = load("own-64", folder)
    other = tmp_path_factory.mktemp("other")
    save(network, card, other)
    again, read = load("own-64", other)
    assert read.input == InputFacts(64, MEAN, STD)
    pictures = torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(again(pictures), network(pictures), rtol=1e-2, atol=1e-2)  # half precision


def test_the_card_of_a_carnet_is_as_before(tmp_path):
    save(CarNet(75).eval(), Card("final-75", 75, True, CLASSES, 1.0, "", {}, {}, {}), tmp_path)
    table = json.loads((tmp_path / "final-75.json").read_text())
    assert not {"architecture", "input", "layer"} & table.keys()
    assert read_card(tmp_path / "final-75.json").architecture == CARNET


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"architecture": "torchvision/no_such"}, "there is no architecture 'torchvision/no_such'"),
        ({"architecture": "torchvision/googlenet"}, "there is no architecture"),  # gives more than logits
        ({"architecture": "os/system"}, "there is no architecture"),
        ({"architecture": "torchvision/../x"}, "architecture is not a name"),
        ({"architecture": 5}, "architecture is not a name"),
        ({"input": {"size": 64, "std": [0, 1, 1]}}, "std is not above 0"),
        ({"input": {"size": 64, "mean": [0.5]}}, "mean is not three numbers"),
        ({"input": {"size": 64, "mean": [0.5, True, 0.5]}}, "mean is not three numbers"),
        ({"input": {"size": 31}}, "no whole number from 32 to 300"),
        ({"input": {"size": 64, "code": 1}}, "input is not a table of size, mean, std"),
        ({"input": None}, "input is not a table"),
        ({"size": 75}, "another size than the card"),
        ({"layer": "features.99"}, "features.99|no attribute"),
        ({"architecture": "torchvision/resnet18"}, "does not fit"),
        ({"architecture": CARNET}, "a carnet has no input facts"),
    ],
)
def test_wrong_cards(folder, change, told):
    path = folder / "own-64.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(WeightsError, match=told) as caught:
        load("own-64", folder)
    assert "\n" not in str(caught.value)


def test_every_name_of_the_list_can_be_built():
    names = torchvision_models()
    assert {"resnet18", "mobilenet_v3_small", "efficientnet_b0", "convnext_tiny", "vit_b_16"} <= names
    assert not {"googlenet", "inception_v3", "maxvit_t"} & names
    for name in ("alexnet", "mnasnet0_5", "resnext50_32x4d", "swin_t", "vit_b_32", "wide_resnet50_2"):
        card = Card("x", 96, False, CLASSES, 1.0, "", {}, {}, {}, "", f"torchvision/{name}", InputFacts(96))
        network = blank(card)
        assert isinstance(network, AdaptedNetwork)
        assert all(
            values.is_meta for values in network.stored.parameters()
        )  # no memory before the file is read


def test_ready_to_be_trained():
    """Random values, logits that are not sure of anything, and running means that follow the last steps."""
    facts = InputFacts(64, MEAN, STD)
    card = Card("x-64", 64, False, CLASSES, 1.0, "", {}, {}, {}, "", "torchvision/mnasnet0_5", facts)
    network = random_network(card)
    first, second = (network(torch.full((2, 3, 64, 64), grey)) for grey in (0.2, 0.8))
    assert first.isfinite().all() and not torch.equal(first, second)
    assert torch.cat([first, second]).abs().max() < 3
    layer = next(module for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    layer.train()(torch.full((2, layer.num_features, 4, 4), 10.0))
    assert layer.running_mean.mean() > 1  # of the three passes above, and this one


def build_code(body):
    return f"from torch import nn\nfrom carmodel.network import CarNet\n\ndef build():\n    {body}\n"


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes a module with a function `build` into the current folder and returns its place."""
    monkeypatch.chdir(tmp_path)
    count = len(list(tmp_path.parent.iterdir()))

    def write(body):
        name = f"mine_{abs(hash((body, str(tmp_path), count)))}"
        (tmp_path / f"{name}.py").write_text(build_code(body))
        return f"{name}:build"

    return write


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ("return CarNet(64)", 64),
        ("return nn.Sequential(nn.Flatten(), nn.Linear(3 * 40 * 40, 4)), {'size': 40}", 40),
        ("return nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(12, 4))", 224),
        ("return nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.LazyLinear(4)), {'size': 50}", 50),
    ],
)
def test_a_network_of_ones_own(written, body, size):
    network = own_network(written(body))
    assert network.size == size
    assert not network.training
    assert network(torch.rand(3, 3, size, size)).shape == (3, 4)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "return nn.Sequential(nn.Flatten(), nn.Linear(3 * 40 * 40, 5)), {'size': 40}",
            "has to return 4 logits",
        ),
        ("return nn.Sequential(nn.Flatten(), nn.Linear(100, 4)), {'size': 40}", "say which size it wants"),
        ("return nn.LSTM(40, 4), {'size': 40}", "it fails for pictures|it returns a tuple"),
        (
            "m = nn.Linear(3 * 32 * 32, 4); m.bias.data[0] = float('nan'); "
            "return nn.Sequential(nn.Flatten(), m), {'size': 32}",
            "infinite or no numbers",
        ),
        ("return 3", "it has to return a torch.nn.Module"),
        ("return CarNet(64), 64", "it has to return a torch.nn.Module"),
        ("return CarNet(64), {'size': 64, 'colour': 'BGR'}", "input is not a table of size, mean, std"),
        ("return CarNet(64), {'size': 64, 'layer': 'nothing'}", "no layer 'nothing'"),
        ("raise OSError('no disk')", "OSError: no disk"),
    ],
)
def test_what_is_wrong_with_ones_own(written, body, told):
    with pytest.raises(WeightsError, match=told) as caught:
        own_network(written(body))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("json", "names no function"),
        ("json:", "names no function"),
        ("no_such_module:build", "No module named"),
        ("json:no_such", "has no function 'no_such'"),
    ],
)
def test_no_such_function(place, told):
    with pytest.raises(WeightsError, match=told):
        own_network(place)


def test_layers_are_named_by_their_module():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 38 * 38, 4))
    assert adapted(module, {"size": 40, "layer": "1"}).last_block is module[1]
    assert adapted(module, {"size": 40}).last_block is None
