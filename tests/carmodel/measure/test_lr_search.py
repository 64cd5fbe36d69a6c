import json

import torch

from carmodel.measure.lr_search import main
from carmodel.weights import load


def test_each_rate_is_tried_and_kept(class_folders, tmp_path, capsys):
    places = ["--data", str(class_folders), "--cache", str(tmp_path / "frames")]
    places += ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "rates.json")]
    more = ["--size", "75", "--batch", "8", "--epochs", "2", "--warm-up", "2", "--rates", "0.001", "0.02"]
    assert main([*places, *more, "--baseline"]) == 0
    assert main([*places, *more]) == 0
    found = json.loads((tmp_path / "rates.json").read_text())
    assert list(found) == ["baseline-75", "final-75"]
    for rows in found.values():
        assert [row["rate"] for row in rows] == [0.001, 0.02]
        for row in rows:
            peak = max(epoch["rate"] for epoch in row["history"])
            assert len(row["history"]) == 2
            assert peak <= row["rate"]
    losses = [rows[0]["history"][-1]["loss"] for rows in found.values()]
    assert losses[0] != losses[1]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [
        "baseline-75-0.001.pt",
        "baseline-75-0.02.pt",
        "final-75-0.001.pt",
        "final-75-0.02.pt",
    ]


def test_runs_continue_from_weights(class_folders, tmp_path, random_weights):
    places = ["--data", str(class_folders), "--cache", str(tmp_path / "frames")]
    places += ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "rates.json")]
    more = ["--size", "75", "--batch", "8", "--epochs", "1", "--rates", "1e-9"]
    assert main([*places, *more, "--start", str(random_weights)]) == 0
    state = torch.load(tmp_path / "runs" / "final-75-1e-09.pt", weights_only=True)["best"]["state"]
    network, _ = load("final-75", random_weights)
    assert torch.allclose(state["head.fc1.weight"], network.head.fc1.weight, atol=1e-4)


def test_wrong_weights_are_one_sentence(class_folders, tmp_path, capsys):
    places = ["--data", str(class_folders), "--cache", str(tmp_path / "frames")]
    assert main([*places, "--size", "75", "--start", str(tmp_path)]) == 2
    assert "final-75" in capsys.readouterr().err


def test_wrong_folder_is_one_sentence(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "nowhere"), "--size", "75"]) == 2
    assert "There is no folder" in capsys.readouterr().err
