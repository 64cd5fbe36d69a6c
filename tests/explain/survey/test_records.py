from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from carmodel.train.data import Sample
from explain.survey import records
from explain.survey.records import (
    Record,
    SurveyError,
    fingerprint,
    open_records,
    read_record,
    record_path,
    survey_order,
    write_record,
)


@pytest.fixture
def many():
    """Photos of each class from two sources: 20 each, but only 4 trucks of the second."""
    return [
        Sample(Path(f"{source}/{label}-{number}.jpg"), label, "val", source)
        for label in range(4)
        for source in ("a", "b")
        for number in range(4 if (label, source) == (3, "b") else 20)
    ]


@pytest.mark.parametrize("count", [1, 4, 7, 12, 30, 32, 60, 96])
def test_every_beginning_is_balanced(many, count):
    taken = survey_order(many, seed=1)[:count]
    classes = Counter(sample.label for sample in taken)
    assert max(classes.values()) - min(classes[label] for label in range(4)) <= 1
    for label in range(4):
        sources = Counter(sample.source for sample in taken if sample.label == label)
        assert abs(sources["a"] - sources["b"]) <= 1 or (label == 3 and sources["b"] == 4)


def test_order_holds_every_photo_once_and_depends_on_the_seed_alone(many):
    order = survey_order(many, seed=1)
    assert sorted(order, key=str) == sorted(many, key=str)
    assert order == survey_order(many[::-1], seed=1)
    assert order != survey_order(many, seed=2)


def test_sources_take_turns_over_the_first_photos(many):
    assert Counter(sample.source for sample in survey_order(many, seed=1)[:4]) == {"a": 2, "b": 2}


def test_fingerprint_sees_names_classes_sources_and_order_but_not_the_place():
    def of(folder, name="x.jpg", label=0, source="a", more=()):
        here = [Sample(Path(folder) / name, label, "val", source), *more]
        return fingerprint(here, Path(folder))

    assert of("one") == of("other")
    second = Sample(Path("one/z.jpg"), 0, "val", "a")
    changed = [of("one", name="y.jpg"), of("one", label=1), of("one", source="b"), of("one", more=[second])]
    assert len({of("one"), *changed}) == 5


def test_a_record_is_read_as_it_was_written(tmp_path):
    path = record_path(tmp_path / "new", 7, "maps")
    assert path.name == "00007.maps.npz"
    rows = ({"network": "75", "gap": None, "right": True, "deletion": 0.1},)
    write_record(path, Record(rows, {"curves": 1.5}, {"maps": np.arange(3, dtype=np.float16)}))
    found = read_record(path)
    assert found.rows == rows and found.seconds == {"curves": 1.5}
    assert found.arrays.keys() == {"maps"}
    assert found.arrays["maps"].dtype == np.float16 and found.arrays["maps"].tolist() == [0, 1, 2]


def test_a_record_that_was_cut_short_is_not_there(tmp_path, monkeypatch):
    def full(file, **_):
        file.write(b"PK half of it")
        raise OSError(28, "No space left on device")

    write_record(tmp_path / "old.npz", Record((), {"a": 1.0}))
    monkeypatch.setattr(records.np, "savez_compressed", full)
    for name in ("old.npz", "new.npz"):
        with pytest.raises(OSError):
            write_record(tmp_path / name, Record((), {"a": 2.0}))
    assert [path.name for path in tmp_path.iterdir()] == ["old.npz"]
    assert read_record(tmp_path / "old.npz").seconds == {"a": 1.0}


def test_a_survey_goes_on_with_its_own_settings_only(tmp_path):
    settings = {"split": "val", "networks": {"final-75": "abc"}, "seed": 1}
    open_records(tmp_path / "out", settings)
    open_records(tmp_path / "out", settings)
    with pytest.raises(SurveyError, match="differs in seed, split; delete it"):
        open_records(tmp_path / "out", settings | {"split": "test", "seed": 2})
    open_records(tmp_path / "out", settings | {"methods": ["new"]})  # not noted then: taken to be the same
    with pytest.raises(SurveyError, match="differs in seed; delete it"):
        open_records(tmp_path / "out", {name: settings[name] for name in ("split", "networks")})


def test_damaged_settings_and_a_file_in_the_way_are_one_sentence(tmp_path):
    (tmp_path / "settings.json").write_text("{", encoding="utf-8")
    with pytest.raises(SurveyError, match="is damaged"):
        open_records(tmp_path, {})
    (tmp_path / "file").touch()
    with pytest.raises(SurveyError, match="cannot be written"):
        open_records(tmp_path / "file", {})
