import csv
import shutil
from pathlib import Path

import pytest

from carmodel.network import CLASSES
from carmodel.train.samples import DataError, read_samples


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
        (("path", "split", "label", "whole"), [("a.jpg", "train", "suv", "very")], '"very" under whole'),
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


def test_manifest_of_photos_without_a_label(class_folders):
    folder = class_folders / "unsure"
    folder.mkdir()
    rows = [(f"../train/{name}/0.png", "train", name, "web", "4.25") for name in CLASSES]
    rows.append(("../train/suv/1.png", "train", "", "far", ""))
    write_manifest(folder, rows, ("path", "split", "label", "source", "whole"))
    assert len(read_samples(folder, ["train"])) == 4
    samples = read_samples(folder, ["train"], unlabelled=True)
    assert [sample.label for sample in samples] == [0, 1, 2, 3, -1]
    assert [sample.whole for sample in samples] == [4.25] * 4 + [None]
    assert {sample.folder for sample in samples} == {"unsure"}
    assert samples[4].name == "../train/suv/1.png" and samples[4].source == "far"


def test_folder_of_photos_without_a_label(class_folders, tmp_path):
    shutil.copytree(class_folders / "train", tmp_path / "train")
    shutil.copytree(class_folders / "val" / "suv", tmp_path / "train" / "unlabelled")
    assert len(read_samples(tmp_path, ["train"])) == 24
    samples = read_samples(tmp_path, ["train"], unlabelled=True)
    assert [sample.label for sample in samples].count(-1) == 3
    assert {sample.name for sample in samples if sample.label == -1} == {
        f"train/unlabelled/{number}.png" for number in range(3)
    }


def test_several_folders_are_one_after_the_other(class_folders, tmp_path):
    shutil.copytree(class_folders / "train" / "suv", tmp_path / "more" / "train" / "suv")
    samples = read_samples([class_folders, tmp_path / "more"], ["train"])
    assert len(samples) == 24 + 6
    assert [sample.folder for sample in samples[23:25]] == [class_folders.name, "more"]
    # A class may come from any of them; a split too.
    assert len(read_samples([class_folders, tmp_path / "more"], ["val"])) == 12
    with pytest.raises(DataError, match='no photo of the class "sedan"'):
        read_samples([tmp_path / "more"], ["train"])
