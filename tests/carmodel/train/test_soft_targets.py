from dataclasses import replace

import numpy as np
import pytest
import torch

from carmodel.train.data import DataError, load_frames, read_samples
from carmodel.train.soft_targets import (
    check_views,
    distillation,
    facts_of,
    fingerprint,
    read_soft_targets,
    view_file,
    write_view,
)
from carmodel.train.views import Style, view_of

STYLE = Style(0.25, 0.5)


@pytest.fixture
def frames(class_folders, tmp_path):
    return load_frames(read_samples(class_folders, ["train"]), tmp_path / "frames", side=160)


def write(folder, frames, number, logits, seed=5):
    views = view_of(np.arange(24), number, np.roll(np.arange(24), 1), STYLE, seed)
    weights = torch.ones(24, dtype=torch.float64) / 24
    write_view(folder, number, logits, views, facts_of(frames, ["teacher"], seed, STYLE, weights))
    return views


def test_comes_back_as_written(frames, tmp_path):
    logits = torch.randn(3, 24, 4).half()
    views = [write(tmp_path / "soft", frames, number, logits[number]) for number in range(2)]
    before = read_soft_targets(tmp_path / "soft", frames)
    assert torch.equal(before.logits, logits[:2]) and len(before) == 2
    assert (before.seed, before.style) == (5, STYLE)
    # More views may be added later; it is another file to learn from then.
    views.append(write(tmp_path / "soft", frames, 2, logits[2]))
    taught = read_soft_targets(tmp_path / "soft", frames)
    assert torch.equal(taught.logits, logits) and taught.sha256 != before.sha256
    # A student is told which photos were mixed, and by how much.
    rows, numbers = np.array([3, 3, 20]), np.array([0, 2, 1])
    chosen = taught.views(rows, numbers)
    for place, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        assert chosen.seconds[place] == views[number].seconds[row]
        assert chosen.shares[place] == views[number].shares[row]
    assert (taught.seconds >= 0).any() and (taught.seconds < 0).any()


def test_a_missing_view_ends_the_series(frames, tmp_path):
    for number in (0, 1, 3):
        write(tmp_path, frames, number, torch.zeros(24, 4))
    assert len(read_soft_targets(tmp_path, frames)) == 2


def test_classes_are_labels_or_what_the_teachers_say_on_average(frames, tmp_path):
    # Two views of each photo: 60 % sedan and 40 % coupe, then 10 % sedan and 90 % coupe.
    said = torch.tensor([[0.6, 0.4, 1e-6, 1e-6], [0.1, 0.9, 1e-6, 1e-6]]).log()
    for number in range(2):
        write(tmp_path, frames, number, said[number].expand(24, 4))
    classes = read_soft_targets(tmp_path, frames).classes(torch.tensor([3, -1, 2] + [0] * 21))
    assert classes[:3].tolist() == [3, 1, 2]


def test_belongs_to_its_photos_alone(frames, tmp_path):
    write(tmp_path, frames, 0, torch.zeros(24, 4))
    turned = replace(frames, samples=frames.samples[::-1])
    assert fingerprint(turned) != fingerprint(frames)
    with pytest.raises(DataError, match="other training photos"):
        read_soft_targets(tmp_path, turned)


def test_views_that_do_not_fit_are_refused(frames, tmp_path):
    write(tmp_path, frames, 0, torch.zeros(24, 4))
    facts = facts_of(frames, ["teacher"], 5, STYLE, torch.ones(24, dtype=torch.float64) / 24)
    check_views(tmp_path, facts)
    check_views(tmp_path / "none", facts)
    for other in ({"seed": "6"}, {"teachers": '["another"]'}):
        with pytest.raises(DataError, match="other photos, teachers or views"):
            check_views(tmp_path, facts | other)
    write(tmp_path, frames, 1, torch.zeros(24, 4), seed=6)
    with pytest.raises(DataError, match="made otherwise"):
        read_soft_targets(tmp_path, frames)


@pytest.mark.parametrize("content", [None, b"", b"not a safetensors file"])
def test_a_wrong_file_is_one_sentence(frames, tmp_path, content):
    if content is not None:
        view_file(tmp_path, 0).write_bytes(content)
    with pytest.raises(DataError, match=r"carmodel\.train\.answers"):
        read_soft_targets(tmp_path, frames)


def test_distillation_by_hand():
    """Two answers: the teacher's (3/4, 1/4) and (1/2, 1/2), the student's (1/2, 1/2) both times."""
    taught = torch.tensor([[3.0, 1.0], [1.0, 1.0]]).log()
    student = torch.zeros(2, 2)
    by_hand = (0.75 * torch.tensor(1.5).log() + 0.25 * torch.tensor(0.5).log()) / 2
    assert distillation(student, taught, 1.0) == pytest.approx(by_hand.item())
    # Logits divided by the temperature, the result multiplied by its square.
    assert distillation(2 * student, 2 * taught, 2.0) == pytest.approx(4 * by_hand.item())
    assert distillation(taught, taught, 3.0) == pytest.approx(0, abs=1e-7)
