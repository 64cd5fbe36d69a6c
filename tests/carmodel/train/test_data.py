import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from carmodel.network import CLASSES
from carmodel.photo import read_photo
from carmodel.train.data import DataError, load_frames, read_samples


def write_manifest(folder: Path, rows: list[tuple[str, ...]], columns: tuple[str, ...]) -> None:
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def test_class_folders_with_splits(class_folders):
    samples = read_samples(class_folders, ["train", "val"])
    assert len(samples) == 4 * (6 + 3)
    # ImageFolder orders classes by the alphabet; the networks do not.
    for sample in samples:
        assert CLASSES[sample.label] == sample.path.parent.name
        assert sample.split == sample.path.parent.parent.name


def test_class_folders_without_splits_are_split_within_each_class(class_folders, tmp_path):
    for name in CLASSES:
        (tmp_path / name).mkdir()
        for number in range(20):
            shutil.copy(class_folders / "train" / name / "0.png", tmp_path / name / f"{name}{number}.png")
    samples = read_samples(tmp_path)
    for label in range(4):
        splits = [sample.split for sample in samples if sample.label == label]
        assert {split: splits.count(split) for split in set(splits)} == {"train": 16, "val": 2, "test": 2}
    assert samples == read_samples(tmp_path)


def test_manifest(class_folders):
    folder = class_folders / "listed"
    folder.mkdir()
    rows = [(f"../train/{name}/0.png", "val", name, "web") for name in CLASSES]
    write_manifest(folder, rows, ("path", "split", "label", "source"))
    samples = read_samples(folder, ["val"])
    assert [sample.label for sample in samples] == [0, 1, 2, 3]
    assert {sample.source for sample in samples} == {"web"}


@pytest.mark.parametrize(
    ("columns", "rows", "words"),
    [
        (("path", "label"), [], "lacks the column"),
        (("path", "split", "label"), [("a.jpg", "train", "van")], 'class "van"'),
        (("path", "split", "label"), [("a.jpg", "train", "suv")], 'no photo of the class "sedan"'),
    ],
)
def test_wrong_manifests(tmp_path, columns, rows, words):
    write_manifest(tmp_path, rows, columns)
    with pytest.raises(DataError, match=words):
        read_samples(tmp_path, ["train"])


def test_wrong_folders(tmp_path):
    with pytest.raises(DataError, match="no folder"):
        read_samples(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"manifest\.csv or one folder"):
        read_samples(tmp_path)


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


def test_no_readable_photo(tmp_path):
    (tmp_path / "train").mkdir()
    for name in CLASSES:
        (tmp_path / "train" / name).mkdir()
        (tmp_path / "train" / name / "a.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match="None of the photos"):
        load_frames(read_samples(tmp_path, ["train"]), tmp_path / "cache")
