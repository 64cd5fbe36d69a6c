import pytest
import torch

from carmodel.measure.lr_search import main as rates
from carmodel.train.checkpoint import read_checkpoint, write_checkpoint
from carmodel.train.command import main as train
from carmodel.train.data import DataError
from carmodel.train.teacher import main as teacher


def test_what_was_written_is_read(tmp_path):
    write_checkpoint(tmp_path / "runs" / "run.pt", {"epochs": 2, "teacher": {"w": torch.tensor([1.5])}})
    state = read_checkpoint(tmp_path / "runs" / "run.pt", ["epochs"])
    assert state["epochs"] == 2 and torch.equal(state["teacher"]["w"], torch.tensor([1.5]))
    with pytest.raises(DataError, match="is a checkpoint of something else"):
        read_checkpoint(tmp_path / "runs" / "run.pt", ["epochs", "recipe"])
    with pytest.raises(FileNotFoundError):
        read_checkpoint(tmp_path / "none.pt", [])


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    class Harm:
        def __reduce__(self):
            return exec, (f"open({str(tmp_path / 'harmed')!r}, 'w')",)

    torch.save({"recipe": Harm()}, tmp_path / "run.pt")
    with pytest.raises(DataError, match="damaged"):
        read_checkpoint(tmp_path / "run.pt", ["recipe"])
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize("content", [b"", b"PK no more", [1, 2], {"teacher": {}}])
@pytest.mark.parametrize("command", ["train", "teacher"])
def test_checkpoint_that_is_none_is_one_sentence(class_folders, tmp_path, capsys, content, command):
    path = tmp_path / "run.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    places = ["--data", str(class_folders), "--cache", str(tmp_path / "frames"), "--checkpoint", str(path)]
    places += ["--batch", "8"]
    if command == "train":
        assert train([*places, "--size", "75", "--device", "cpu", "--out", str(tmp_path / "weights")]) == 2
    else:
        assert teacher(places) == 2
    why = "is damaged; delete it" if isinstance(content, bytes) else "is a checkpoint of something else; name"
    assert f"run.pt {why}" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("content", ["", "[1]", "{"])
def test_damaged_learning_rates_are_said_before_the_work(class_folders, tmp_path, capsys, content):
    (tmp_path / "rates.json").write_text(content)
    places = ["--data", str(class_folders), "--cache", str(tmp_path / "frames")]
    places += ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "rates.json")]
    assert rates([*places, "--size", "75"]) == 2
    assert "rates.json is damaged" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "runs").exists()
