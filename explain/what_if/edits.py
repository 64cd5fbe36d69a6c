"""What is changed of a photo to see what the networks make of it: parts covered, colour removed, mirrored.

Marks are drawn on the upright photo, in fractions of its width and height; everything is done in the 300×300
frame, so what comes of it is a Photo like any other.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from carmodel.frame import FRAME
from carmodel.photo import Photo
from explain.evidence.regions import border
from explain.references import REFERENCES

WHOLE = ("border", "wheels_row", "mirror", "grey")  # edits that need no mark, in the order they are told
HIDING = WHOLE[:2]  # those of them that cover something

LUMA = torch.tensor([0.299, 0.587, 0.114])[:, None, None]  # ITU-R BT.601, as Pillow's mode L
DRAWN = 2 * FRAME  # pixels of the longer side on which a stroke is drawn before it goes to the frame
SLACK = 1e-6  # of a pixel: 0.07 · 300 is a little above 21

# What covers a part, made from the frame (3, 300, 300) that it covers.
FILLS: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "blur": REFERENCES["blur"].frame_of,
        "grey": lambda frame: torch.full_like(frame, 0.5),
        "mean": REFERENCES["mean"].frame_of,
    }
)


class EditError(ValueError):
    """An edit that does not exist or makes no sense; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Box:
    """A rectangle, in fractions of the picture's width and height from its upper left corner.

    Raises EditError unless 0 ≤ left < right ≤ 1 and 0 ≤ top < bottom ≤ 1.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise EditError(
                "A box needs left below right and top below bottom, all between 0 and 1; please change it."
            )

    @classmethod
    def of(cls, edges: Sequence[Any]) -> "Box":
        """The box of a list [left, top, right, bottom]. Raises EditError for anything else."""
        try:
            left, top, right, bottom = map(float, edges)
        except (TypeError, ValueError, OverflowError) as error:
            raise EditError(
                "A box is a list of four numbers, [left, top, right, bottom]; please change it."
            ) from error
        return cls(left, top, right, bottom)

    def mask(self, width: int, height: int) -> Tensor:
        """The pixels of the frame that it touches, bool (300, 300), whatever the photo's size."""
        left, top = (math.floor(FRAME * edge + SLACK) for edge in (self.left, self.top))
        right, bottom = (math.ceil(FRAME * edge - SLACK) for edge in (self.right, self.bottom))
        mask = torch.zeros(FRAME, FRAME, dtype=torch.bool)
        mask[top:bottom, left:right] = True
        return mask


# The wheels of each of the 16 example pictures lie by 90 % or more between these rows, by 97 % on average.
WHEELS_ROW = Box(0.0, 0.52, 1.0, 0.88)


MOST_POINTS, MOST_MARKS = 2000, 60  # of a stroke, on a photo: all are drawn again with every edit
MOST_DRAWN = 10_000  # points of all strokes on a photo: 100 bytes each, for as long as the visit lasts
MOST_LENGTH, MOST_PAINT = 100.0, 60.0  # widths of the picture; points times radius: a second's drawing


@dataclass(frozen=True)
class Stroke:
    """A line drawn with a round brush, through points (x, y) in fractions of the picture's width and height.

    `radius` is a fraction of the width. Raises EditError without points, for points that are no pairs of
    numbers or far off the picture, unless 0.001 ≤ radius ≤ 0.5, and for a line that takes long to draw.
    """

    points: tuple[tuple[float, float], ...]
    radius: float

    def __post_init__(self) -> None:
        near = all(len(point) == 2 and all(-9 <= number <= 9 for number in point) for point in self.points)
        if not self.points or not near or not 0.001 <= self.radius <= 0.5:
            raise EditError("A stroke needs points on the picture and a brush; please draw it again.")
        length = sum(map(math.dist, self.points, self.points[1:]))
        if (
            max(
                len(self.points) / MOST_POINTS,
                length / MOST_LENGTH,
                len(self.points) * self.radius / MOST_PAINT,
            )
            > 1
        ):
            raise EditError("This stroke is too long; please draw it in parts.")

    def mask(self, width: int, height: int) -> Tensor:
        """The pixels of the frame that it covers, bool (300, 300), of a photo of these proportions."""
        scale = DRAWN / max(width, height)
        size = max(1, round(scale * width)), max(1, round(scale * height))
        radius = self.radius * size[0] - 0.5  # Pillow counts from pixel centre to pixel centre
        points = [(x * size[0] - 0.5, y * size[1] - 0.5) for x, y in self.points]
        drawn = Image.new("L", size)
        draw = ImageDraw.Draw(drawn)
        draw.line(points, fill=255, width=max(1, round(2 * radius)))
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        return torch.from_numpy(np.array(drawn.resize((FRAME, FRAME), Image.Resampling.BOX)) > 127)


@dataclass(frozen=True)
class Edits:
    """What is changed of a photo. Raises EditError for a name that is not of WHOLE, an unknown
    fill, more than MOST_MARKS marks, and strokes of more than MOST_DRAWN points together.
    """

    whole: tuple[str, ...] = ()
    marks: tuple[Box | Stroke, ...] = ()
    fill: str = "blur"  # of what is covered, one of FILLS

    def __post_init__(self) -> None:
        if len(self.marks) > MOST_MARKS:
            raise EditError(
                f"There are {MOST_MARKS} marks on the photo already; please take some back first."
            )
        if points_of(self.marks) > MOST_DRAWN:
            raise EditError("Very much is drawn on the photo already; please take some marks back first.")
        for name in self.whole:
            if name not in WHOLE:
                raise EditError(f"There is no edit {name!r}; please use {', '.join(WHOLE)}.")
        if self.fill not in FILLS:
            raise EditError(f"There is no fill {self.fill!r}; please use {', '.join(FILLS)}.")

    @property
    def changes_something(self) -> bool:
        return bool(self.whole or self.marks)


def points_of(marks: Iterable[Box | Stroke]) -> int:
    """The points of all strokes among marks, each of them counted once."""
    strokes = {id(mark): mark for mark in marks if isinstance(mark, Stroke)}
    return sum(len(stroke.points) for stroke in strokes.values())


def covered(photo: Photo, edits: Edits) -> Tensor:
    """The part of the photo that is covered, bool (300, 300), before it is mirrored."""
    mask = border() if "border" in edits.whole else torch.zeros(FRAME, FRAME, dtype=torch.bool)
    for mark in (*edits.marks, *([WHEELS_ROW] if "wheels_row" in edits.whole else [])):
        mask |= mark.mask(photo.width, photo.height)
    return mask


def edited(photo: Photo, edits: Edits) -> Photo:
    """The photo with its edits: colour removed first, then parts covered, mirrored last.

    What covers a part is made from the whole photo as it is by then: a grey photo's mean colour is a grey.
    """
    frame, mask = photo.frame, covered(photo, edits)
    if "grey" in edits.whole:
        frame = (LUMA * frame).sum(0, keepdim=True).expand_as(frame)
    if mask.any():
        frame = torch.where(mask, FILLS[edits.fill](frame), frame)
    if "mirror" in edits.whole:
        frame = frame.flip(-1)
    return Photo(frame.contiguous(), photo.width, photo.height)
