"""Pictures of 160 px -> views of them, the same for everyone who knows the seed, whatever the size.

A view shows a part of a photo, or the photo smaller with its edges continued; mirrored or not, turned a
little, seen from another side, in other colours, with something hidden; and it may be mixed with a view of
a second photo (MixUp, Zhang et al. 2018). All that is drawn before a size matters, so a teacher and both
networks can look at one and the same view: what Beyer et al. 2022 ("Knowledge distillation: a good teacher is
patient and consistent", FunMatch) found distillation to need.

What a view of photo i shows depends on (seed, number of the view, i) alone, so it does not matter which
pictures come together, in which process, or what came before. The transforms of torchvision draw and resample
one picture at a time; here one resampling does all of the geometry of a batch.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from carmodel.train.data import Frames

FINE = 120  # px: a smaller view is made twice as large, to skip no pixel, and halved by 2×2 means
DRAWS = 28  # random numbers of a view
AREA = (0.45, 1.0)  # of the photo that a view shows
ASPECT = 0.25  # of what it shows, as a logarithm
ZOOM = 0.8  # a photo is shown up to 1.8 times smaller
TURN = 0.12  # radians
SLANT = 0.15  # change of scale from one edge to the centre
TURNED, SLANTED, GREY = 0.5, 0.3, 0.1  # probabilities
COLOUR, TINT = 0.4, 0.1  # by how much brightness, contrast and saturation, and single channels, vary
HIDDEN = (0.15, 0.45)  # sides of what is hidden
MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Style:
    """How views differ: the probabilities of being shown smaller, mixed, or partly hidden."""

    zoom_out: float = 0.3
    mixed: float = 0.0
    hidden: float = 0.0


@dataclass(frozen=True, eq=False)
class Views:
    """Views to make: for each (n,) its photo's row, its number, the second photo's row and the first's share.

    `seconds` is −1, and `shares` 1, for a view that is not mixed.
    """

    rows: np.ndarray
    numbers: np.ndarray
    seconds: np.ndarray
    shares: np.ndarray

    def __getitem__(self, part: slice) -> "Views":
        return Views(self.rows[part], self.numbers[part], self.seconds[part], self.shares[part])

    def __len__(self) -> int:
        return len(self.rows)


def view_of(rows: np.ndarray, number: int, partners: np.ndarray, style: Style, seed: int) -> Views:
    """The view `number` of the photos `rows` (n,), some of them mixed with `partners` (n,).

    The first photo's share follows Beta(½, ½), whose quantiles are sin²(πu / 2).
    """
    chance, quantile = _uniforms(seed, np.full(len(rows), number), rows, 2 * DRAWS + 2).T[-2:].numpy()
    mixed = (chance < style.mixed) & (partners != rows)
    shares = np.where(mixed, np.sin(np.pi / 2 * quantile) ** 2, 1.0).astype(np.float32)
    return Views(rows, np.full(len(rows), number), np.where(mixed, partners, -1), shares)


def pictures(
    frames: Frames, views: Views, size: int, style: Style, seed: int, device: torch.device | str = "cpu"
) -> Tensor:
    """The views as pictures (n, 3, size, size) in [0, 1]."""
    draws = _uniforms(seed, views.numbers, views.rows, 2 * DRAWS).to(device)
    x = _pictures(_photos(frames, views.rows, device), draws[:, :DRAWS], size, style)
    mixed = views.seconds >= 0
    if mixed.any():
        chosen = torch.from_numpy(mixed).to(device)
        second = _pictures(_photos(frames, views.seconds[mixed], device), draws[chosen, DRAWS:], size, style)
        share = torch.from_numpy(views.shares[mixed]).to(device).view(-1, 1, 1, 1)
        x[chosen] = share * x[chosen] + (1 - share) * second
    return x.contiguous(memory_format=torch.channels_last)


def _photos(frames: Frames, rows: np.ndarray, device: torch.device | str) -> Tensor:
    return torch.from_numpy(frames.pixels[rows]).to(device).float().div_(255)


def _uniforms(seed: int, numbers: np.ndarray, rows: np.ndarray, count: int) -> Tensor:
    """Random numbers (n, count) in [0, 1), each from (seed, view, row, its place) alone.

    The counter-based SplitMix64 of Steele et al. 2014: a generator with a state would have to run through all
    photos for the numbers of one.
    """
    state = _mixed_bits(np.full(len(rows), seed & MASK, dtype=np.uint64))
    for key in (numbers, rows):
        state = _mixed_bits(state ^ key.astype(np.uint64))
    places = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return torch.from_numpy(
        (_mixed_bits(state[:, None] + places) >> np.uint64(40)).astype(np.float32) / 2**24
    )


def _mixed_bits(x: np.ndarray) -> np.ndarray:
    x = (x + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _pictures(x: Tensor, draws: Tensor, size: int, style: Style) -> Tensor:
    """Photos (n, 3, 160, 160) in [0, 1] and random numbers (n, DRAWS) -> pictures (n, 3, size, size)."""
    fine = size if size >= FINE else 2 * size
    u = draws.T[..., None, None, None]  # (DRAWS, n, 1, 1, 1)
    x = F.grid_sample(x, _grid(draws, fine, style), padding_mode="border", align_corners=False)
    x = F.avg_pool2d(x, fine // size)
    x = _coloured(x, u[12:19])
    return _partly_hidden(x, u[20:25], style)


def _grid(draws: Tensor, size: int, style: Style) -> Tensor:
    """Where each pixel of a view lies in its photo, (n, size, size, 2) in [−1, 1]."""
    area, aspect, out, zoom, across, down, flip, turned, angle, slanted, *slant = draws.T[:12]
    shape = ((2 * aspect - 1) * ASPECT).exp()
    area = AREA[0] + (AREA[1] - AREA[0]) * area
    smaller = out < style.zoom_out
    width = torch.where(smaller, (1 + ZOOM * zoom) * shape.sqrt(), (area * shape).sqrt().clamp(max=1))
    height = torch.where(smaller, (1 + ZOOM * zoom) / shape.sqrt(), (area / shape).sqrt().clamp(max=1))
    mirror = torch.where(flip < 0.5, -1.0, 1.0)
    angle = (2 * angle - 1) * TURN * (turned < TURNED)
    maps = torch.zeros(
        len(draws), 3, 3, device=draws.device
    )  # view's place (x, y, 1) -> photo's, homogeneous
    maps[:, 0, 0], maps[:, 0, 1] = width * mirror * angle.cos(), -width * angle.sin()
    maps[:, 1, 0], maps[:, 1, 1] = height * mirror * angle.sin(), height * angle.cos()
    maps[:, 0, 2] = (2 * across - 1) * (1 - width).abs()
    maps[:, 1, 2] = (2 * down - 1) * (1 - height).abs()
    maps[:, 2, :2] = (2 * torch.stack(slant, dim=1) - 1) * SLANT * (slanted < SLANTED)[:, None]
    maps[:, 2, 2] = 1
    line = (torch.arange(size, device=draws.device) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    places = torch.stack([x, y, torch.ones_like(x)], dim=-1).reshape(-1, 3)
    mapped = places @ maps.transpose(1, 2)  # (n, size², 3)
    return (mapped[..., :2] / mapped[..., 2:]).reshape(-1, size, size, 2)


def _coloured(x: Tensor, u: Tensor) -> Tensor:
    """Pictures in other light: brightness, contrast, saturation, grey now and then, and a tint."""
    brightness, contrast, saturation, grey, *tint = u
    x = x * _around_one(brightness, COLOUR)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (x - mean) * _around_one(contrast, COLOUR) + mean
    light = x.mean(dim=1, keepdim=True)
    x = (x - light) * torch.where(grey < GREY, 0.0, _around_one(saturation, COLOUR)) + light
    return (x * _around_one(torch.cat(tint, dim=1), TINT)).clamp(0, 1)


def _around_one(u: Tensor, most: float) -> Tensor:
    return 1 + (2 * u - 1) * most


def _partly_hidden(x: Tensor, u: Tensor, style: Style) -> Tensor:
    """Some pictures with a grey rectangle (Zhong et al. 2020, "Random erasing")."""
    if not style.hidden:
        return x
    chance, *sides, down, across = u[..., 0]  # (n, 1, 1) each
    height, width = (HIDDEN[0] + (HIDDEN[1] - HIDDEN[0]) * side for side in sides)
    line = (torch.arange(x.shape[-1], device=x.device) + 0.5) / x.shape[-1]
    beside = (line - across * (1 - width) - width / 2).abs() > width / 2  # (n, 1, size)
    above = (line[:, None] - down * (1 - height) - height / 2).abs() > height / 2  # (n, size, 1)
    seen = beside | above | (chance >= style.hidden)
    return torch.where(seen[:, None], x, 0.5)
