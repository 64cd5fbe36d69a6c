import json
import runpy

import pytest
import torch

from carmodel import weights
from carmodel.card import Card
from carmodel.network import CLASSES, CarNet
from carmodel.published import NOTES
from carmodel.registry import NetworkFile, list_networks, main


@pytest.fixture(scope="module")
def network():
    return CarNet(75, batchnorm=False)


@pytest.fixture
def folder(tmp_path, network):
    """Holds mine-75, which can be used, and its files under names to damage."""
    weights.save(network, Card("mine-75", 75, False, CLASSES, 1.0, "", {}, {}, {}), tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def published(network, tmp_path_factory):
    """A state dict with the flat names of the published code."""
    path = tmp_path_factory.mktemp("published") / "MODEL.pt"
    torch.save({key.partition(".")[2]: value for key, value in network.state_dict().items()}, path)
    return path


def copy(folder, name, changes=()):
    """Copies mine-75 under another name, with other values in its card."""
    (folder / f"{name}.safetensors").write_bytes((folder / "mine-75.safetensors").read_bytes())
    table = json.loads((folder / "mine-75.json").read_text())
    (folder / f"{name}.json").write_text(json.dumps(table | {"name": name} | dict(changes)))


def test_networks_that_can_be_used(folder, network):
    weights.save(CarNet(100), Card("mine-100", 100, True, CLASSES, 1.0, "", {}, {}, {}), folder)
    weights.save_references(torch.zeros(1, 3, 300, 300), folder)
    for name in ("ensemble.json", "novelty.json", "CREDITS.md", "novelty-distances.safetensors"):
        (folder / name).write_text("{}")
    assert [(entry.name, entry.card, entry.problem) for entry in list_networks(folder)] == [
        (name, weights.load(name, folder)[1], "") for name in ("mine-75", "mine-100")
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"temperature": 0}, "bad.json is wrong: temperature is not a number from 0.05 to 20."),
        ({"temperature": float("nan")}, "bad.json is wrong: temperature is not a number from 0.05 to 20."),
        ({"size": 301}, "bad.json is wrong: size is 301, no whole number from 32 to 300."),
        (
            {"classes": ["cat", "dog", "suv", "truck"]},
            "bad.json is wrong: classes are not sedan, coupe, suv, truck in this order.",
        ),
        (
            {"sha256": "0" * 64},
            "bad.safetensors is damaged or of another version: its checksum differs from bad.json.",
        ),
        (
            {"size": 100},
            "bad.safetensors does not fit bad.json: head.fc1.weight is [514, 2048] instead of [514, 8192].",
        ),
        ({"name": "mine-75"}, "bad.json is the card of 'mine-75', not of 'bad'."),
    ],
)
def test_wrong_network_is_listed_beside_the_good_one(folder, changes, problem):
    copy(folder, "bad", changes)
    good = NetworkFile("mine-75", weights.load("mine-75", folder)[1])
    assert list_networks(folder) == (NetworkFile("bad", None, problem), good)


def test_parts_of_networks(folder):
    for name in ("no-card", "no-weights", "no name"):
        copy(folder, name)
    (folder / "no-card.json").unlink()
    (folder / "no-weights.safetensors").unlink()
    assert [(entry.name, entry.problem) for entry in list_networks(folder)[1:]] == [
        (
            "'no name'",
            "'no name' is no name for weights: use letters, digits, dots, dashes and underscores.",
        ),
        ("no-card", "no-card.json is missing."),
        ("no-weights", "no-weights.safetensors is missing."),
    ]


@pytest.mark.parametrize("name", ["model.pt", "model.pth"])
def test_file_of_pytorch(tmp_path, name):
    (tmp_path / name).write_bytes(b"never read")
    reason = f"'{name}' is a file of PyTorch: convert it with python -m carmodel.registry import."
    assert list_networks(tmp_path) == (NetworkFile(f"'{name}'", None, reason),)


def test_no_folder_and_empty_folder(tmp_path):
    assert list_networks(tmp_path) == list_networks(tmp_path / "none") == ()


# The command line


def test_import_and_list(published, tmp_path, capsys):
    arguments = ["import", str(published), "--size", "75", "--name", "mine", "--out", str(tmp_path)]
    assert main([*arguments, "--classes", "truck", "sedan", "suv", "coupe"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"wrote {tmp_path / 'mine.safetensors'}", *NOTES]
    loaded, card = weights.load("mine", tmp_path)
    assert card.data["order of its outputs"] == ["truck", "sedan", "suv", "coupe"]
    first = torch.load(published)["fc3.weight"][0].half().float()
    assert torch.equal(loaded.head.fc3.weight[CLASSES.index("truck")], first)
    (tmp_path / "other.safetensors").touch()
    assert main(["list", "--weights", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "mine: can be used\nother: other.json is missing.\n"


def test_refusals_are_one_sentence(published, tmp_path, capsys):
    assert main(["import", str(published), "--size", "100", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        "MODEL.pt does not fit the network of 100 px: "
        "its fc1 takes the 2,048 values of 75 px; use --size 75.\n"
    )
    (tmp_path / "file").touch()
    assert main(["import", str(published), "--size", "75", "--out", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'file'} cannot be written: File exists.\n"


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_module_runs_as_the_command(tmp_path, monkeypatch, capsys):
    command = ["carmodel/registry.py", "import", str(tmp_path / "MODEL.pt"), "--size", "75"]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("carmodel.registry", run_name="__main__")
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", "MODEL.pt is missing.\n")
