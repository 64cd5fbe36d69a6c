import pytest
import torch

from carmodel.measure.groups import OTHERS, accuracy_by_group, as_lines, grouped, make_of, read_views
from carmodel.metrics import wilson
from carmodel.train.samples import DataError, Sample


def test_the_table_that_comes_along_can_be_read():
    assert isinstance(read_views(), dict)


def test_views_of_a_table(tmp_path):
    (tmp_path / "views.csv").write_text("photo,view\nval/suv/a.jpg,front\nval/suv/b.jpg,rear-quarter\n")
    assert read_views(tmp_path / "views.csv") == {"val/suv/a.jpg": "front", "val/suv/b.jpg": "rear-quarter"}


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "needs the columns"), ("photo,side\na,front\n", "needs"), ("photo,view\na,top\n", 'view "top"')],
)
def test_wrong_tables(tmp_path, content, words):
    (tmp_path / "views.csv").write_text(content)
    with pytest.raises(DataError, match=words):
        read_views(tmp_path / "views.csv")


def test_makes_of_one_word_and_two():
    assert [make_of(name) for name in ("Audi A5 Coupe 2012", "Land Rover LR2 SUV 2012", "")] == [
        "Audi",
        "Land Rover",
        "",
    ]


def test_makes_with_few_photos_are_put_together():
    models = ["Audi A5 Coupe 2012"] * 10 + ["BMW M3 2012"] * 3 + [""]
    samples = [Sample(None, 0, "val", name=str(row), make_model=model) for row, model in enumerate(models)]
    groups = grouped(samples, {"2": "side"})
    assert groups["make"] == ["Audi"] * 10 + [OTHERS] * 3 + [""]
    assert groups["view"][2] == "side" and set(groups["view"]) == {"side", ""}
    assert grouped(samples[-1:], {}) == {}


def test_accuracy_by_hand():
    # Four photos of class 0: a network gets the first and the third right.
    verdicts = torch.eye(4)[[0, 1, 0, 2]]
    groups = {"view": ["rear", "rear", "front", ""]}
    report = accuracy_by_group({"it": verdicts}, torch.zeros(4, dtype=torch.long), groups)
    assert list(report["view"]) == ["front", "rear"]  # in the order of VIEWS
    assert report["view"]["rear"] == {"n": 2, "accuracy": {"it": 0.5}, "ci95": {"it": wilson(1, 2)}}
    assert report["view"]["front"]["accuracy"]["it"] == 1.0
    lines = as_lines(report)
    assert lines[0].split() == ["by", "view", "photos", "it"]
    assert lines[2].split() == ["rear", "2", "50.0%"]
