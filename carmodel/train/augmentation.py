"""Frames -> augmented training pictures, the same for everyone who knows the seed.

What a picture shows is drawn before its size matters, so the teacher (`carmodel.train.teacher`) and both
networks can look at one and the same view of a photo, each at its own size: what distillation needs, as
Beyer et al. 2022 found (Knowledge distillation: a good teacher is patient and consistent).
"""

from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from carmodel.train.data import Frames
from carmodel.vision import v2


class ZoomOut(v2.Transform):
    """Continues a picture's edges outwards by up to a half of its sides, so that what it shows gets smaller.

    Labelled photos are cropped close to the car; those that people upload are not.
    """

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = v2.functional.get_size(flat_inputs[0])
        left, top, right, bottom = torch.rand(4).mul(torch.tensor([width, height] * 2) / 2).int().tolist()
        return {"padding": [left, top, right, bottom]}

    def transform(self, inpt: Tensor, params: dict[str, Any]) -> Tensor:
        return v2.functional.pad(inpt, params["padding"], padding_mode="edge")


def augmentation(size: int, zoom_out: float) -> v2.Compose:
    """uint8 frame (3, 300, 300) -> augmented float picture (3, size, size) in [0, 1].

    zoom_out is the probability of ZoomOut.
    """
    return v2.Compose(
        [
            v2.RandomApply([ZoomOut()], zoom_out),
            v2.RandomResizedCrop(
                size, scale=(0.6, 1.0), ratio=(0.8, 1.25), interpolation=v2.InterpolationMode.BICUBIC
            ),
            v2.RandomHorizontalFlip(),
            v2.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4),
            v2.RandomGrayscale(0.1),
            v2.ToDtype(torch.float32, scale=True),
        ]
    )


class TrainingPictures(Dataset[tuple[Tensor, int]]):
    """Augmented pictures of one epoch: what photo `i` becomes depends on (seed, epoch, i) alone.

    So a run that was killed continues with exactly the pictures it would have seen, whatever the number of
    workers or processes. A random rectangle of every other picture is hidden. With `views`, a photo has only
    so many views, which return in turn, mirrored or not, with something else hidden; `bare` pictures are the
    views themselves.
    """

    def __init__(
        self,
        frames: Frames,
        size: int,
        seed: int,
        epoch: int,
        zoom_out: float = 0.0,
        views: int = 0,
        bare: bool = False,
    ) -> None:
        self.frames = frames
        self.labels = frames.labels
        self.augment = augmentation(size, zoom_out)
        erasing = v2.RandomErasing(p=0.5, scale=(0.02, 0.2))
        mirrored = v2.Compose([v2.RandomHorizontalFlip(), erasing])
        self.vary = v2.Identity() if bare else mirrored if views else erasing
        self.seed = seed
        self.epoch = epoch
        self.view = epoch % views if views else None

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        frame = torch.from_numpy(self.frames.pixels[index].copy())
        with torch.random.fork_rng(devices=[]):
            first = self.epoch if self.view is None else self.view
            torch.manual_seed(hash((self.seed, first, index)) & 0x7FFFFFFF)
            picture = self.augment(frame)
            if self.view is not None:
                torch.manual_seed(hash((self.seed, self.epoch, index, 1)) & 0x7FFFFFFF)
            return self.vary(picture), index
