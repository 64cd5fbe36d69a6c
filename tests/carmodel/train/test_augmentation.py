from dataclasses import replace

import numpy as np
import pytest
import torch

from carmodel.train.augmentation import TrainingPictures, ZoomOut, augmentation
from carmodel.train.data import load_frames, read_samples


@pytest.mark.parametrize("size", [75, 100])
def test_augmentation_gives_pictures_in_range(size):
    torch.manual_seed(0)
    frame = torch.randint(0, 256, (3, 300, 300), dtype=torch.uint8)
    picture = augmentation(size, zoom_out=1.0)(frame)
    assert picture.shape == (3, size, size)
    assert picture.dtype == torch.float32
    assert picture.min() >= 0
    assert picture.max() <= 1


def test_zooming_out_continues_the_edges():
    torch.manual_seed(0)
    frame = torch.randint(0, 256, (3, 300, 300), dtype=torch.uint8)
    transform = ZoomOut()
    left, top, right, bottom = transform.make_params([frame])["padding"]
    assert max(left, top, right, bottom) <= 150
    torch.manual_seed(0)
    torch.randint(0, 256, (3, 300, 300), dtype=torch.uint8)
    wide = transform(frame)
    assert wide.shape == (3, 300 + top + bottom, 300 + left + right)
    assert torch.equal(wide[:, top : top + 300, left : left + 300], frame)
    assert torch.equal(wide[:, 0, 0], frame[:, 0, 0])
    assert torch.equal(wide[:, -1, -1], frame[:, -1, -1])


def test_pictures_depend_on_seed_epoch_and_index_alone(class_folders, tmp_path):
    frames = load_frames(read_samples(class_folders, ["train"]), tmp_path)
    state = torch.random.get_rng_state()
    first = TrainingPictures(frames, 75, seed=1, epoch=0)
    torch.manual_seed(99)
    second = TrainingPictures(frames, 75, seed=1, epoch=0)
    assert torch.equal(first[5][0], second[5][0])
    assert not torch.equal(first[5][0], TrainingPictures(frames, 75, seed=1, epoch=1)[5][0])
    assert not torch.equal(first[5][0], TrainingPictures(frames, 75, seed=2, epoch=0)[5][0])
    # and leave the caller's random numbers alone
    torch.random.set_rng_state(state)
    expected = torch.rand(1)
    torch.random.set_rng_state(state)
    first[3]
    assert torch.equal(torch.rand(1), expected)


def test_views_return_in_turn_with_another_part_hidden(class_folders, tmp_path):
    frames = load_frames(read_samples(class_folders, ["train"]), tmp_path)
    seen, whole = (
        [
            [TrainingPictures(frames, 75, 1, epoch, 0.5, views=2, bare=bare)[row][0] for row in range(12)]
            for epoch in range(4)
        ]
        for bare in (False, True)
    )
    for row in range(12):
        assert torch.equal(whole[0][row], whole[2][row])
        assert torch.equal(whole[1][row], whole[3][row])
        assert not torch.equal(whole[0][row], whole[1][row])
    assert any(not torch.equal(seen[0][row], seen[2][row]) for row in range(12))
    # What is not hidden is the view itself or its mirror image, and both occur.
    mirrored = []
    for row in range(12):
        same, turned = (
            (seen[0][row] == view).float().mean() for view in (whole[0][row], whole[0][row].flip(2))
        )
        assert max(same, turned) > 0.75
        mirrored.append(bool(turned > same))
    assert {True, False} == set(mirrored)


def test_teacher_and_students_see_the_same_part(class_folders, tmp_path):
    frames = load_frames(read_samples(class_folders, ["train"]), tmp_path)
    # Red grows to the right, green downwards: so mean colours say which part of the frame is shown.
    ramp = torch.linspace(0, 255, 300).expand(300, 300)
    photo = torch.stack([ramp, ramp.T, torch.full((300, 300), 128.0)]).byte().numpy()
    ramps = replace(frames, pixels=np.repeat(photo[None], len(frames.samples), 0))
    for row in range(6):
        means = [
            TrainingPictures(ramps, size, 1, 0, 0.5, views=2, bare=True)[row][0].mean((1, 2))
            for size in (75, 100, 128)
        ]
        assert torch.allclose(means[0], means[2], atol=0.01)
        assert torch.allclose(means[1], means[2], atol=0.01)
