import pytest

from explain.door import METHODS
from explain.what_if.edits import Edits, covered, edited
from explain.what_if.effect import changes
from page.tabs.explain.stream import FAILED
from page.tabs.what_if.before_after import rows
from page.tabs.what_if.pairs import Sides


@pytest.fixture(autouse=True)
def words(monkeypatch):
    """What there is of each row, in place of its HTML."""

    def row(this, *_):
        return f"{this.method}: {len(this.before)} {len(this.after)} {this.note}"

    monkeypatch.setattr("page.tabs.what_if.pairs.row", row)


@pytest.fixture
def sides(fake, photo):
    edits = Edits(("wheels_row",), fill="grey")
    after = edited(photo, edits)
    return Sides(photo, after, covered(photo, edits), "average", changes(fake, photo, after)["average"])


def test_rows_fill_one_after_another(fake, subject, sides):
    first, *later = rows(fake, subject, sides, 0.9, lambda: True)
    assert [first[method] for method in METHODS] == [f"{method}: 0 0 Waiting" for method in METHODS]
    shown = [each for each in later if "heading" not in each]
    assert [next(iter(each)) for each in shown if next(iter(each.values())).endswith("3 3 ")] == [*METHODS]
    assert "Computing Grad-CAM" in first["heading"] and 'role="status"></p>' in later[-1]["heading"]
    assert {digest for digest, *_ in ((each[0].digest,) for each in fake.asked)} == {
        *(sides.photo.digest, sides.edited.digest)
    }
    assert all(each[2] == subject.target and each[3] == subject.reference for each in fake.asked)


def test_known_maps_of_the_photo_are_there_at_once(fake, subject, sides):
    list(rows(fake, subject, sides, 0.9, lambda: True))
    first = next(rows(fake, subject, sides, 0.9, lambda: True))
    assert [first[method] for method in METHODS] == [f"{method}: 3 0 Waiting" for method in METHODS]


def test_stops_once_it_is_not_wanted(fake, subject, sides):
    wanted = iter([True, True, False])
    shown = list(rows(fake, subject, sides, 0.9, lambda: next(wanted)))
    assert [method for _, method, *_ in fake.asked] == ["gradcam", "gradcam", "integrated_gradients"]
    assert shown[-2] == {"gradcam": "gradcam: 3 3 "} and shown[-1].keys() == {"heading"}


def test_method_that_fails_says_so_and_the_others_go_on(fake, subject, sides, monkeypatch, caplog):
    refine = fake.refine

    def broken(photo, method, *settings):
        if method == "gradcam":
            raise RuntimeError("/secret/path")
        return refine(photo, method, *settings)

    monkeypatch.setattr(fake, "refine", broken)
    shown = list(rows(fake, subject, sides, 0.9, lambda: True))
    assert {"gradcam": f"gradcam: 0 0 {FAILED}"} in shown
    assert {"shap": "shap: 3 3 "} in shown
    assert "/secret/path" in caplog.text
