"""Tells photos of cars from other pictures: `python -m carmodel.measure.fit_ood --data DIR --others DIR …`.

Fits what `carmodel.ood` needs on training photos, chooses the threshold on validation photos and measures
how well it does. The other pictures are made as small as the photos first, so that only what they show can
tell the two apart. One half of each folder of them compares ways to score a picture, the other half judges.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from carmodel.measure.evaluate import by_source
from carmodel.measure.robustness import SHORT_SIDE, compressed
from carmodel.network import CHANNELS, SIZES, CarNet
from carmodel.ood import BLOCK, Detector, Spread, describe, save
from carmodel.photo import PhotoError, read_photo
from carmodel.sampling import area_means
from carmodel.train.data import DataError, Frames, load_frames, read_samples
from carmodel.train.options import fails_in_a_sentence, photo_options
from carmodel.weights import WEIGHTS, load_carnet

BATCH = 32
WAY = f"distance, block {BLOCK}"  # of candidate_scores: the one that is stored
FLAGGED = 0.02  # share of the validation photos above the threshold
QUALITY = 88  # of the JPEGs of the training photos, by their quantisation tables
RIDGE = 1e-3  # times the mean variance, added to each: channels that are never active have none
ALIKE = 0.03  # mean difference of two pictures' 10×10 block means, in [0, 1], below which they are the same


def descriptions(networks: Mapping[str, CarNet], pixels: np.ndarray) -> dict[str, list[Tensor]]:
    """For each network what it says about frames (n, 3, 300, 300) uint8: its logits, then block by block."""
    parts: dict[str, list[list[Tensor]]] = {name: [] for name in networks}
    with torch.inference_mode():
        for start in tqdm(
            range(0, len(pixels), BATCH), desc="describing photos", unit=" batches", leave=False
        ):
            frames = torch.from_numpy(pixels[start : start + BATCH].copy()).float().div(255)
            for name, network in networks.items():
                x = area_means(frames, network.size).contiguous(memory_format=torch.channels_last)
                logits, blocks = describe(network, x)
                parts[name].append([logits, *blocks])
    return {name: [torch.cat(rows) for rows in zip(*batches, strict=True)] for name, batches in parts.items()}


def spread(descriptions: Tensor) -> Spread:
    """The mean of descriptions (n, d) of training photos, and what whitens them: inverse Cholesky factor."""
    rows = descriptions.double()
    covariance = rows.T.cov(correction=0)
    covariance += RIDGE * covariance.diag().mean() * torch.eye(len(covariance))
    whitening = torch.linalg.inv(torch.linalg.cholesky(covariance)).T
    return Spread(rows.mean(dim=0).half().float(), whitening.half().float())


def candidate_scores(
    spreads: Mapping[str, Sequence[Spread]], described: Mapping[str, Sequence[Tensor]]
) -> dict[str, Tensor]:
    """Ways to score pictures (n,), higher for stranger ones, from `descriptions`."""
    logits = torch.stack([rows[0] for rows in described.values()])  # (networks, n, 4)
    scores = {
        "largest logit": -logits.amax(dim=2).mean(dim=0),
        "energy": -logits.logsumexp(dim=2).mean(dim=0),
    }
    for block in range(1, len(CHANNELS) + 1):
        distances = [spreads[name][block - 1].distance(rows[block]) for name, rows in described.items()]
        scores[f"distance, block {block}"] = torch.stack(distances).mean(dim=0)
    return scores


def auroc(cars: Tensor, others: Tensor) -> float:
    """Area under the ROC curve: how often one of `others` (m,) scores above one of `cars` (n,).

    Equal scores count half.
    """
    above, below = others[:, None] > cars, others[:, None] < cars
    return float((above.double() - below.double()).mean() / 2 + 0.5)


def other_pictures(folder: Path) -> Tensor:
    """Frames (n, 3, 300, 300) uint8 of the pictures in a folder, in the order of their paths.

    They are shrunk to JPEGs like those of the training photos before. Links, files that are no readable
    picture and pictures that resemble an earlier one are left out. Raises DataError if no two are left.
    """
    frames: list[Tensor] = []
    coarse: list[Tensor] = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        try:
            photo = read_photo(path)
        except PhotoError:
            continue
        view = F.avg_pool2d(photo.frame, 30)  # (3, 10, 10)
        if any((view - other).abs().mean() < ALIKE for other in coarse):
            continue
        scale = min(1, SHORT_SIDE / min(photo.width, photo.height))
        size = (round(photo.width * scale), round(photo.height * scale))
        frames.append(compressed(photo.frame.mul(255).round().byte()[None], QUALITY, size))
        coarse.append(view)
    if len(frames) < 2:
        raise DataError(f"{folder} needs at least two pictures that can be read and are not the same.")
    return torch.cat(frames)


def measure(
    cars: Mapping[str, Tensor], others: Mapping[str, Tensor], threshold: float
) -> dict[str, dict[str, Any]]:
    """How well scores (n,) of cars by photo source and of other pictures by folder are told apart, for JSON.

    `flagged` is the share above the threshold; "all" are the pictures of all folders.
    """

    def row(scores: Tensor) -> dict[str, Any]:
        return {"n": len(scores), "flagged": float((scores > threshold).double().mean())}

    every = {**others, "all": torch.cat([*others.values()])}
    return {
        "cars": {source: row(scores) for source, scores in cars.items()},
        "others": {
            folder: {**row(scores), "auroc": {source: auroc(own, scores) for source, own in cars.items()}}
            for folder, scores in every.items()
        },
    }


def fit(
    networks: Mapping[str, CarNet],
    training: Frames,
    validation: Frames,
    measured: Frames,
    pictures: Mapping[str, np.ndarray],
) -> tuple[Detector, dict[str, Any]]:
    """The detector, and how well it tells `measured` photos from the `pictures` of each folder, for JSON."""
    learnt = descriptions(networks, training.pixels)
    spreads = {name: [spread(rows) for rows in blocks] for name, (_, *blocks) in learnt.items()}

    def scored(pixels: np.ndarray) -> dict[str, Tensor]:
        return candidate_scores(spreads, descriptions(networks, pixels))

    # What is alike lies side by side in a folder, so that halves by order share little.
    compared = {folder: scored(frames[: len(frames) // 2]) for folder, frames in pictures.items()}
    judged = {folder: scored(frames[len(frames) // 2 :])[WAY] for folder, frames in pictures.items()}
    chosen_by, cars = scored(validation.pixels), scored(measured.pixels)[WAY]
    threshold = float(chosen_by[WAY].quantile(1 - FLAGGED))
    comparison = {
        way: auroc(scores, torch.cat([rows[way] for rows in compared.values()]))
        for way, scores in chosen_by.items()
    }
    cars_by_source = {source: cars[chosen] for source, chosen in by_source(measured).items()}
    detector = Detector({name: blocks[BLOCK - 1] for name, blocks in spreads.items()}, threshold)
    return detector, {
        "comparison on validation photos": comparison,
        **measure(cars_by_source, judged, threshold),
    }


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = photo_options("measure.fit_ood", __doc__.split("\n")[0])
    parser.add_argument(
        "--others", type=Path, nargs="+", required=True, help="folders of pictures that show no car"
    )
    parser.add_argument("--split", default="val", help="the cars of the final figures (%(default)s)")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the networks")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder for the result")
    options = parser.parse_args(arguments)
    loaded = {str(size): load_carnet(f"final-{size}", options.weights) for size in SIZES}
    training, validation, measured = (
        load_frames(read_samples(options.data, [split]), options.cache)
        for split in ("train", "val", options.split)
    )
    pictures = {folder.name: other_pictures(folder).numpy() for folder in options.others}
    if len(pictures) < len(options.others):
        raise DataError("The folders of other pictures need different names.")
    networks = {name: network for name, (network, _) in loaded.items()}
    detector, results = fit(networks, training, validation, measured, pictures)
    results = {"split": options.split, **results}
    save(detector, {name: card for name, (_, card) in loaded.items()}, results, options.out)
    print(json.dumps({"threshold": detector.threshold, **results}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
