import shutil

import numpy as np
import pytest

from carmodel.network import CLASSES
from carmodel.photo import read_photo
from carmodel.train.data import DataError, load_frames, read_samples, training_frames


def test_frames_are_read_once_and_unreadable_photos_are_listed(class_folders, tmp_path):
    data, cache = tmp_path / "data", tmp_path / "cache"
    shutil.copytree(class_folders / "train", data / "train")
    broken = data / "train" / "suv" / "1.png"
    broken.write_bytes(broken.read_bytes()[:200])
    samples = read_samples(data, ["train"])
    frames = load_frames(samples, cache)
    assert frames.pixels.shape == (23, 3, 300, 300)
    assert [file for file, reason in frames.unreadable] == [str(broken)]
    assert frames.unreadable[0][1]
    for row in (0, 22):
        expected = read_photo(frames.samples[row].path).frame
        assert np.abs(frames.pixels[row] / 255 - expected.numpy()).max() <= 0.5 / 255 + 1e-6
    # The second call finds the stored frames: nothing else is written.
    before = sorted(cache.iterdir())
    again = load_frames(samples, cache)
    assert again.unreadable == frames.unreadable
    assert sorted(cache.iterdir()) == before
    assert len(before) == 2


def test_pictures_to_train_on_are_the_frames_made_smaller(class_folders, tmp_path):
    training, validation = training_frames([class_folders], tmp_path)
    assert training.pixels.shape == (24, 3, 160, 160) and validation.pixels.shape == (12, 3, 300, 300)
    photo = read_photo(training.samples[3].path).frame
    # Means over fifteen by fifteen pixels of the frame are those over eight by eight of the picture.
    coarse = photo.reshape(3, 20, 15, 20, 15).mean((2, 4))
    smaller = training.pixels[3].reshape(3, 20, 8, 20, 8).mean((2, 4)) / 255
    assert np.abs(coarse.numpy() - smaller).max() < 0.03
    assert np.abs(coarse.numpy() - smaller).mean() < 0.004


def test_no_readable_photo(tmp_path):
    (tmp_path / "train").mkdir()
    for name in CLASSES:
        (tmp_path / "train" / name).mkdir()
        (tmp_path / "train" / name / "a.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match="None of the photos"):
        load_frames(read_samples(tmp_path, ["train"]), tmp_path / "cache")
