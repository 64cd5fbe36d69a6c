"""Train one of the four networks: `python -m carmodel.train --data DIR … --size 75`.

After every epoch, and every ten minutes, a checkpoint is written; the same command continues from it to the
same result. Several processes started by `torchrun` share each batch.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from carmodel.calibration import fit_temperature, fold_temperature
from carmodel.files import shown
from carmodel.measure.evaluate import accuracy_by_source, logits_of
from carmodel.network import CLASSES, SIZES, CarNet
from carmodel.train.data import RUNS, Frames, training_frames
from carmodel.train.distributed import Processes
from carmodel.train.initialise import initialise
from carmodel.train.options import fails_in_a_sentence, mixture_options, photo_options
from carmodel.train.recipe import Recipe, recipe_of, recipe_options
from carmodel.train.soft_targets import SoftTargets, read_soft_targets
from carmodel.train.training import Course, Run, learn
from carmodel.weights import WEIGHTS, Card, load_carnet, save


def finish(
    run: Run,
    course: Course,
    validation: Frames,
    folder: Path,
    before: Card | None = None,
    licence: str | None = None,
) -> Path:
    """Calibrate the best epoch's network on the validation photos and write it with its card.

    before is the card of the network that the run began with; its training is kept in the new card, and its
    licence unless there is another one.
    """
    network = CarNet(run.recipe.size, run.recipe.batchnorm)
    network.load_state_dict(run.best["state"])
    temperature = fit_temperature(run.best["logits"], validation.labels)
    fold_temperature(network, temperature)
    card = Card(
        name=run.recipe.name,
        size=run.recipe.size,
        batchnorm=run.recipe.batchnorm,
        classes=CLASSES,
        temperature=temperature,
        sha256="",
        data={
            "training photos": course.photos,
            "of them without a label": int(((course.labels < 0) & (course.weights > 0)).sum()),
            "validation photos": len(validation.samples),
            "unreadable": len(course.frames.unreadable) + len(validation.unreadable),
        },
        training={
            "recipe": asdict(run.recipe),
            "best epoch": run.best["epoch"],
            "hours": round(run.seconds / 3600, 3),
            "device": run.processes.device.type,
            "history": run.history,
        }
        | ({"before": before.training} if before else {}),
        results={"validation": accuracy_by_source(run.best["logits"], validation)},
        licence=(before.licence if before else "") if licence is None else licence,
    )
    return save(network, card, folder)


def train(
    recipe: Recipe,
    training: Frames,
    validation: Frames,
    checkpoint: Path,
    folder: Path = WEIGHTS,
    processes: Processes | None = None,
    start: tuple[CarNet, Card] | None = None,
    taught: SoftTargets | None = None,
    licence: str | None = None,
) -> Path:
    """Train by `recipe`, continuing from `checkpoint` if there is one; weights and card go to `folder`.

    start is the network that the first step begins with, if not with random weights, and its card; of a
    network of the other size only the convolutions are used. taught is what teachers say of the training
    photos, licence what the weights may be used for.
    """
    processes = processes or Processes()
    begun, before = start or (None, None)
    course = Course(recipe, training, training.labels, taught)
    first = course.views(0)  # before anything is written: too large a batch is said now
    torch.manual_seed(recipe.seed)
    network = _begun(recipe, begun)
    run = Run(recipe, network, course.photos, processes)
    if checkpoint.exists():
        run.resume(checkpoint)
    elif not recipe.batchnorm and not (begun and begun.size == recipe.size):
        # The same pictures in every process, so that all start with the same weights.
        x = course.pictures(first, processes.device)
        initialise(network, network.head if begun else network, x)
        run.average.module.load_state_dict(network.state_dict())
    learn(run, course, validation, partial(_answer, validation), checkpoint)
    if not processes.is_first:
        return folder
    return finish(run, course, validation, folder, before, licence)


def _begun(recipe: Recipe, start: CarNet | None) -> CarNet:
    """A network with random weights, or those of another one as far as it has the same."""
    network = CarNet(recipe.size, recipe.batchnorm)
    if start is not None:
        network.features.load_state_dict(start.features.state_dict())  # the same at every size
        if start.size == recipe.size:
            network.head.load_state_dict(start.head.state_dict())
    return network


def _answer(validation: Frames, network: nn.Module) -> Tensor:
    assert isinstance(network, CarNet)
    return logits_of(network, validation.pixels)


def _arguments() -> argparse.ArgumentParser:
    parser = photo_options("train", "Train one of the four networks.")
    parser.add_argument(
        "--size", type=int, choices=SIZES, required=True, help="pixels the network sees on a side"
    )
    parser.add_argument("--baseline", action="store_true", help="without batch normalisation")
    mixture_options(parser)
    recipe_options(parser, Recipe("final", 75))
    parser.add_argument(
        "--soft-targets", type=Path, metavar="DIR", help="teachers' answers, from carmodel.train.answers"
    )
    parser.add_argument(
        "--start", type=Path, metavar="DIR", help="folder with the network of this name to continue from"
    )
    parser.add_argument(
        "--trunk",
        type=Path,
        metavar="DIR",
        help="folder with the other size's network, whose convolutions to use",
    )
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder for the weights and their card")
    parser.add_argument(
        "--licence",
        metavar="TEXT",
        help="for the card: what the weights may be used for, given the terms of the photos "
        "(default: what the card of the network that it starts from says)",
    )
    parser.add_argument("--checkpoint", type=Path, help="file to continue from and write to (runs/NAME.pt)")
    parser.add_argument(
        "--device", type=torch.device, help="cpu, cuda or mps; the fastest present by default"
    )
    return parser


def _recipe(options: argparse.Namespace) -> Recipe:
    """What the options say. Networks without batch normalisation do not begin to learn by plain SGD."""
    kind, optimiser = ("baseline", "adamw") if options.baseline else ("final", "sgd")
    return recipe_of(options, Recipe(kind, options.size, optimiser=optimiser))


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    options = _arguments().parse_args(arguments)
    recipe = _recipe(options)
    processes = Processes(options.device)
    try:
        start = None
        if options.start or options.trunk:
            size = options.size if options.start else sum(SIZES) - options.size
            start = load_carnet(replace(recipe, size=size).name, options.start or options.trunk)
            recipe = replace(recipe, start=start[1].sha256)
        training, validation = training_frames(options.data, options.cache)
        for file, reason in training.unreadable + validation.unreadable:
            print(f"left out {file}: {reason}", file=sys.stderr)
        taught = None
        if options.soft_targets:
            taught = read_soft_targets(options.soft_targets, training)
            recipe = replace(recipe, soft_targets=taught.sha256, **asdict(taught.style))
        checkpoint = options.checkpoint or RUNS / f"{recipe.name}.pt"
        written = train(
            recipe,
            training,
            validation,
            checkpoint,
            options.out,
            processes,
            start,
            taught,
            options.licence,
        )
    finally:
        processes.close()
    if processes.is_first:
        print(f"wrote {shown(written)}")
