"""A decoded picture of any mode, size and orientation -> the 300×300 frame, without a second copy of it."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

FRAME = 300  # pixels on each side
BAND = 1_000_000  # pixels whose colours are converted at once
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


def to_frame(image: Image.Image, orientation: int) -> Tensor:
    """The frame of a picture that is stored in this orientation.

    It is made in bands of the upright picture, so that a large one never lies in memory twice: Pillow resizes
    rows first and columns then, each by itself, so the bands change nothing.
    """
    width, height = image.size if orientation < 5 else image.size[::-1]
    white = _white(image) if image.mode.startswith(("I", "F")) else 0.0
    rows = max(1, BAND // width)
    narrow: Image.Image | None = None
    for top in range(0, height, rows):
        band = _band(image, orientation, top, min(top + rows, height), white)
        narrow = narrow or Image.new(band.mode, (FRAME, height))
        narrow.paste(band.resize((FRAME, band.height), Image.Resampling.BICUBIC), (0, top))
    assert narrow is not None
    small = narrow.resize((FRAME, FRAME), Image.Resampling.BICUBIC)
    pixels = torch.from_numpy(np.array(small, dtype=np.float32) / 255).permute(2, 0, 1)  # (3 or 4, 300, 300)
    if len(pixels) == 4:
        pixels = (pixels[:3] + 1 - pixels[3]).clamp(0, 1)  # over white
    return pixels.contiguous()


def _band(image: Image.Image, orientation: int, top: int, bottom: int, white: float) -> Image.Image:
    """Rows `top` to `bottom` of the upright picture as RGB or, if some of it is transparent, RGBa."""
    width, height = image.size
    if orientation in (3, 4, 7, 8):  # the last stored rows or columns are the upright picture's first
        length = width if orientation >= 5 else height
        top, bottom = length - bottom, length - top
    band = image.crop((top, 0, bottom, height) if orientation >= 5 else (0, top, width, bottom))
    if band.mode.startswith(("I", "F")):
        band = _eight_bits(band, white)
    if band.mode == "La":  # the one mode that Pillow does not turn into RGBA
        band = band.convert("LA")
    if band.has_transparency_data:
        band = band.convert("RGBA").convert("RGBa")  # premultiplied: hidden colours must not bleed
    elif band.mode != "RGB":
        band = band.convert("RGB")
    return band.transpose(TURNS[orientation]) if orientation in TURNS else band


def _white(image: Image.Image) -> float:
    """What is white in a grey of more than 8 bits.

    16-bit modes reach from 0 to 65535; in 32-bit ones, white is the least of the usual values for it that no
    pixel exceeds, or else the brightest pixel.
    """
    if image.mode not in WHITES:
        return 65535
    rows = max(1, BAND // image.width)
    tops = range(0, image.height, rows)
    bands = (image.crop((0, top, image.width, min(top + rows, image.height))) for top in tops)
    peak = max(float(_levels(band).max()) for band in bands)
    return next((white for white in WHITES[image.mode] if peak <= white), peak)


def _levels(image: Image.Image) -> np.ndarray:
    """A grey picture's values (height, width), float32 from 0; what is below 0 or no number is 0."""
    values = np.array(image).astype(np.float32)
    np.nan_to_num(values, copy=False, posinf=0)
    return values.clip(0, out=values)


def _eight_bits(image: Image.Image, white: float) -> Image.Image:
    """Grey of more than 8 bits as L, or as LA if one of its values stands for transparent."""
    grey = Image.fromarray(np.rint(_levels(image) * (255 / white)).astype(np.uint8))
    if "transparency" in image.info:
        opaque = np.array(image).astype(np.float32) != image.info["transparency"]
        grey.putalpha(Image.fromarray(opaque.astype(np.uint8) * 255))
    return grey
