import errno
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from carmodel.train.command import main
from carmodel.weights import load

# 24 photos in 3 batches of 8: an epoch takes a fraction of a second.
SHORT = ["--size", "75", "--batch", "8", "--learning-rate", "0.02", "--warm-up", "2", "--device", "cpu"]


def command(data: Path, work: Path, *more: str) -> list[str]:
    places = [
        "--data",
        data,
        "--out",
        work / "weights",
        "--checkpoint",
        work / "run.pt",
        "--cache",
        work / "frames",
    ]
    return [*map(str, places), *SHORT, *more]


def weights_file(work: Path, name: str = "final-75") -> bytes:
    return (work / "weights" / f"{name}.safetensors").read_bytes()


def test_writes_calibrated_weights_and_a_card(class_folders, tmp_path, capsys):
    assert main(command(class_folders, tmp_path, "--epochs", "2")) == 0
    network, card = load("final-75", tmp_path / "weights")
    assert card.training["recipe"]["epochs"] == 2
    assert len(card.training["history"]) == 2
    assert card.data == {
        "training photos": 24,
        "of them without a label": 0,
        "validation photos": 12,
        "unreadable": 0,
    }
    assert 0 <= card.results["validation"]["photos"] <= 1
    # The stored last layer is the checkpoint's best one divided by the temperature.
    best = torch.load(tmp_path / "run.pt", weights_only=True)["best"]["state"]
    assert torch.allclose(network.head.fc3.weight, best["head.fc3.weight"] / card.temperature, rtol=2e-3)


def test_learns_the_colours(class_folders, tmp_path):
    assert main(command(class_folders, tmp_path, "--epochs", "12")) == 0
    history = load("final-75", tmp_path / "weights")[1].training["history"]
    assert history[-1]["loss"] < history[0]["loss"] - 0.3


def test_killed_run_continues_to_the_same_weights(class_folders, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert main(command(class_folders, whole, "--epochs", "6")) == 0
    run = [sys.executable, "-m", "carmodel.train", *command(class_folders, killed, "--epochs", "6")]
    process = subprocess.Popen(run, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (killed / "run.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed / "weights").exists(), "the run ended before it could be killed"
    subprocess.run(run, check=True, stderr=subprocess.DEVNULL)
    assert weights_file(killed) == weights_file(whole)


def test_another_recipe_does_not_continue_the_checkpoint(class_folders, tmp_path, capsys):
    assert main(command(class_folders, tmp_path, "--epochs", "1")) == 0
    assert main(command(class_folders, tmp_path, "--epochs", "2")) == 2
    assert "another recipe" in capsys.readouterr().err


def test_full_disk_is_one_sentence_and_the_run_goes_on(class_folders, tmp_path, capsys, monkeypatch):
    def full(*anything):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("carmodel.weights.write_whole", full)
        assert main(command(class_folders, tmp_path, "--epochs", "1")) == 2
    sentence = capsys.readouterr().err.splitlines()[-1]
    assert sentence == (
        "A file cannot be read or written: No space left on device; "
        "once it can, the same command goes on from here."
    )
    assert main(command(class_folders, tmp_path, "--epochs", "1")) == 0
    assert load("final-75", tmp_path / "weights")[1].training["best epoch"] == 1


def test_cache_that_cannot_be_made_is_one_sentence(class_folders, tmp_path, capsys):
    (tmp_path / "frames").write_text("a file")
    assert main(command(class_folders, tmp_path, "--epochs", "1")) == 2
    assert "frames cannot be written: " in capsys.readouterr().err


@pytest.mark.parametrize("batch", ["64", "0", "-1"])
def test_batch_without_enough_photos_is_one_sentence(class_folders, tmp_path, capsys, batch):
    assert main(command(class_folders, tmp_path, "--epochs", "1", "--batch", batch)) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "There are 24 photos to train on; choose a --batch from 1 to that."


def test_wrong_folder_is_one_sentence(tmp_path, capsys):
    assert main(command(tmp_path / "nowhere", tmp_path)) == 2
    assert "There is no folder" in capsys.readouterr().err


def test_two_processes_train_like_one(class_folders, tmp_path):
    """Without batch normalisation the mean of two halves' gradients is the whole batch's gradient."""
    one, two = tmp_path / "one", tmp_path / "two"
    more = ("--epochs", "3", "--baseline", "--learning-rate", "0.0001")
    assert main(command(class_folders, one, *more)) == 0
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run(
        [*torchrun, "-m", "carmodel.train", *command(class_folders, two, *more)],
        check=True,
        capture_output=True,
    )
    cards = [json.loads((work / "weights" / "baseline-75.json").read_text()) for work in (one, two)]
    losses = [[row["loss"] for row in card["training"]["history"]] for card in cards]
    # bfloat16 rounds the halves' gradients otherwise than the whole's.
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
    networks = [load("baseline-75", work / "weights")[0] for work in (one, two)]
    x = torch.rand(4, 3, 75, 75)
    assert torch.allclose(networks[0](x), networks[1](x), atol=0.02)


def test_continues_from_other_weights(class_folders, tmp_path, capsys):
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(command(class_folders, first, "--epochs", "1", "--licence", "For research.")) == 0
    # So slow that the weights stay what they were, apart from the temperature and half precision.
    slow = ["--epochs", "1", "--start", str(first / "weights"), "--learning-rate", "1e-9"]
    assert main([*command(class_folders, second), *slow]) == 0
    networks = [load("final-75", work / "weights")[0] for work in (first, second)]
    kernels = [network.features.conv3.weight for network in networks]
    assert torch.allclose(*kernels, atol=1e-3)
    card = json.loads((first / "weights" / "final-75.json").read_text())
    assert card["licence"] == load("final-75", second / "weights")[1].licence == "For research."
    training = load("final-75", second / "weights")[1].training
    assert training["recipe"]["start"] == card["sha256"]
    assert training["before"] == card["training"]
    assert main([*command(class_folders, second), "--start", str(tmp_path / "none")]) == 2
    assert "final-75.json" in capsys.readouterr().err


def test_mixed_pictures_train_the_same_twice(class_folders, tmp_path):
    for work in ("once", "again"):
        assert main([*command(class_folders, tmp_path / work, "--epochs", "1"), "--mixed", "0.5"]) == 0
    assert weights_file(tmp_path / "once") == weights_file(tmp_path / "again")
    card = load("final-75", tmp_path / "once" / "weights")[1]
    assert card.training["recipe"]["mixed"] == 0.5
    assert main(command(class_folders, tmp_path / "plain", "--epochs", "1")) == 0
    assert weights_file(tmp_path / "plain") != weights_file(tmp_path / "once")


def test_sources_of_several_folders_have_their_shares(class_folders, tmp_path):
    """A second folder of one class, of which a quarter of what is drawn comes."""
    shutil.copytree(class_folders / "train" / "suv", tmp_path / "more" / "train" / "suv")
    options = command(class_folders, tmp_path, "--epochs", "1", "--share", "more=0.25")
    options.insert(2, str(tmp_path / "more"))
    assert main(options) == 0
    card = load("final-75", tmp_path / "weights")[1]
    assert card.data["training photos"] == 30
    assert card.training["recipe"]["shares"] == {"more": 0.25}
    assert len(card.training["history"]) == 1


def test_an_unknown_source_is_one_sentence(class_folders, tmp_path, capsys):
    assert main(command(class_folders, tmp_path, "--share", "nowhere=0.5")) == 2
    assert "No photo is of the source or folder nowhere" in capsys.readouterr().err
