import errno

import pytest

from carmodel import memory
from carmodel.card import read_card
from carmodel.memory import wants_memory
from carmodel.ood import load as load_detector
from carmodel.published import read_state_dict
from carmodel.train.checkpoint import read_checkpoint
from carmodel.train.data import Sample, load_frames
from carmodel.weights import WEIGHTS, load, load_references
from explain.survey import workers
from explain.survey.workers import Task, work


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes."),
        RuntimeError("std::bad_alloc"),
        RuntimeError("can't start new thread"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        caused(ValueError("damaged"), caused(KeyError("x"), MemoryError())),
    ],
    ids=repr,
)
def test_errors_for_want_of_memory(error):
    assert wants_memory(error)


@pytest.mark.parametrize(
    "error", [ValueError("damaged"), OSError(errno.ENOSPC, "full"), RuntimeError()], ids=repr
)
def test_other_errors(error):
    assert not wants_memory(error)


def test_any_error_counts_while_there_is_no_memory(monkeypatch):
    monkeypatch.setattr(memory, "PLENTY", 2**62)
    assert wants_memory(SystemError("error return without exception set"))


@pytest.fixture
def no_memory(monkeypatch):
    """As soon as something is decoded."""

    def fail(*given, **options):
        raise MemoryError

    for place in ("safetensors.torch.load", "torch.load", "PIL.PngImagePlugin.PngImageFile.load"):
        monkeypatch.setattr(place, fail)


def test_files_are_not_called_damaged_for_want_of_memory(no_memory, tmp_path, random_weights):
    (tmp_path / "run.pt").write_bytes(b"state")
    finals = {size: read_card(WEIGHTS / f"final-{size}.json") for size in ("75", "100")}
    for read in (
        lambda: load("final-75", random_weights),
        lambda: load_references(random_weights),
        lambda: load_detector(finals),
        lambda: read_checkpoint(tmp_path / "run.pt", []),
        lambda: read_state_dict(tmp_path / "run.pt"),
    ):
        with pytest.raises(MemoryError):
            read()


def test_photos_are_not_left_out_for_want_of_memory(no_memory, class_folders, tmp_path, monkeypatch):
    monkeypatch.setattr(workers.Source, "load", lambda *given: None)
    photo = next(class_folders.glob("train/suv/*.png"))
    with pytest.raises(MemoryError):
        load_frames([Sample(photo, 0, "train")], tmp_path / "cache")
    with pytest.raises(MemoryError):
        list(work([Task(photo, "maps", tmp_path / "record.npz")], 1, workers.Source()))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
