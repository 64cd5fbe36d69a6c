"""What a photo is compared with: the references that can be chosen, made from the photo itself.

They are made on the frame, so that all networks share them. The same pictures fill what is covered when maps
are tested.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

BLUR = 20.0  # standard deviation in pixels of the 300 px frame: wheels, lamps and windows vanish


@dataclass(frozen=True)
class Reference:
    """A picture to compare a photo with."""

    name: str  # in files, links, answers and on the command line
    title: str  # of a choice
    phrase: str  # in a sentence: "compared with …"
    frame_of: Callable[[Tensor], Tensor] = field(repr=False)  # photo (3, 300, 300) -> picture of that shape


def _blur(frame: Tensor) -> Tensor:
    """A Gaussian, mirrored at the edges, as torchvision has it, whose import takes a second and 90 MB."""
    side, reach = frame.shape[-1], round(3 * BLUR)
    offsets = torch.arange(-reach, reach + 1)
    weights = torch.softmax(-0.5 * (offsets / BLUR) ** 2, 0)
    sources = (torch.arange(side)[:, None] + offsets).abs()
    sources = side - 1 - (side - 1 - sources).abs()
    rows = torch.zeros(side, side).scatter_add_(1, sources, weights.expand(side, -1))
    return rows @ frame @ rows.T  # a Gaussian is separable


def _mean_colour(frame: Tensor) -> Tensor:
    return frame.mean(dim=(1, 2), keepdim=True).expand_as(frame)


REFERENCES: dict[str, Reference] = {
    reference.name: reference
    for reference in (
        Reference("blur", "Blurred photo", "the blurred photo", _blur),
        Reference("mean", "Mean colour", "the photo’s mean colour", _mean_colour),
        Reference("black", "Black", "a black picture", torch.zeros_like),
    )
}


def reference_frame(name: str, frame: Tensor, role: str = "reference") -> Tensor:
    """The picture of this name for a photo (3, 300, 300). Raises ValueError where there is none."""
    if name not in REFERENCES:
        raise ValueError(f"There is no {role} {name!r}; the {role}s are {', '.join(REFERENCES)}.")
    return REFERENCES[name].frame_of(frame)


TRAINING_FRAMES = "training frames"  # not made from the photo: those that come with the weights


def phrase_of(name: str) -> str:
    """What a map of any method compares with, in words."""
    if name == TRAINING_FRAMES:
        return "frames of the training photos"
    return REFERENCES[name].phrase if name in REFERENCES else name
