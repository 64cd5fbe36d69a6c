import gradio as gr
import pytest
from gradio.data_classes import ImageData
from PIL import Image

from carmodel.photo import read_photo
from page.photo_input import PhotoInput, stand_in


def test_value_is_the_file_as_it_was_uploaded(tmp_path):
    path = tmp_path / "grey.png"
    Image.new("I;16", (40, 40), 30_000).save(path)
    before = path.read_bytes()
    value = PhotoInput(render=False).preprocess(ImageData(path=str(path), orig_name="grey.png"))
    assert value == str(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("payload", [None, ImageData(path=None)])
def test_no_photo_is_none(payload):
    assert PhotoInput(render=False).preprocess(payload) is None


def test_browser_and_clients_see_an_ordinary_image():
    ours, ordinary = PhotoInput(render=False), gr.Image(render=False)
    assert ours.get_block_name() == ordinary.get_block_name() == "image"
    assert ours.api_info() == ordinary.api_info()


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "gif", "bmp", "avif"])
def test_browsers_show_the_file_itself(tmp_path, ending):
    path = str(tmp_path / f"car.{ending}")
    Image.new("RGB", (60, 40), "red").save(path)
    assert stand_in(read_photo(path), path) is None


def test_stand_in_for_what_browsers_cannot_show(tmp_path):
    path = str(tmp_path / "car.tiff")
    Image.new("RGB", (60, 40), "red").save(path)
    image = stand_in(read_photo(path), path)
    assert image.size == (450, 300)
    assert image.getpixel((10, 10)) == (255, 0, 0)


def test_format_counts_and_not_the_name(tmp_path):
    path = str(tmp_path / "car.jpg")
    Image.new("RGB", (60, 40), "red").save(path, "TIFF")
    assert stand_in(read_photo(path), path) is not None


@pytest.mark.parametrize("name", ["car.svg", "car.html", "car"])
def test_stand_in_for_what_the_page_does_not_send_as_a_picture(tmp_path, name):
    """gradio reads car.svg as text in UTF-8."""
    path = str(tmp_path / name)
    Image.new("RGB", (60, 40), "red").save(path, "JPEG")
    assert stand_in(read_photo(path), path).size == (450, 300)
