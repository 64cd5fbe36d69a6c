"""A map -> a picture: the map over a quiet version of the photo, and what a network was given to see.

Every picture is in the photo's own proportions (the square frame is squashed back). No cell of a network is
smoothed: 75 px and 100 px maps keep their blocks, because nothing is known between them.
"""

import numpy as np
from PIL import Image
from torch import Tensor

from carmodel.photo import Photo
from carmodel.sampling import area_means
from explain.attribution import Attribution
from explain.report.palette import colours, is_signed

STRENGTH = 1.0  # opacity of the overlay
SIDE = 450  # longest side of a picture in px: 6 px a cell of 75 along it, 4.5 px a cell of 100
LIGHTEST, CONTRAST = 1.0, 0.5  # the quiet photo's greys run from LIGHTEST − CONTRAST to LIGHTEST


def overlay(
    attribution: Attribution, photo: Photo, scale: float, strength: float = STRENGTH, side: int = SIDE
) -> Image.Image:
    """`attribution` in colour over its photo: an RGB picture whose longest side is `side` px.

    `scale` is the magnitude in full colour (`palette.shared_scale`); `strength` in [0, 1] is the opacity of
    the overlay. The photo under it is grey, light and low in contrast, so that a red car is not read as
    attribution.
    """
    size = _own_aspect(photo, side)
    photo_grey = np.asarray(_picture(photo.frame).convert("L").resize(size, Image.Resampling.BICUBIC)) / 255
    quiet = LIGHTEST - CONTRAST + CONTRAST * photo_grey[..., None]
    # BOX repeats cells where the picture is larger than the frame and averages them where it is smaller.
    values = Image.fromarray(attribution.map.float().numpy()).resize(size, Image.Resampling.BOX)
    rgba = colours(np.asarray(values), scale, is_signed(attribution))
    opacity = rgba[..., 3:] * strength
    return Image.fromarray(np.rint(255 * (rgba[..., :3] * opacity + quiet * (1 - opacity))).astype(np.uint8))


def seen(photo: Photo, size: int, side: int = SIDE) -> Image.Image:
    """What the network of `size` px sees, its `size`×`size` pixels unsmoothed, longest side `side` px."""
    return _picture(area_means(photo.frame, size)).resize(_own_aspect(photo, side), Image.Resampling.BOX)


def upright(photo: Photo, side: int = SIDE) -> Image.Image:
    """The photo itself, as smooth as the 300×300 frame allows, longest side `side` px."""
    return _picture(photo.frame).resize(_own_aspect(photo, side), Image.Resampling.BICUBIC)


def _own_aspect(photo: Photo, side: int) -> tuple[int, int]:
    longest = max(photo.width, photo.height)
    return max(1, round(side * photo.width / longest)), max(1, round(side * photo.height / longest))


def _picture(pixels: Tensor) -> Image.Image:
    # (3, h, w) in [0, 1]
    return Image.fromarray(np.rint(255 * pixels.permute(1, 2, 0).numpy()).astype(np.uint8))
