"""The photo that a visitor gives: the raw file, not gradio's decoding of it."""

from pathlib import Path

import gradio as gr
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from carmodel.photo import Photo, PhotoError
from explain.report.render import upright
from page.gradio_patches import ImageData
from page.server.bodies import ADDRESSES
from page.server.paths import is_shown, is_uploaded
from page.server.refusals import NO_FETCHING


class PhotoInput(gr.Image):
    """gr.Image whose value in Python is the path of the file as it was uploaded.

    gradio's own decoding turns 16-bit greys white, lets hidden colours show and opens 81 megapixels;
    carmodel.photo.read_photo does none of that. Listen to `upload` and `clear`: when a photo is removed, the
    event `input` still brings it.
    """

    is_template = True  # the browser's part is gr.Image's

    def preprocess(self, payload: ImageData | None) -> str | None:
        return payload.path if payload else None

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        """Takes a caller's file. Raises PhotoError for an address: nothing is fetched for strangers."""
        if str(url_or_file_path).lower().startswith(ADDRESSES):
            raise PhotoError(NO_FETCHING)
        if url_or_file_path and is_uploaded(url_or_file_path):
            return str(url_or_file_path)  # no second copy
        return await super().async_move_resource_to_block_cache(url_or_file_path)


def stand_in(photo: Photo, path: str) -> Image.Image | None:
    """The upright photo where browsers cannot show the file itself; otherwise None.

    A TIFF they cannot, nor what the page does not send as a picture by its name: a JPEG called car.svg.
    """
    if not is_shown(path):
        return upright(photo)
    is_tiff = Image.OPEN[TiffImageFile.format][1]
    assert is_tiff  # Pillow knows a TIFF by its first bytes
    with Path(path).open("rb") as file:  # not Image.open, which fails at what is odd behind the first picture
        return upright(photo) if is_tiff(file.read(16)) else None
