"""Teachers answer views of every photo: `python -m carmodel.train.answers --teachers FILE … --data DIR …`.

All training photos, labelled or not, are seen in several views each, some of them mixed with a second photo.
What an ensemble of teachers (`carmodel.train.teacher`) says of them is written into a folder, a file a view
(`carmodel.train.soft_targets`). A run that was stopped goes on with the views that are missing, more may be
added later, and the processes of `torchrun`, or runs of the command with another `--part`, take turns.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from carmodel.train.data import Frames, training_pictures
from carmodel.train.distributed import Processes
from carmodel.train.options import fails_in_a_sentence, mixture_of, mixture_options, photo_options
from carmodel.train.sampling import sampling_weights
from carmodel.train.soft_targets import check_views, facts_of, view_file, write_view
from carmodel.train.teacher import BATCH, Ensemble
from carmodel.train.views import Style, Views, pictures, view_of


def view_to_answer(number: int, weights: Tensor, style: Style, seed: int) -> Views:
    """The view `number` of all photos; weights (n,) say how often each is the second one of a mixed view."""
    rows = np.arange(len(weights))
    dice = np.random.default_rng((seed, number))
    return view_of(rows, number, dice.choice(len(rows), len(rows), p=weights.numpy()), style, seed)


@torch.inference_mode()
def answers_to(
    teachers: Ensemble, frames: Frames, views: Views, style: Style, seed: int, device: torch.device
) -> Tensor:
    """What teachers say (n, 4) of views (n,), on the CPU."""
    starts = tqdm(range(0, len(views), BATCH), f"view {views.numbers[0]}", unit="batch", mininterval=1)
    parts = (
        pictures(frames, views[start : start + BATCH], teachers.size, style, seed, device) for start in starts
    )
    return torch.cat([teachers(x).cpu() for x in parts])


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = photo_options("train.answers", "Write what teachers say of many views of every photo.")
    parser.add_argument(
        "--teachers", type=Path, nargs="+", required=True, metavar="FILE", help="their checkpoints"
    )
    mixture_options(parser)
    parser.add_argument("--views", type=int, default=12, help="of each photo, in all (%(default)s)")
    parser.add_argument("--zoom-out", type=float, default=0.4, help="share of smaller photos (%(default)s)")
    parser.add_argument("--mixed", type=float, default=0.5, help="share of mixed views (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="decides the views (%(default)s)")
    parser.add_argument(
        "--part", type=int, nargs=2, default=(0, 1), metavar=("I", "N"), help="every Nth view, from view I on"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--device", type=torch.device, help="cpu, cuda or mps; the fastest by default")
    options = parser.parse_args(arguments)
    processes = Processes(options.device)
    try:
        frames = training_pictures(options.data, options.cache)
        weights = sampling_weights(frames.samples, frames.labels, mixture_of(options))
        teachers, style = Ensemble(options.teachers, processes.device), Style(options.zoom_out, options.mixed)
        facts = facts_of(frames, teachers.digests, options.seed, style, weights)
        check_views(options.out, facts)
        first, every = options.part
        numbers = range(first, options.views, every)[processes.rank :: processes.count]
        for number in numbers:
            if not view_file(options.out, number).exists():
                views = view_to_answer(number, weights, style, options.seed)
                logits = answers_to(teachers, frames, views, style, options.seed, processes.device)
                write_view(options.out, number, logits, views, facts)
    finally:
        processes.close()


if __name__ == "__main__":
    sys.exit(main())
