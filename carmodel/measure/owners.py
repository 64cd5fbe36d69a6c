"""Priority's owners: `python -m carmodel.measure.owners --data DIR` chooses them on validation photos.

Each class is owned by one of the networks. With four classes there are 16 ways to share them out; the one
with which Priority is right most often is stored in weights/ensemble.json, beside the published one.
"""

import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from carmodel.ensemble import PUBLISHED_OWNERS, priority
from carmodel.files import write_whole
from carmodel.measure.evaluate import logits_of
from carmodel.network import CLASSES, SIZES
from carmodel.train.data import load_frames, read_samples
from carmodel.train.options import fails_in_a_sentence, photo_options
from carmodel.weights import ENSEMBLE, WEIGHTS, load


def count_right(logits_75: Tensor, logits_100: Tensor, labels: Tensor) -> dict[tuple[int, ...], int]:
    """Owners in the order of CLASSES -> how many of the photos (n,) Priority then gets right."""
    pairs = (dict(zip(SIZES, pair, strict=True)) for pair in zip(logits_75, logits_100, strict=True))
    photos = list(zip(pairs, labels.tolist(), strict=True))
    counts = {}
    for owners in itertools.product(SIZES, repeat=len(CLASSES)):
        rule = dict(zip(CLASSES, owners, strict=True))
        counts[owners] = sum(priority(logits, rule).verdict == CLASSES[label] for logits, label in photos)
    return counts


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = photo_options("measure.owners", __doc__.split("\n")[0])
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS, help="folder of the networks and of the result"
    )
    options = parser.parse_args(arguments)
    networks = [load(f"final-{size}", options.weights)[0] for size in SIZES]
    frames = load_frames(read_samples(options.data, ["val"]), options.cache)
    small, large = (logits_of(network, frames.pixels) for network in networks)
    counts = count_right(small, large, frames.labels)
    # Among equals the published owners win if they are there, else the first: the choice is reproducible.
    published = tuple(PUBLISHED_OWNERS[name] for name in CLASSES)
    best = max(counts, key=lambda owners: (counts[owners], owners == published))
    table = {
        "owners": dict(zip(CLASSES, best, strict=True)),
        "published_owners": PUBLISHED_OWNERS,
        "validation": {
            "photos": len(frames.labels),
            "right": counts[best],
            "right_published": counts[published],
        },
    }
    write_whole(options.weights / ENSEMBLE, json.dumps(table, indent=2) + "\n")
    print(json.dumps(table, indent=2))


if __name__ == "__main__":
    sys.exit(main())
