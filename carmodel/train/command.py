"""Train a network: `python -m carmodel.train --data DIR … --size 75`.

It is a CarNet, or one of torchvision's image classifiers: `--architecture torchvision/resnet18 --size 128`.
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

from carmodel.architectures import MEAN, STD, random_network, wrong_logits
from carmodel.calibration import fit_temperature, fold_temperature
from carmodel.card import CARNET, Card, InputFacts, WeightsError
from carmodel.files import shown
from carmodel.measure.evaluate import accuracy_by_source, logits_of
from carmodel.network import CLASSES, SIZES, CarNet, Network
from carmodel.train.data import RUNS, Frames, training_frames
from carmodel.train.distributed import Processes
from carmodel.train.initialise import initialise
from carmodel.train.options import fails_in_a_sentence, mixture_options, photo_options
from carmodel.train.recipe import OPTIMISERS, Recipe, baseline, recipe_of, recipe_options
from carmodel.train.soft_targets import SoftTargets, read_soft_targets
from carmodel.train.training import Course, Run, learn
from carmodel.weights import WEIGHTS, check, load, save

Start = tuple[Network, Card]  # a network to begin with, and its card


def card_of(recipe: Recipe, before: Card | None = None) -> Card:
    """What a recipe says of the network that it trains; what comes of it is still to be filled in.

    A network that goes on from that of the card `before` is asked with pictures as that one is.
    """
    other = recipe.architecture != CARNET
    return Card(
        name=recipe.name,
        size=recipe.size,
        batchnorm=recipe.batchnorm,
        classes=CLASSES,
        temperature=1.0,
        sha256="",
        data={},
        training={},
        results={},
        architecture=recipe.architecture,
        input=(before and before.input) or (InputFacts(recipe.size, MEAN, STD) if other else None),
        layer=before.layer if before else "",
    )


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
    card = card_of(run.recipe, before)
    network = random_network(card)
    network.load_state_dict(run.best["state"])
    temperature = fit_temperature(run.best["logits"], validation.labels)
    fold_temperature(network, temperature)
    card = replace(
        card,
        temperature=temperature,
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
    start: Start | None = None,
    taught: SoftTargets | None = None,
    licence: str | None = None,
) -> Path:
    """Train by `recipe`, continuing from `checkpoint` if there is one; weights and card go to `folder`.

    start is the network that the first step begins with, if not with random weights, and its card; of a
    CarNet of another size only the convolutions are used. taught is what teachers say of the training
    photos, licence what the weights may be used for.

    Raises WeightsError for an architecture or a size that cannot be, and a start of another architecture.
    """
    processes = processes or Processes()
    course = Course(recipe, training, training.labels, taught)
    first = course.views(0)  # before anything is written: too large a batch is said now
    torch.manual_seed(recipe.seed)
    network = _begun(recipe, start)
    run = Run(recipe, network, course.photos, processes)
    if checkpoint.exists():
        run.resume(checkpoint)
    elif isinstance(network, CarNet) and not recipe.batchnorm and (not start or start[0].size != recipe.size):
        # The same pictures in every process, so that all start with the same weights.
        x = course.pictures(first, processes.device)
        initialise(network, network.head if start else network, x)
        run.average.module.load_state_dict(network.state_dict())
    learn(run, course, validation, partial(_answer, validation), checkpoint)
    if not processes.is_first:
        return folder
    return finish(run, course, validation, folder, start[1] if start else None, licence)


def _begun(recipe: Recipe, start: Start | None) -> Network:
    """A network with random weights, or those of another one as far as it has the same."""
    begun, before = start or (None, None)
    card = card_of(recipe, before)
    check(card)
    network = random_network(card)
    if wrong := wrong_logits(network.eval()):
        raise WeightsError(f"{card.name} cannot be trained: {wrong}.")
    if before and before.architecture != recipe.architecture:
        raise WeightsError(
            f"{before.name}.json describes a {before.architecture}; a {recipe.architecture} is needed here."
        )
    if begun and begun.size == recipe.size:
        network.load_state_dict(begun.state_dict())
    elif isinstance(network, CarNet) and isinstance(begun, CarNet):
        network.features.load_state_dict(begun.features.state_dict())  # the same at every size
    return network


def _answer(validation: Frames, network: nn.Module) -> Tensor:
    assert isinstance(network, Network)
    return logits_of(network, validation.pixels)


def _arguments() -> argparse.ArgumentParser:
    parser = photo_options("train", "Train a network.")
    parser.add_argument("--size", type=int, required=True, help="pixels the network sees on a side")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--architecture",
        default=CARNET,
        metavar="NAME",
        help=f"{CARNET}, or an image classifier such as torchvision/resnet18 (%(default)s)",
    )
    which.add_argument("--baseline", action="store_true", help=f"a {CARNET} without batch normalisation")
    mixture_options(parser)
    parser.add_argument("--optimiser", choices=OPTIMISERS, help="(sgd; adamw for a --baseline)")
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
        help="folder with a network of another size, whose convolutions to use",
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
    own = options.architecture == CARNET  # cards of others do not say whether they normalise batches
    recipe = recipe_of(options, Recipe("final", options.size, options.architecture, batchnorm=own))
    recipe = baseline(recipe) if options.baseline else recipe
    return replace(recipe, optimiser=options.optimiser or recipe.optimiser)


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    options = _arguments().parse_args(arguments)
    recipe = _recipe(options)
    processes = Processes(options.device)
    try:
        start = None
        if options.start or options.trunk:
            other = next(size for size in SIZES if size != recipe.size)
            begins = recipe if options.start else replace(recipe, size=other)
            start = load(begins.name, options.start or options.trunk)
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
