"""A file, bytes or a PIL image -> the 300×300 frame that both networks see, or a PhotoError.

300 is the least common multiple of 75 and 100: the 75 px network sees the frame's 4×4 block means and the
100 px network its 3×3 block means, so both are functions of the same picture. Pillow's readers are called
directly, not through Image.open: that would look for every other format as well, and its own check of the
size, which can be set for the whole process only, would warn before the one here can speak.
"""

import io
import math
import os
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from PIL import ExifTags, Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import BITSPERSAMPLE, TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from torch import Tensor

from carmodel.frame import to_frame
from carmodel.memory import wants_memory

MAX_BYTES = 20_000_000
MAX_PIXELS = 40_000_000
MIN_SIDE, MAX_SIDE = 32, 30_000  # pixels
MAX_MEMORY = 250_000_000  # bytes that Pillow's reader may take
START_OF_SCAN = b"\xff\xda"  # marker in a JPEG, each of a pass over its pixels
MAX_SCANS = 100  # passes over all pixels that a JPEG may ask for; progressive ones have about 10

READERS = (
    JpegImageFile,
    PngImageFile,
    WebPImageFile,
    BmpImageFile,
    GifImageFile,
    TiffImageFile,
    AvifImageFile,
)


class PhotoError(ValueError):
    """A picture that cannot be used; the message is one sentence that says what to do."""


class PhotoMemoryError(PhotoError, MemoryError):
    """A picture that there was not enough memory for, which says nothing about the picture."""

    def __init__(
        self,
        sentence: str = "There is not enough memory to read this picture; "
        "please use a smaller one, or try again once there is more.",
    ) -> None:
        super().__init__(sentence)


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo, ready for both networks.

    `frame` is (3, 300, 300), float32, RGB in [0, 1], upright and squashed to a square; `width` and `height`
    are those of the upright photo in pixels.
    """

    frame: Tensor
    width: int
    height: int

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the frame's values, in hexadecimal: equal frames have equal digests."""
        return sha256(self.frame.numpy().tobytes()).hexdigest()


def read_photo(source: str | os.PathLike[str] | bytes | BinaryIO | Image.Image) -> Photo:
    """The photo in a path, in bytes, in a binary file object (read from its start) or in a PIL image.

    Reads JPEG, PNG, WebP, BMP, GIF (first frame), TIFF and AVIF in every colour mode: grey of 16 bits is
    scaled to 8, transparency is laid over white, EXIF orientation is applied. A PIL image may come from
    anywhere and is left as it is.

    Raises PhotoError, and nothing else, for what is no readable picture, has more than 40 megapixels or
    20 MB, or fewer than 32 or more than 30,000 pixels on a side, and for files that take much memory or time
    to decode: a picture takes less than 300 MB and, on an idle core, two seconds. The limits are checked
    before pixels are decoded.
    """
    try:
        if isinstance(source, Image.Image):
            image, limit = source, MAX_PIXELS
        else:
            data = _contents(source)
            image = _open(data)
            limit = min(MAX_PIXELS, MAX_MEMORY // _bytes_per_pixel(image, data))
        _check_size(*image.size, limit)
        image.load()
        orientation = _orientation(image)  # after load(), which turns a TIFF by itself
        width, height = image.size if orientation < 5 else image.size[::-1]
        return Photo(to_frame(image, orientation), width, height)
    except PhotoError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoError(
            f"This picture has more than {MAX_PIXELS // 10**6} megapixels; please make it smaller first."
        ) from error
    except Exception as error:  # Pillow's readers let many kinds through, from struct.error to MemoryError
        if wants_memory(error):
            raise PhotoMemoryError from error
        raise PhotoError(
            "This picture is damaged or incomplete; please save it again or use another one."
        ) from error


def _contents(source: str | os.PathLike[str] | bytes | BinaryIO) -> bytes:
    try:
        if isinstance(source, bytes | bytearray | memoryview):
            data = bytes(source)
        elif isinstance(source, str | os.PathLike):
            path = Path(source)
            if not path.is_file():  # opening a pipe would wait for ever
                raise FileNotFoundError(path)
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        else:
            if source.seekable():
                source.seek(0)
            data = bytes(source.read(MAX_BYTES + 1))
    except Exception as error:
        if wants_memory(error):
            raise PhotoMemoryError from error
        raise PhotoError(
            "The picture could not be opened; please choose a file that exists and may be read."
        ) from error
    if len(data) > MAX_BYTES:
        raise PhotoError(
            f"This file is larger than {MAX_BYTES // 10**6} MB; please make the picture smaller first."
        )
    return data


def _open(data: bytes) -> Image.Image:
    """The picture in `data`, its pixels not yet decoded."""
    if not data:
        raise PhotoError("This file is empty; please choose another one.")
    for reader in READERS:
        _, accepts = Image.OPEN[reader.format]
        if accepts and accepts(data[:16]) is True:  # or a str about what Pillow was built without
            return reader(io.BytesIO(data))
    raise PhotoError(
        "This file cannot be read as a picture; please use JPEG, PNG, WebP, BMP, GIF, TIFF or AVIF."
    )


def _bytes_per_pixel(image: Image.Image, data: bytes) -> int:
    """What Pillow's reader holds at its peak for each pixel of the picture in `data`, measured or reckoned.

    Raises PhotoError for a JPEG of so many scans that only somebody who wants to keep us busy writes it.
    """
    if isinstance(image, WebPImageFile):
        return 16  # two canvases and two copies
    if isinstance(image, AvifImageFile):
        return 11
    if isinstance(image, TiffImageFile):  # beside the picture a strip, which may be all of it
        return 4 + math.ceil(sum(image.tag_v2.get(BITSPERSAMPLE, (8,))) / 8)
    if isinstance(image, JpegImageFile):
        if data.count(START_OF_SCAN) > MAX_SCANS:
            raise PhotoError("This JPEG has too many layers; please save it again with usual settings.")
        scan = data.rindex(START_OF_SCAN, 0, image.fp.tell() if image.fp else None)
        if "progressive" in image.info or data[scan + 4] < image.layers:  # a scan does not hold all there is,
            return 4 + 2 * image.layers  # so that every coefficient is kept, in 2 bytes
    return 4


def _check_size(width: int, height: int, limit: int) -> None:
    if width * height > limit:
        kind = "" if limit == MAX_PIXELS else " for a file of this kind"
        raise PhotoError(
            f"This picture has {math.ceil(width * height / 10**6)} megapixels; "
            f"the limit is {limit // 10**6}{kind}, so please make it smaller first."
        )
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            f"This picture has only {width} × {height} pixels; "
            f"please use one with at least {MIN_SIDE} on each side."
        )
    if max(width, height) > MAX_SIDE:
        raise PhotoError(
            f"This picture has {width} × {height} pixels; please cut it to at most {MAX_SIDE:,} on each side."
        )


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none that can be read."""
    try:
        tag = image.getexif().get(ExifTags.Base.Orientation)
        return next((orientation for orientation in range(1, 9) if tag == orientation), 1)
    except Exception:  # the picture is good without its EXIF
        return 1
