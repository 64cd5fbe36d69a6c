import numpy as np
import pytest
from PIL import Image

from explain.source import Source
from explain.survey import workers
from explain.survey.records import Record, read_record
from explain.survey.workers import Task, work


@pytest.fixture
def tasks(photos, tmp_path):
    paths = sorted(photos.glob("val/truck/*.png"))
    return [Task(path, "quick", tmp_path / f"{number}.npz") for number, path in enumerate(paths)]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A part that measures how bright a photo is."""

    def brightness(explainer, photo):
        return Record(({"grey": round(float(photo.frame.mean()) * 255)},), {"quick": 0.0})

    monkeypatch.setattr(workers, "PARTS", {"quick": brightness})


def test_every_task_is_yielded_when_its_record_is_there(tasks, random_weights):
    for number, done in enumerate(work(tasks, 1, Source(random_weights))):
        assert done == tasks[number]
        assert [task.record.exists() for task in tasks] == [place <= number for place in range(3)]
    greys = [read_record(task.record).rows[0]["grey"] for task in tasks]
    assert greys == [np.asarray(Image.open(task.photo)).max() for task in tasks]


def test_a_photo_that_cannot_be_read_gets_an_empty_record(tmp_path, random_weights):
    (tmp_path / "car.jpg").write_text("no picture", encoding="utf-8")
    list(work([Task(tmp_path / "car.jpg", "quick", tmp_path / "1.npz")], 1, Source(random_weights)))
    assert read_record(tmp_path / "1.npz").rows == ()
