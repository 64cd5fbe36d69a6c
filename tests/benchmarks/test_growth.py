import pytest
import torch

from benchmarks import growth
from benchmarks.growth import Point, as_text, draw, references, steps, survey, users
from benchmarks.measure import Timing
from carmodel.photo import Photo


def test_steps_double_and_cost_more(explainer, photo, monkeypatch):
    monkeypatch.setattr(growth, "DOUBLINGS", 3)
    found = steps(explainer, photo)
    assert [(point.series, point.work) for point in found] == [
        (f"{name} px", count) for name in ("75", "100") for count in (5, 10, 20)
    ]
    costs = [point.timing.cpu for point in found]
    assert 0 < costs[0] < costs[1] < costs[2]


def test_as_many_references_as_asked_for(explainer, photo, monkeypatch):
    asked = []
    monkeypatch.setattr(growth, "REFERENCES", (1, 3))  # of two that there are
    monkeypatch.setattr(
        growth,
        "shapley_values",
        lambda network, x, background, score: asked.append(
            sum(len(t.pictures) for t in background.references)
        ),
    )
    assert [point.work for point in references(explainer, photo)] == [1, 3, 1, 3]
    assert asked == [1, 3, 1, 3]


def test_users_have_photos_of_their_own(random_weights, monkeypatch):
    asked = []
    monkeypatch.setattr(growth, "fast_page", lambda of, request: asked.append((of, request)))
    photos = [Photo(torch.full((3, 300, 300), grey), 300, 300) for grey in (0.1, 0.2, 0.3)]
    points = users(random_weights, photos, [1, 3])
    assert [point.work for point in points] == [1, 3]
    first, second = asked[0][0], asked[2][0]
    assert [of for of, _ in asked] == [first] * 2 + [second] * 4
    assert first is not second  # which would have kept the answers
    shown = [request.photo for _, request in asked]
    assert shown[0] is shown[2] is photos[2] and shown[1] is photos[0]
    assert sorted(map(id, shown[3:])) == sorted(map(id, photos))
    # What goes before is of another score than the users', so that no map of theirs is there.
    before = [asked[place][1].target for place in (0, 2)]
    assert all(target.against for target in before)
    assert not any(request.target.against for _, request in asked if request.target not in before)


def test_survey_does_the_photos_again_and_again(random_weights, monkeypatch, tmp_path):
    asked = []

    def work(tasks, workers, source):
        asked.append((workers, [task.photo for task in tasks], len({task.record for task in tasks})))
        return iter(tasks)

    monkeypatch.setattr(growth, "work", work)
    found = survey(random_weights, ["a", "b"], [1, 3], [1, 2])
    # The most photos are left to the most processes.
    assert asked == [(1, ["a"], 1), (2, ["a"], 1), (2, ["a", "b", "a"], 3)]
    assert [(point.series, point.work) for point in found] == [
        ("1 process", 1),
        ("2 processes", 1),
        ("2 processes", 3),
    ]


@pytest.fixture
def found():
    points = [Point("75 px", 2, Timing(0.5, 1.0)), Point("75 px", 8, Timing(2.0, 4.0))]
    return dict.fromkeys(("steps", "references", "users", "photos"), points)


def test_table_by_hand(found):
    lines = as_text(found).splitlines()
    assert len(lines) == 2 + 8
    assert lines[2] == "| steps | 75 px | 2 | 0.50 | 1.00 | 4 | 2 |"


def test_picture(found):
    assert draw(found).startswith(b"\x89PNG")


def test_all_is_measured_and_drawn(found, random_weights, tmp_path, monkeypatch, capsys):
    for name in ("steps", "references", "users", "survey"):
        monkeypatch.setattr(growth, name, lambda *_: found["steps"])
    monkeypatch.setattr(growth, "fast_page", lambda *_: None)
    out = tmp_path / "growth.png"
    assert growth.main(["--out", str(out), "--weights", str(random_weights)]) == 0
    assert out.stat().st_size > 1000
    assert "| photos in a survey | 75 px | 8 |" in capsys.readouterr().out
