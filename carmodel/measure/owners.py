"""The ensembles' rules: `python -m carmodel.measure.owners --data DIR` chooses them on validation photos.

For Priority each class is owned by one of two networks. With four classes there are 16 ways to share them
out; the one with which it is right most often is stored in weights/ensemble.json, beside the published one.
Average is of the same two networks, and of those others of their kind with which it is right more often.
"""

import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from carmodel.ensemble import PUBLISHED_OWNERS, priority
from carmodel.files import write_whole
from carmodel.measure.evaluate import logits_of
from carmodel.network import CLASSES, SIZES
from carmodel.train.data import load_frames, read_samples
from carmodel.train.options import fails_in_a_sentence, photo_options
from carmodel.weights import ENSEMBLE, WEIGHTS, kinds, load


def count_right(logits_75: Tensor, logits_100: Tensor, labels: Tensor) -> dict[tuple[int, ...], int]:
    """Owners in the order of CLASSES -> how many of the photos (n,) Priority then gets right."""
    pairs = (dict(zip(SIZES, pair, strict=True)) for pair in zip(logits_75, logits_100, strict=True))
    photos = list(zip(pairs, labels.tolist(), strict=True))
    counts = {}
    for owners in itertools.product(SIZES, repeat=len(CLASSES)):
        rule = dict(zip(CLASSES, owners, strict=True))
        counts[owners] = sum(priority(logits, rule).verdict == CLASSES[label] for logits, label in photos)
    return counts


def averages(logits: Mapping[int, Tensor], labels: Tensor) -> list[dict[str, Any]]:
    """For JSON: how well each Average does on photos (n,), from the logits (n, 4) of networks by size.

    One of Priority's two networks alone, then of each set of others with them: "sizes", how many photos it
    gets "right", and its mean cross-entropy, "loss".
    """
    others = [size for size in logits if size not in SIZES]
    rows = []
    for count in range(len(others) + 1):
        for more in itertools.combinations(others, count):
            sizes = sorted((*SIZES, *more))
            mean = torch.stack([logits[size] for size in sizes]).mean(dim=0)
            right = int((mean.argmax(dim=1) == labels).sum())
            loss = round(float(F.cross_entropy(mean, labels)), 4)
            rows.append({"sizes": sizes, "right": right, "loss": loss})
    return rows


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = photo_options("measure.owners", __doc__.split("\n")[0])
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS, help="folder of the networks and of the result"
    )
    options = parser.parse_args(arguments)
    names = [f"final-{size}" for size in SIZES]
    names += [name for name in kinds(options.weights).get("final", ()) if name not in names]
    networks = [load(name, options.weights)[0] for name in names]
    frames = load_frames(read_samples(options.data, ["val"]), options.cache)
    logits = {network.size: logits_of(network, frames.pixels) for network in networks}
    small, large = (logits[size] for size in SIZES)
    counts = count_right(small, large, frames.labels)
    # Among equals the published owners win if they are there, else the first: the choice is reproducible.
    published = tuple(PUBLISHED_OWNERS[name] for name in CLASSES)
    best = max(counts, key=lambda owners: (counts[owners], owners == published))
    rows = averages(logits, frames.labels)
    table = {
        "owners": dict(zip(CLASSES, best, strict=True)),
        "published_owners": PUBLISHED_OWNERS,
        "average": max(rows, key=lambda row: (row["right"], -row["loss"]))["sizes"],
        "validation": {
            "photos": len(frames.labels),
            "right": counts[best],
            "right_published": counts[published],
            "average": rows,
        },
    }
    write_whole(options.weights / ENSEMBLE, json.dumps(table, indent=2) + "\n")
    print(json.dumps(table, indent=2))


if __name__ == "__main__":
    sys.exit(main())
