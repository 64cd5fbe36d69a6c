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

import numpy as np
import torch
from PIL import ExifTags, Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from torch import Tensor
from torch.nn import functional as F

FRAME = 300  # pixels on each side
MAX_BYTES = 20_000_000
MAX_PIXELS = 40_000_000
MIN_SIDE = 32  # pixels

READERS = (
    JpegImageFile,
    PngImageFile,
    WebPImageFile,
    BmpImageFile,
    GifImageFile,
    TiffImageFile,
    AvifImageFile,
)
TURNS = {  # EXIF orientation -> what makes the picture upright; from 5 on, width and height change places
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
WHITES = {"I": (255, 65535), "F": (1, 255, 65535)}  # what white may be in modes that don't say


class PhotoError(ValueError):
    """A picture that cannot be used; the message is one sentence that says what to do."""


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
    20 MB, or fewer than 32 pixels on a side. The limits are checked before pixels are decoded.
    """
    try:
        image = source if isinstance(source, Image.Image) else _open(_contents(source))
        _check_size(*image.size)
        image.load()
        orientation = _orientation(image)  # after load(), which turns a TIFF by itself
        width, height = image.size if orientation < 5 else image.size[::-1]
        return Photo(_frame(image, orientation), width, height)
    except PhotoError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoError(
            f"This picture has more than {MAX_PIXELS // 10**6} megapixels; please make it smaller first."
        ) from error
    except Exception as error:  # Pillow's readers let many kinds through, from struct.error to MemoryError
        raise PhotoError(
            "This picture is damaged or incomplete; please save it again or use another one."
        ) from error


def block_means(frames: Tensor, size: int) -> Tensor:
    """What the network of `size` px sees of frames (n, 3, 300, 300) or (3, 300, 300): (…, 3, size, size)."""
    return F.avg_pool2d(frames, FRAME // size)


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
        if accepts(data[:16]) is True:  # it may also be a str that says what Pillow was built without
            return reader(io.BytesIO(data))
    raise PhotoError(
        "This file cannot be read as a picture; please use JPEG, PNG, WebP, BMP, GIF, TIFF or AVIF."
    )


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PhotoError(
            f"This picture has {math.ceil(width * height / 10**6)} megapixels; "
            f"the limit is {MAX_PIXELS // 10**6}, so please make it smaller first."
        )
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            f"This picture has only {width} × {height} pixels; "
            f"please use one with at least {MIN_SIDE} on each side."
        )


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none that can be read."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation)
        return int(value) if value in TURNS else 1
    except Exception:  # the picture is good without its EXIF
        return 1


def _frame(image: Image.Image, orientation: int) -> Tensor:
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.mode == "La":  # the one mode that Pillow does not turn into RGBA
        image = image.convert("LA")
    if image.has_transparency_data:
        image = image.convert("RGBA").convert("RGBa")  # premultiplied: hidden colours must not bleed
    elif image.mode != "RGB":
        image = image.convert("RGB")
    if orientation in TURNS:  # before the resize, whose rounding depends on the direction
        image = image.transpose(TURNS[orientation])
    small = image.resize((FRAME, FRAME), Image.Resampling.BICUBIC)
    pixels = torch.from_numpy(np.array(small, dtype=np.float32) / 255).permute(2, 0, 1)  # (3 or 4, 300, 300)
    if len(pixels) == 4:
        pixels = (pixels[:3] + 1 - pixels[3]).clamp(0, 1)  # over white
    return pixels.contiguous()


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits as L, or as LA if one of its values stands for transparent.

    16-bit modes reach from 0 to 65535; in 32-bit ones, white is the least of the usual values for it that no
    pixel exceeds, or else the brightest pixel. What is below 0 or no number is black.
    """
    values = np.array(image).astype(np.float32)
    opaque = values != image.info["transparency"] if "transparency" in image.info else None
    np.nan_to_num(values, copy=False, posinf=0)
    values.clip(0, out=values)
    peak = float(values.max())
    white = next((white for white in WHITES.get(image.mode, (65535,)) if peak <= white), peak)
    values *= 255 / white
    grey = Image.fromarray(np.rint(values, out=values).astype(np.uint8))
    if opaque is not None:
        grey.putalpha(Image.fromarray(opaque.astype(np.uint8) * 255))
    return grey
