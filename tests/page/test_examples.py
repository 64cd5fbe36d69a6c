import csv

import gradio as gr
import pytest

from page.examples import FIRST, FOLDER, clicked, gallery, mask, none_chosen, path
from page.server.refusals import NOT_UNDERSTOOD
from tests.document import parsed


@pytest.fixture(scope="module")
def rows():
    """What manifest.csv says of each picture."""
    with (FOLDER / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def page():
    return parsed(gallery().value)


def files(part):
    return [button.attributes["data-file"] for button in part.all("button")]


def test_every_picture_has_a_button_with_words(rows, page):
    assert sorted(files(page)) == sorted(row["file"] for row in rows)
    words = {
        button.attributes["data-file"]: button.one("img").attributes["alt"] for button in page.all("button")
    }
    assert words[rows[0]["file"]] == f"Sedan, {rows[0]['view']}"
    assert page.one("div", "examples").attributes["aria-label"] == "Example pictures"


def test_pictures_are_grouped_by_class(page):
    groups = {group.all("span")[0].text: files(group) for group in page.all("div", "group")}
    assert list(groups) == ["Sedan", "Coupe", "SUV", "Truck"]
    for name, some in groups.items():
        assert {file.split("_")[0] for file in some} == {name.lower()}


@pytest.mark.parametrize("chosen", [FIRST, "truck_1.jpg", ""])
def test_chosen_one_is_marked(chosen):
    buttons = parsed(gallery(chosen=chosen).value).all("button")
    pressed = [button for button in buttons if button.attributes["aria-pressed"] == "true"]
    assert [button.attributes["data-file"] for button in pressed] == ([chosen] if chosen else [])


def test_first_example_is_the_chosen_one(page):
    pressed = [button for button in page.all("button") if button.attributes["aria-pressed"] == "true"]
    assert [button.attributes["data-file"] for button in pressed] == [FIRST]


def test_each_gallery_has_an_id_of_its_own():
    assert (gallery().elem_id, gallery(name="others").elem_id) == ("examples", "others")
    assert "#others button" in none_chosen("others")


@pytest.mark.parametrize("file", ["../examples/suv_1.jpg", "CREDITS.md", "/etc/passwd", "", "nothing.jpg"])
def test_only_examples_can_be_asked_for(file):
    with pytest.raises(FileNotFoundError, match="There is no such example"):
        path(file)


@pytest.mark.parametrize("data", [None, [], 3, "file", {}, {"file": None}, {"file": ["suv_1.jpg"]}])
def test_a_click_on_no_example_is_a_sentence(data):
    with pytest.raises(gr.Error) as refused:
        clicked(gr.EventData(None, data))
    assert refused.value.message == NOT_UNDERSTOOD and not refused.value.print_exception


def test_no_error_names_what_was_asked_for():
    """It is logged, and may be a megabyte."""
    with pytest.raises(FileNotFoundError) as missing:
        path("A" * 1_000_000)
    assert len(str(missing.value)) < 100


def test_a_click_on_an_example_is_its_file():
    assert clicked(gr.EventData(None, {"file": "suv_1.jpg"})) == FOLDER / "suv_1.jpg"


def test_path_of_an_example():
    assert path("suv_1.jpg") == FOLDER / "suv_1.jpg"


def test_every_picture_has_a_mask(rows):
    for row in rows:
        file, coarse = mask(row["file"])
        assert file.is_file() and file.stem == row["file"].removesuffix(".jpg")
        assert coarse == (row["mask_level"] == "car")
