"""Short runs at several rates: `python -m carmodel.measure.lr_search --data DIR --size 75 --baseline`.

The rate with the best validation accuracy is the one to train with; the runs are kept in
`weights/learning-rates.json` for whoever wants to see why.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from carmodel.card import read_table
from carmodel.files import write_whole
from carmodel.network import SIZES
from carmodel.train.command import train
from carmodel.train.data import RUNS, training_frames
from carmodel.train.options import fails_in_a_sentence, mixture_options, photo_options
from carmodel.train.recipe import Recipe, baseline, recipe_of, recipe_options
from carmodel.weights import LEARNING_RATES, WEIGHTS, load

PLAIN = Recipe("final", 75, epochs=3, warm_up=50, zoom_out=0.0)


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = photo_options("measure.lr_search", "Compare learning rates in short runs.")
    parser.add_argument("--size", type=int, choices=SIZES, required=True, help="of the network, in pixels")
    parser.add_argument("--baseline", action="store_true", help="without batch normalisation")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.0003, 0.001, 0.003], help="peak rates")
    mixture_options(parser)
    recipe_options(parser, PLAIN, without=("learning_rate", "taught_share", "teacher_temperature"))
    parser.add_argument("--start", type=Path, help="folder with the network of this name to continue from")
    parser.add_argument("--runs", type=Path, default=RUNS / "rates", help="folder for checkpoints")
    parser.add_argument(
        "--out", type=Path, default=WEIGHTS / LEARNING_RATES, help="file to add to (%(default)s)"
    )
    options = parser.parse_args(arguments)
    training, validation = training_frames(options.data, options.cache)
    plain = recipe_of(options, replace(PLAIN, size=options.size))
    plain = baseline(plain) if options.baseline else plain
    name = plain.name
    start = load(name, options.start) if options.start else None
    table = read_table(options.out) if options.out.exists() else {}  # before hours of work, not after
    rows = []
    for rate in options.rates:
        recipe = replace(plain, learning_rate=rate, start=start[1].sha256 if start else "")
        with TemporaryDirectory() as folder:
            checkpoint = options.runs / f"{name}-{rate}.pt"
            written = train(recipe, training, validation, checkpoint, Path(folder), start=start)
            card = json.loads(written.with_suffix(".json").read_text())
        rows.append({"rate": rate, "history": card["training"]["history"]})
        print(json.dumps({"rate": rate} | rows[-1]["history"][-1]["validation"]))
    write_whole(options.out, json.dumps(table | {name: rows}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
