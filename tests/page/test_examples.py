import csv
import re

import pytest

from page.examples import FIRST, FOLDER, gallery, mask, path


def test_every_picture_has_a_button_with_words():
    with (FOLDER / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    html = gallery().value
    assert sorted(re.findall('data-file="(.*?)"', html)) == sorted(row["file"] for row in rows)
    assert f"Sedan, {rows[0]['view']}" in re.findall('alt="(.*?)"', html)


def test_pictures_are_grouped_by_class():
    groups = re.findall('<div class="group"><span>(.*?)</span>(.*?)</div>', gallery().value)
    assert [name for name, _ in groups] == ["Sedan", "Coupe", "SUV", "Truck"]
    for name, buttons in groups:
        assert {file.split("_")[0] for file in re.findall('data-file="(.*?)"', buttons)} == {name.lower()}


def test_first_example_is_the_chosen_one():
    assert re.findall('data-file="([^"]*)" aria-pressed="true"', gallery().value) == [FIRST]


@pytest.mark.parametrize("file", ["../examples/suv_1.jpg", "CREDITS.md", "/etc/passwd", "", "nothing.jpg"])
def test_only_examples_can_be_asked_for(file):
    with pytest.raises(FileNotFoundError, match="There is no example"):
        path(file)


def test_path_of_an_example():
    assert path("suv_1.jpg") == FOLDER / "suv_1.jpg"


def test_every_picture_has_a_mask():
    with (FOLDER / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found, coarse = mask(row["file"])
            assert found.is_file() and found.stem == row["file"].removesuffix(".jpg")
            assert coarse == (row["mask_level"] == "car")
