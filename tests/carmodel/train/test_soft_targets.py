from dataclasses import replace

import pytest
import torch

from carmodel.train.data import DataError, load_frames, read_samples
from carmodel.train.soft_targets import distillation, fingerprint, read_soft_targets, write_soft_targets


@pytest.fixture
def frames(class_folders, tmp_path):
    return load_frames(read_samples(class_folders, ["train"]), tmp_path / "frames")


def test_comes_back_as_written(frames, tmp_path):
    logits = torch.randn(3, 24, 4)
    write_soft_targets(tmp_path / "deep" / "soft.safetensors", logits, frames, seed=5, zoom_out=0.25)
    found = read_soft_targets(tmp_path / "deep" / "soft.safetensors", frames)
    assert torch.equal(found.logits, logits)
    assert (found.views, found.seed, found.zoom_out) == (3, 5, 0.25)
    # The same answers have the same name, however the file around them was written.
    write_soft_targets(tmp_path / "again.safetensors", logits, frames, seed=5, zoom_out=0.25)
    assert read_soft_targets(tmp_path / "again.safetensors", frames).sha256 == found.sha256


def test_belongs_to_its_photos_alone(frames, tmp_path):
    path = tmp_path / "soft.safetensors"
    write_soft_targets(path, torch.zeros(1, 24, 4), frames, 1, 0.5)
    turned = replace(frames, samples=frames.samples[::-1])
    assert fingerprint(turned) != fingerprint(frames)
    with pytest.raises(DataError, match="other training photos"):
        read_soft_targets(path, turned)


@pytest.mark.parametrize("content", [None, b"", b"not a safetensors file"])
def test_a_wrong_file_is_one_sentence(frames, tmp_path, content):
    path = tmp_path / "soft.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"carmodel\.teacher"):
        read_soft_targets(path, frames)


def test_distillation_by_hand():
    """Two answers: the teacher's (3/4, 1/4) and (1/2, 1/2), the student's (1/2, 1/2) both times."""
    taught = torch.tensor([[3.0, 1.0], [1.0, 1.0]]).log()
    student = torch.zeros(2, 2)
    by_hand = (0.75 * torch.tensor(1.5).log() + 0.25 * torch.tensor(0.5).log()) / 2
    assert distillation(student, taught, 1.0) == pytest.approx(by_hand.item())
    # Logits divided by the temperature, the result multiplied by its square.
    assert distillation(2 * student, 2 * taught, 2.0) == pytest.approx(4 * by_hand.item())
    assert distillation(taught, taught, 3.0) == pytest.approx(0, abs=1e-7)
