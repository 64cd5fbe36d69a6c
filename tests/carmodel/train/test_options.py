import errno
import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from carmodel.card import WeightsError
from carmodel.memory import NO_MEMORY
from carmodel.train.data import DataError
from carmodel.train.options import fails_in_a_sentence, photo_options

ROOT = Path(__file__).resolve().parents[3]
SHORT = ("--size", "75", "--batch", "8", "--epochs", "1")
# Command -> its options beside --data, --cache and --weights, and what it writes first.
COMMANDS = {
    "measure.owners": ((), "ensemble.json"),
    "measure.references": ((), "references.safetensors"),
    "measure.robustness": (("--out", "{}/robustness.json"), "robustness.json"),
    "measure.fit_ood": (("--others", "{}/others"), "novelty-distances.safetensors"),
    "measure.lr_search": ((*SHORT, "--rates", "0.001", "--out", "{}/rates.json"), "rates.json"),
    "train.answers": (("--teachers", "{}/none", "--views", "1"), "view-0000.safetensors"),
    "train.command": (SHORT, "final-75.safetensors"),
}
# Ends every write beyond a megabyte in an error, as a disk does that is full.
FULL = """
import resource, sys
from carmodel.measure.references import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
sys.exit(main())
"""


def test_photos_and_their_cache():
    parser = photo_options("measure.evaluate", "How good.")
    options = parser.parse_args(["--data", "photos", "more"])
    assert (options.data, options.cache) == ([Path("photos"), Path("more")], Path("runs/frames"))
    assert parser.prog == "python -m carmodel.measure.evaluate"


def test_photos_must_be_named(capsys):
    with pytest.raises(SystemExit) as stopped:
        photo_options("measure.evaluate", "How good.").parse_args([])
    assert stopped.value.code == 2
    assert "--data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DataError("No photos."), "No photos."),
        (WeightsError("No weights."), "No weights."),
        (
            PermissionError(errno.EACCES, os.strerror(errno.EACCES), "a.json"),
            "a.json cannot be read or written: Permission denied; "
            "once it can, the same command goes on from here.",
        ),
        (
            RuntimeError("std::bad_alloc"),
            NO_MEMORY,
        ),
        (
            DataError("There is no folder caf\udce9."),
            "There is no folder caf\ufffd.",
        ),
        (
            OSError("no way"),
            "A file cannot be read or written: no way; once it can, the same command goes on from here.",
        ),
    ],
)
def test_what_goes_wrong_is_a_sentence(capsys, error, sentence):
    @fails_in_a_sentence
    def main(arguments):
        if arguments:
            raise error

    assert main([]) == 0
    assert main(["fail"]) == 2
    assert capsys.readouterr().err == f"{sentence}\n"


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    return tmp_path_factory.mktemp("frames")


@pytest.fixture
def folder(tmp_path, random_weights):
    """Where a command reads and writes: networks, and two pictures without a car."""
    for path in random_weights.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "others").mkdir()
    for seed in range(2):
        pixels = np.random.default_rng(seed).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "others" / f"{seed}.png")
    return tmp_path


@pytest.fixture
def run(class_folders, frames, folder, monkeypatch):
    """Runs a command of COMMANDS; the teachers, who would take a while, have an answer at once."""
    teachers = SimpleNamespace(digests=["teacher"])
    monkeypatch.setattr("carmodel.train.answers.Ensemble", lambda *given: teachers)
    monkeypatch.setattr("carmodel.train.answers.answers_to", lambda *given: torch.zeros(24, 4))

    def run(command):
        given = ["--data", class_folders, "--cache", frames]
        if command in ("measure.owners", "measure.robustness", "measure.fit_ood"):
            given += ["--weights", folder]
        if command in ("measure.fit_ood", "measure.references", "train.answers", "train.command"):
            given += ["--out", folder]
        if command in ("measure.lr_search", "train.command"):
            given += ["--runs" if command == "measure.lr_search" else "--checkpoint", folder / "run"]
        more = [option.format(folder) for option in COMMANDS[command][0]]
        return importlib.import_module(f"carmodel.{command}").main([*map(str, given), *more])

    return run


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_cannot_be_written_is_a_sentence(run, folder, capsys, monkeypatch, command, code):
    path, before = folder / COMMANDS[command][1], sorted(folder.iterdir())
    replace = Path.replace

    def refuse(beside, target):
        if Path(target) == path:
            raise OSError(code, os.strerror(code), str(beside))
        return replace(beside, target)

    monkeypatch.setattr(Path, "replace", refuse)
    assert run(command) == 2
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == (
        f"{path} cannot be read or written: {os.strerror(code)}; "
        "once it can, the same command goes on from here."
    )
    assert [each for each in sorted(folder.iterdir()) if each.name != "run"] == before
    monkeypatch.undo()


def test_a_full_disk_leaves_no_frames_and_ends_in_a_sentence(class_folders, tmp_path):
    """24 photos take 6.5 MB."""
    command = [sys.executable, "-c", FULL, "--data", class_folders, "--cache", tmp_path, "--out", tmp_path]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == (
        f"{tmp_path} cannot be written: File too large; choose another --cache."
    )
    assert not list(tmp_path.iterdir())
