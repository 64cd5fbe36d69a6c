import json

import pytest
import torch
from PIL import Image

from benchmarks import speed as command
from benchmarks.measure import Timing
from benchmarks.rounds import Sample


@pytest.fixture
def files(tmp_path):
    torch.manual_seed(0)
    names = []
    for i in range(2):
        name = tmp_path / f"{i}.png"
        Image.fromarray((torch.rand(40, 60, 3) * 255).byte().numpy()).save(name)
        names.append(str(name))
    return names


def test_json(files, random_weights, capsys, monkeypatch):
    rounds = []

    def one_round(explainer, photo, reference, distant):
        rounds.append((photo.width, reference, distant))
        seconds = len(rounds)
        return [Sample("SHAP", "75", Timing(8 * seconds, 9), Timing(seconds, 1), work=1e11, distance=1e-6)]

    monkeypatch.setattr(command, "one_round", one_round)
    monkeypatch.setattr(command, "peak_speed", lambda: 1e11)
    monkeypatch.setattr(command, "memory", lambda side, *_: {"library": 500.0, "fast": 100.0}[side])
    options = ["--rounds", "1", "--reference", "mean", "--weights", str(random_weights)]
    assert command.main([*files, *options, "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert rounds == [(60, "mean", False), (60, "mean", True)]  # the first warms up
    assert (table["threads"], table["rounds"], table["peak"]) == (1, 1, 1e11)
    assert table["memory"] == {"library": 500.0, "fast": 100.0}
    row = table["rows"][0]
    assert (row["library"], row["fast"]) == ({"cpu": 16, "wall": 9}, {"cpu": 2, "wall": 1})
    assert (row["ratio"], row["share"], row["distance"]) == (0.125, 0.5, 1e-6)
    assert command.main([*files, *options]) == 0
    assert "| SHAP | 75 |" in capsys.readouterr().out


@pytest.mark.parametrize("count", ["0", "2"])
def test_rounds_need_a_photo_each(files, count, capsys):
    with pytest.raises(SystemExit, match="2"):
        command.main([*files, "--rounds", count])
    assert f"{count} rounds need {int(count) + 1} photos; there are 2" in capsys.readouterr().err


def test_what_cannot_be_read(tmp_path, random_weights, capsys):
    files = [str(tmp_path / name) for name in ("missing.jpg", "too.jpg")]
    assert command.main([*files, "--rounds", "1", "--weights", str(random_weights)]) == 2
    assert capsys.readouterr().err
    assert command.main([*files, "--rounds", "1", "--weights", str(tmp_path)]) == 2
    assert "final-75" in capsys.readouterr().err
