import json
from dataclasses import replace
from hashlib import sha256

import pytest
import safetensors.torch
import torch
from captum.attr import LayerGradCam

from carmodel import weights
from carmodel.ensemble import PUBLISHED_OWNERS, Rules
from carmodel.network import CLASSES, CarNet
from carmodel.weights import Card, WeightsError


def card(name="mine", size=75, batchnorm=True, **values):
    return Card(name, size, batchnorm, CLASSES, **{"temperature": 1.3, "sha256": "", **TABLES, **values})


TABLES = {
    "data": {"train": 8000, "source": "Händler"},
    "training": {"epochs": 40},
    "results": {"val": {"truecar": 0.88}},
}


@pytest.fixture(scope="module")
def trained():
    """A network whose batch norm statistics are not those of a fresh one."""
    torch.manual_seed(0)
    net = CarNet(75)
    net(torch.rand(4, 3, 75, 75))
    return net.eval()


@pytest.fixture
def folder(tmp_path, trained):
    weights.save(trained, card(), tmp_path)
    return tmp_path


def refusal(call, *arguments):
    with pytest.raises(WeightsError) as caught:
        call(*arguments)
    return str(caught.value)


# Networks


@pytest.mark.parametrize(("size", "batchnorm"), [(75, True), (75, False), (100, True), (100, False)])
def test_round_trip(tmp_path, size, batchnorm):
    torch.manual_seed(1)
    net = CarNet(size, batchnorm).eval()
    path = weights.save(net, card("n", size, batchnorm), tmp_path)
    assert path == tmp_path / "n.safetensors"
    assert path.stat().st_size <= 10_000_000
    loaded, found = weights.load("n", tmp_path)
    assert found == replace(card("n", size, batchnorm), sha256=sha256(path.read_bytes()).hexdigest())
    assert (loaded.size, loaded.batchnorm, loaded.training) == (size, batchnorm, False)
    for key, value in net.state_dict().items():
        expected = value.half().float() if value.is_floating_point() else value
        assert torch.equal(loaded.state_dict()[key], expected)
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}


def test_loaded_network_answers_like_the_saved_one(folder, trained):
    x = torch.rand(2, 3, 75, 75, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        torch.testing.assert_close(weights.load("mine", folder)[0](x), trained(x), atol=2e-3, rtol=0)


def test_loads_are_independent(folder):
    first, second = (weights.load("mine", folder)[0] for _ in range(2))
    first.features.conv1.weight.zero_()
    assert second.features.conv1.weight.any()


def test_saving_and_loading_leave_the_random_generator_and_the_network_alone(tmp_path, trained):
    before, state = torch.get_rng_state(), {key: value.clone() for key, value in trained.state_dict().items()}
    weights.save(trained, card(), tmp_path)
    weights.load("mine", tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(value, state[key]) for key, value in trained.state_dict().items())
    assert trained.features.conv1.weight.dtype == torch.float32


def test_card_is_readable_json(folder):
    text = (folder / "mine.json").read_bytes().decode("utf-8")
    assert text.startswith('{\n  "name": "mine",\n  "size": 75,\n  "batchnorm": true,\n  "classes": [\n')
    assert '"source": "Händler"' in text
    assert text.endswith("}\n")


def test_channels_last_weights_are_saved(tmp_path, trained):
    copy = CarNet(75)
    copy.load_state_dict(trained.state_dict())
    one = weights.save(copy.to(memory_format=torch.channels_last), card("a"), tmp_path)
    other = weights.save(trained, card("b"), tmp_path)
    assert one.read_bytes() == other.read_bytes()


def test_saving_replaces_and_leaves_nothing_beside(folder, trained):
    weights.save(trained, card(temperature=2.0), folder)
    assert weights.load("mine", folder)[1].temperature == 2.0
    assert sorted(path.name for path in folder.iterdir()) == ["mine.json", "mine.safetensors"]


def test_failed_write_keeps_the_old_file(folder, trained, monkeypatch):
    def fail(path, target):
        raise OSError("disk full")

    before = (folder / "mine.safetensors").read_bytes()
    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        weights.save(CarNet(75), card(), folder)
    assert (folder / "mine.safetensors").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["mine.json", "mine.safetensors"]


def test_available(tmp_path, trained):
    assert weights.available(tmp_path / "none") == ()
    for name in ("final-100", "final-75", "baseline-75", "no card", "no-card"):
        (tmp_path / f"{name}.safetensors").touch()
        if name != "no-card":
            (tmp_path / f"{name}.json").touch()
    (tmp_path / "ensemble.json").touch()
    (tmp_path / "references.safetensors").touch()
    assert weights.available(tmp_path) == ("baseline-75", "final-75", "final-100")


def test_network_with_released_hooks_is_saved(tmp_path):
    net = CarNet(75).eval()
    LayerGradCam(net, net.last_block).attribute(torch.zeros(1, 3, 75, 75), target=0)
    weights.save(net, card(), tmp_path)
    assert weights.available(tmp_path) == ("mine",)


# References and owners


def test_references_round_trip(tmp_path):
    frames = torch.randint(0, 256, (16, 3, 300, 300), generator=torch.Generator().manual_seed(0)) / 255
    path = weights.save_references(frames, tmp_path)
    assert path == tmp_path / "references.safetensors"
    assert torch.equal(weights.load_references(tmp_path), frames)


@pytest.mark.parametrize(
    "frames", [torch.zeros(3, 300, 300), torch.zeros(2, 3, 75, 75), torch.zeros(0, 3, 300, 300)]
)
def test_references_of_another_shape(tmp_path, frames):
    assert refusal(weights.save_references, frames, tmp_path).startswith(
        "references.safetensors cannot be written"
    )
    (tmp_path / "references.safetensors").write_bytes(safetensors.torch.save({"frames": frames.byte()}))
    assert refusal(weights.load_references, tmp_path) == (
        "references.safetensors does not hold frames of 300 px in 8 bits."
    )


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_references_out_of_range(tmp_path, value):
    frames = torch.full((1, 3, 300, 300), value)
    assert "it needs frames of 300 px in [0, 1]" in refusal(weights.save_references, frames, tmp_path)


def test_references_missing_or_damaged(tmp_path):
    assert refusal(weights.load_references, tmp_path) == "references.safetensors is missing."
    (tmp_path / "references.safetensors").write_bytes(b"no")
    assert "references.safetensors is damaged" in refusal(weights.load_references, tmp_path)


def test_owners(tmp_path):
    assert weights.load_rules(tmp_path) == Rules(PUBLISHED_OWNERS)
    owners = {"truck": 75, "suv": 100, "coupe": 75, "sedan": 75}
    (tmp_path / "ensemble.json").write_text(json.dumps({"owners": owners, "chosen_on": "val"}))
    assert list(weights.load_rules(tmp_path).owners.items()) == [
        ("sedan", 75),
        ("coupe", 75),
        ("suv", 100),
        ("truck", 75),
    ]


def test_networks_of_the_average(tmp_path):
    table = {"owners": PUBLISHED_OWNERS, "average": [75, 100, 128]}
    (tmp_path / "ensemble.json").write_text(json.dumps(table))
    assert weights.load_rules(tmp_path) == Rules(PUBLISHED_OWNERS, (75, 100, 128))


def test_published_owners_cannot_be_changed_through_the_loaded_ones(tmp_path):
    weights.load_rules(tmp_path).owners["sedan"] = 100
    assert PUBLISHED_OWNERS == {"sedan": 75, "coupe": 100, "suv": 75, "truck": 100}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "ensemble.json is damaged: it cannot be read as JSON."),
        ("[]", "ensemble.json is damaged: it does not hold a table."),
        ("{}", 'ensemble.json needs "owners" with exactly these classes: sedan, coupe, suv, truck.'),
        ('{"owners": {"sedan": 75}}', 'ensemble.json needs "owners" with exactly these classes: sedan,'),
        (
            '{"owners": {"sedan": 75, "coupe": 75, "suv": 80, "truck": 100}}',
            "ensemble.json names networks of 75, 80, 100 px; Priority is of two.",
        ),
        (
            '{"owners": {"sedan": 75, "coupe": true, "suv": 75, "truck": 100}}',
            "ensemble.json gives coupe to True, which is no network's size.",
        ),
        *(
            (json.dumps({"owners": PUBLISHED_OWNERS, "average": average}), 'ensemble.json needs "average"')
            for average in (75, "75", [75, "100"], [75, 75.0], [100, 100])
        ),
    ],
)
def test_damaged_owners(tmp_path, content, message):
    (tmp_path / "ensemble.json").write_text(content)
    assert refusal(weights.load_rules, tmp_path).startswith(message)
