"""The photo that a visitor gives: the raw file, not gradio's decoding of it."""

import logging
from pathlib import Path

import gradio as gr
from gradio.data_classes import ImageData
from PIL import Image

from carmodel.photo import Photo
from explain.render import upright

log = logging.getLogger(__name__)

UNREACHABLE = "The photo could not be fetched from its address; please send the picture itself."
SHOWN_BY_BROWSERS = {"JPEG", "PNG", "WEBP", "BMP", "GIF", "AVIF"}


class PhotoInput(gr.Image):
    """gr.Image whose value in Python is the path of the file as it was uploaded.

    gradio's own decoding turns 16-bit greys white, lets hidden colours show and opens 81 megapixels;
    carmodel.photo.read_photo does none of that.
    """

    is_template = True  # the browser's part is gr.Image's

    def preprocess(self, payload: ImageData | None) -> str | None:
        return payload.path if payload else None

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        """Fetches a photo that a caller named by its address. Raises gr.Error where that fails."""
        try:
            return await super().async_move_resource_to_block_cache(url_or_file_path)
        except Exception as error:
            log.info("%s could not be fetched: %s", url_or_file_path, error)
            raise gr.Error(UNREACHABLE, print_exception=False) from error


def stand_in(photo: Photo, path: str) -> Image.Image | None:
    """The upright photo where browsers cannot show the file itself, such as a TIFF; otherwise None."""
    with Image.open(path) as image:
        return None if image.format in SHOWN_BY_BROWSERS else upright(photo)
