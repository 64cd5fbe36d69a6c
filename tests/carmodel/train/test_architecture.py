"""Training networks of torchvision, as CarNets are trained."""

import pytest
import torch

from carmodel.architectures import MEAN, STD, AdaptedNetwork
from carmodel.measure.evaluate import logits_of
from carmodel.train.command import main
from carmodel.train.data import training_frames
from carmodel.weights import load
from tests.carmodel.train.test_command import command, weights_file

MNASNET = "torchvision/mnasnet0_5"
OTHER = ("--architecture", MNASNET, "--size", "48", "--learning-rate", "0.001")


def test_writes_calibrated_weights_and_a_card(class_folders, tmp_path):
    licence = ("--licence", "For research.")
    assert main([*command(class_folders, tmp_path, "--epochs", "2"), *OTHER, *licence]) == 0
    network, card = load("final-48", tmp_path / "weights")
    assert isinstance(network, AdaptedNetwork)
    assert (card.architecture, card.size, card.batchnorm) == (MNASNET, 48, False)
    assert (card.input.size, card.input.mean, card.input.std) == (48, MEAN, STD)
    assert card.licence == "For research." and len(card.training["history"]) == 2
    assert card.training["recipe"]["architecture"] == MNASNET
    assert 0 <= card.results["validation"]["photos"] <= 1
    # What was stored answers as the checkpoint's best one did, divided by the temperature.
    best = torch.load(tmp_path / "run.pt", weights_only=True)["best"]
    _, validation = training_frames([class_folders], tmp_path / "frames")
    logits = logits_of(network, validation.pixels)
    torch.testing.assert_close(logits, best["logits"] / card.temperature, rtol=0.02, atol=0.01)


def test_stored_in_half_precision_and_read_in_single(class_folders, tmp_path):
    assert main([*command(class_folders, tmp_path, "--epochs", "1"), *OTHER]) == 0
    network, _ = load("final-48", tmp_path / "weights")
    values = sum(value.numel() for value in network.stored.state_dict().values())
    assert (
        2 * values < len(weights_file(tmp_path, "final-48")) < 2 * values + 60_000
    )  # and the tensors' names
    assert {value.dtype for value in network.parameters()} == {torch.float32}


def test_the_same_twice_and_after_a_stop(class_folders, tmp_path):
    once, again = tmp_path / "once", tmp_path / "again"
    for work in (once, again):
        assert main([*command(class_folders, work, "--epochs", "2"), *OTHER]) == 0
    before = weights_file(once, "final-48")
    assert before == weights_file(again, "final-48")
    assert main([*command(class_folders, once, "--epochs", "2"), *OTHER]) == 0  # from its checkpoint
    assert before == weights_file(once, "final-48")


def test_goes_on_from_other_weights(class_folders, tmp_path, capsys):
    first, second = tmp_path / "first", tmp_path / "second"
    assert main([*command(class_folders, first, "--epochs", "1"), *OTHER]) == 0
    # So slow that the weights stay what they were, apart from the temperature and half precision.
    slow = ["--epochs", "1", "--start", str(first / "weights"), "--learning-rate", "1e-9"]
    assert main([*command(class_folders, second), *OTHER, *slow]) == 0
    (before, card), (after, later) = (load("final-48", work / "weights") for work in (first, second))
    kernels = [network.module.layers[6].weight for network in (before, after)]
    assert torch.allclose(*kernels, atol=1e-3)
    assert later.training["recipe"]["start"] == card.sha256 and later.training["before"] == card.training
    carnet = ["--size", "48", "--start", str(first / "weights")]
    assert main([*command(class_folders, tmp_path / "third", "--epochs", "1"), *carnet]) == 2
    assert f"final-48.json describes a {MNASNET}; a carnet is needed here." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--architecture", "torchvision/nothing"), "there is no architecture 'torchvision/nothing'"),
        (("--architecture", MNASNET, "--size", "20"), "size is 20, no whole number from 32 to 300"),
        (("--architecture", "torchvision/alexnet", "--size", "32"), "it fails for pictures of the shape"),
        (("--size", "40"), "CarNet needs pictures of at least 44 px"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(class_folders, tmp_path, capsys, options, sentence):
    assert main([*command(class_folders, tmp_path, "--epochs", "1"), *options]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert sentence in said
    assert not (tmp_path / "run.pt").exists()


@pytest.mark.parametrize(
    ("options", "optimiser"),
    [((), "sgd"), (("--baseline",), "adamw"), ((*OTHER, "--optimiser", "adamw"), "adamw")],
)
def test_optimiser_is_chosen(class_folders, tmp_path, options, optimiser):
    assert main([*command(class_folders, tmp_path, "--epochs", "1"), "--epoch-steps", "1", *options]) == 0
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    assert state["recipe"]["optimiser"] == optimiser
    assert ("exp_avg" in next(iter(state["optimiser"]["state"].values()))) == (optimiser == "adamw")


def test_only_a_carnet_has_a_baseline(class_folders, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([*command(class_folders, tmp_path), *OTHER, "--baseline"])
    assert "not allowed with argument" in capsys.readouterr().err
