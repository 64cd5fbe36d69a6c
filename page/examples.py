"""The example pictures: buttons that a visitor can click, grouped by what the cars are."""

import csv
from pathlib import Path

import gradio as gr
from markupsafe import Markup
from PIL import Image

from carmodel.network import CLASSES
from explain.report.text import named
from page.markup import picture
from page.panel import panel
from page.server.refusals import NOT_UNDERSTOOD

FOLDER = Path(__file__).resolve().parent.parent / "examples"
FIRST = "coupe_3.jpg"  # explained when the page opens
THUMBNAIL = (144, 96)  # pixels, twice the size on the page

# A click on a button becomes gradio's select event with the file's name; the chosen one is marked at once.
ON_LOAD = """
const choose = (name) => element.querySelectorAll('button').forEach(
  (button) => button.setAttribute('aria-pressed', button.dataset.file === name));
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-file]');
  if (button) { choose(button.dataset.file); trigger('select', {file: button.dataset.file}); }
});
const linked = new URLSearchParams(location.search).get('photo');
if ([...element.querySelectorAll('button')].some((button) => button.dataset.file === linked)) choose(linked);
"""


def gallery(folder: Path = FOLDER, name: str = "examples", chosen: str = FIRST) -> gr.HTML:
    """All pictures of manifest.csv as one component, whose select event carries `file`.

    `name` is its id on the page and `chosen` the picture that is marked at first, if any.
    """
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        pictures = [(row["file"], row["label"], row["view"]) for row in csv.DictReader(file)]
    groups = (
        Markup('<div class="group"><span>{}</span>{}</div>').format(named(label), Markup().join(buttons))
        for label in CLASSES
        if (buttons := [_button(folder, *row, chosen) for row in pictures if row[1] == label])
    )
    return panel(
        Markup('<div class="examples" role="group" aria-label="Example pictures">{}</div>').format(
            Markup().join(groups)
        ),
        js_on_load=ON_LOAD,
        elem_id=name,
    )


def none_chosen(name: str = "examples") -> str:
    """JavaScript that marks no picture of the gallery of this name: for a photo of the visitor's own."""
    return (
        f"() => document.querySelectorAll('#{name} button').forEach("
        "(button) => button.setAttribute('aria-pressed', false))"
    )


def path(file: str, folder: Path = FOLDER) -> Path:
    """The path of an example picture. Raises FileNotFoundError for anything else, wherever it lies."""
    example = next((photo for photo in folder.glob("*.jpg") if photo.name == file), None)
    if example is None:
        raise FileNotFoundError("There is no such example.")
    return example


def clicked(event: gr.EventData) -> Path:
    """The example picture that was clicked. Raises gr.Error, with a sentence, for what no button says."""
    try:
        return path(event.file)
    except (AttributeError, TypeError, FileNotFoundError):
        raise gr.Error(NOT_UNDERSTOOD, print_exception=False) from None


def mask(file: str, folder: Path = FOLDER) -> tuple[Path, bool]:
    """The path of an example picture's part mask, and whether it tells only some parts apart."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        row = next(row for row in csv.DictReader(manifest) if row["file"] == file)
    return folder / row["mask_file"], row["mask_level"] == "car"


def _button(folder: Path, file: str, label: str, view: str, chosen: str) -> Markup:
    with Image.open(folder / file) as image:
        thumbnail = picture(image.resize(THUMBNAIL), f"{named(label)}, {view}", "thumbnail")
    pressed = "true" if file == chosen else "false"
    return Markup('<button type="button" data-file="{}" aria-pressed="{}">{}</button>').format(
        file, pressed, thumbnail
    )
