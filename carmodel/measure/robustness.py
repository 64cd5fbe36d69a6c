"""What disturbances cost: `python -m carmodel.measure.robustness --data DIR --split val`.

Dealers' banners and frames fill the borders of many photos, unevenly between the classes, so a network may
have learnt the dealer instead of the car. Its accuracy is measured again with the border of every photo
replaced, by that of a photo of another class or by nothing that tells a class, and after the changes that a
photo meets on its way: mirroring, strong compression, another exposure.
"""

import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor
from tqdm import tqdm

from carmodel.ensemble import Ensembles
from carmodel.files import write_whole
from carmodel.frame import FRAME
from carmodel.measure.evaluate import (
    accuracy_by_source,
    by_source,
    ensemble_probabilities,
    logits_of,
    subjects,
)
from carmodel.measure.references import BORDER
from carmodel.network import Network
from carmodel.train.data import Frames
from carmodel.train.options import fails_in_a_sentence, photo_options
from carmodel.vision import v2
from carmodel.weights import WEIGHTS

CHUNK = 64  # frames in memory at once, 17 MB
GREY = 128
BLUR = 12  # px, standard deviation of the Gaussian: a banner's letters are gone, its colours stay
SHORT_SIDE = 144  # px, the training photos' short side


def with_border(frames: Tensor, borders: Tensor) -> Tensor:
    """`frames` (n, 3, 300, 300) whose outer 36 px on each side, 12 %, are those of `borders`."""
    joined = borders.clone()
    middle = slice(BORDER, FRAME - BORDER)
    joined[..., middle, middle] = frames[..., middle, middle]
    return joined


def blurred(frames: Tensor) -> Tensor:
    """`frames` (n, 3, 300, 300) uint8 through Pillow's Gaussian blur."""
    return _each(frames, lambda image: image.filter(ImageFilter.GaussianBlur(BLUR)))


def compressed(frames: Tensor, quality: int, size: tuple[int, int] = (SHORT_SIDE, SHORT_SIDE)) -> Tensor:
    """`frames` (n, 3, 300, 300) uint8 as JPEGs of `size` (width, height) in px, enlarged again.

    The size is by default about that of the training photos. Their frames are enlargements, in which a JPEG
    of 300 px would find nothing fine to lose.
    """

    def through_jpeg(image: Image.Image) -> Image.Image:
        file = io.BytesIO()
        image.resize(size, Image.Resampling.BICUBIC).save(file, "JPEG", quality=quality)
        return Image.open(file).resize((FRAME, FRAME), Image.Resampling.BICUBIC)

    return _each(frames, through_jpeg)


def brightened(frames: Tensor, factor: float) -> Tensor:
    """`frames` uint8 with every value times `factor`, at most white."""
    return (frames * factor).round().clamp(max=255).to(torch.uint8)


def smaller(frames: Tensor, share: float) -> Tensor:
    """`frames` (n, 3, 300, 300) uint8 shown at `share` of their sides, their edges continued outwards."""
    margin = round((1 / share - 1) / 2 * FRAME)
    wide = v2.functional.pad(frames, [margin] * 4, padding_mode="edge")
    return v2.functional.resize(wide, [FRAME, FRAME], v2.InterpolationMode.BICUBIC)


def _each(frames: Tensor, change: Callable[[Image.Image], Image.Image]) -> Tensor:
    images = (change(Image.fromarray(frame.permute(1, 2, 0).numpy())) for frame in frames)
    return torch.stack([torch.from_numpy(np.array(image)).permute(2, 0, 1) for image in images])


# Name -> what it makes of frames (n, 3, 300, 300) uint8 and, for each of them, a photo of another class.
CLEAN = "as they are"
DISTURBANCES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    CLEAN: lambda frames, others: frames,
    "border of another photo": with_border,
    "grey border": lambda frames, others: with_border(frames, torch.full_like(frames, GREY)),
    "blurred border": lambda frames, others: with_border(frames, blurred(frames)),
    "at two thirds of its size": lambda frames, others: smaller(frames, 2 / 3),
    "mirrored": lambda frames, others: frames.flip(-1),
    "JPEG quality 30": lambda frames, others: compressed(frames, 30),
    "brightness × 0.8": lambda frames, others: brightened(frames, 0.8),
    "brightness × 1.2": lambda frames, others: brightened(frames, 1.2),
}


def partners(labels: Tensor, sources: Sequence[str], seed: int = 1) -> Tensor:
    """For each photo (n,) the index of one drawn from those of the same source and another class.

    A photo whose source has one class only is its own partner.
    """
    generator = torch.Generator().manual_seed(seed)
    names, chosen = np.array(sources), torch.arange(len(labels))
    for photo, (label, source) in enumerate(zip(labels, sources, strict=True)):
        others = ((labels != label) & torch.from_numpy(names == source)).nonzero()[:, 0]
        if len(others):
            chosen[photo] = others[torch.randint(len(others), (), generator=generator)]
    return chosen


def disturbed_logits(networks: Mapping[str, Network], frames: Frames) -> dict[str, dict[str, Tensor]]:
    """Disturbance -> name of the network -> logits (n, 4) of all frames."""
    pairs = partners(frames.labels, [sample.source for sample in frames.samples])
    parts: dict[str, dict[str, list[Tensor]]] = {
        disturbance: {name: [] for name in networks} for disturbance in DISTURBANCES
    }
    bar = tqdm(torch.arange(len(pairs)).split(CHUNK), desc="disturbing photos", unit=" chunks")
    for chunk in bar:
        photos, others = (torch.from_numpy(frames.pixels[rows.numpy()]) for rows in (chunk, pairs[chunk]))
        for disturbance, disturb in DISTURBANCES.items():
            pixels = disturb(photos, others).numpy()
            for name, network in networks.items():
                parts[disturbance][name].append(logits_of(network, pixels))
    return {
        disturbance: {name: torch.cat(rows) for name, rows in row.items()}
        for disturbance, row in parts.items()
    }


def robustness(
    frames: Frames, logits: Mapping[str, Mapping[str, Tensor]], ensembles: Ensembles
) -> dict[str, Any]:
    """The report, ready for JSON, of logits (n, 4) by disturbance and name of the network.

    For each classifier and photo source: the number of photos and, by disturbance, the accuracy in [0, 1]
    and its change in points.
    """
    groups: dict[str, Mapping[str, Mapping[str, Tensor]]] = {"networks": logits}
    if ensembles.names:
        groups["ensembles"] = {
            disturbance: ensemble_probabilities(rows, ensembles) for disturbance, rows in logits.items()
        }
    return {
        group: {
            name: _changes({disturbance: row[name] for disturbance, row in rows.items()}, frames)
            for name in rows[CLEAN]
        }
        for group, rows in groups.items()
    }


def _changes(rows: Mapping[str, Tensor], frames: Frames) -> dict[str, Any]:
    """The report of one classifier from its logits or probabilities (n, 4) by disturbance."""
    accuracies = {disturbance: accuracy_by_source(values, frames) for disturbance, values in rows.items()}
    return {
        source: {
            "n": int(chosen.sum()),
            "accuracy": {disturbance: row[source] for disturbance, row in accuracies.items()},
            "change": {
                disturbance: 100 * (row[source] - accuracies[CLEAN][source])
                for disturbance, row in accuracies.items()
                if disturbance != CLEAN
            },
        }
        for source, chosen in by_source(frames).items()
    }


def as_text(report: Mapping[str, Any]) -> str:
    """The report as one table for each photo source: accuracy and, for disturbances, its change in points."""
    classifiers = {**report["networks"], **report.get("ensembles", {})}
    lines = []
    for source, first in next(iter(classifiers.values())).items():
        title = f"{source}, {first['n']} photos"
        lines.append(f"{title:26}" + "".join(f"{name:>16}" for name in classifiers))
        for disturbance in DISTURBANCES:
            cells = "".join(
                f"{sources[source]['accuracy'][disturbance]:>8.1%}"
                + (f"{sources[source]['change'][disturbance]:>+8.1f}" if disturbance != CLEAN else " " * 8)
                for sources in classifiers.values()
            )
            lines.append(f"{disturbance:26}{cells}".rstrip())
        lines.append("")
    return "\n".join(lines[:-1])


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = photo_options("measure.robustness", __doc__.split("\n")[0])
    parser.add_argument("--split", default="val", help="name of the split (%(default)s)")
    parser.add_argument("--out", type=Path, help="JSON file to write as well")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the networks")
    options = parser.parse_args(arguments)
    subject = subjects(options.weights, options.data, options.split, options.cache)
    logits = disturbed_logits(subject.networks, subject.frames)
    report = {"split": options.split, **robustness(subject.frames, logits, subject.ensembles)}
    if options.out:
        write_whole(options.out, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    print(as_text(report))


if __name__ == "__main__":
    sys.exit(main())
