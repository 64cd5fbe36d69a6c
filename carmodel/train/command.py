"""Train one of the four networks: `python -m carmodel.train --data DIR --size 75`.

After every epoch a checkpoint is written; the same command continues from it to the same result. Several
processes started by `torchrun` share each batch.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch

from carmodel.calibration import fit_temperature, fold_temperature
from carmodel.files import shown
from carmodel.measure.evaluate import accuracy_by_source
from carmodel.network import CLASSES, SIZES, CarNet
from carmodel.train.augmentation import TrainingPictures
from carmodel.train.data import RUNS, Frames, training_frames
from carmodel.train.distributed import Processes
from carmodel.train.options import fails_in_a_sentence, photo_options
from carmodel.train.soft_targets import SoftTargets, read_soft_targets
from carmodel.train.training import MIXES, Recipe, Run, initialise, train_epoch, validate
from carmodel.weights import WEIGHTS, Card, load, save


def finish(
    run: Run,
    training: Frames,
    validation: Frames,
    seconds: float,
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
            "training photos": len(training.samples),
            "validation photos": len(validation.samples),
            "unreadable": len(training.unreadable) + len(validation.unreadable),
        },
        training={
            "recipe": asdict(run.recipe),
            "best epoch": run.best["epoch"],
            "hours": round(seconds / 3600, 3),
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
    workers: int = 0,
    processes: Processes | None = None,
    start: tuple[CarNet, Card] | None = None,
    taught: SoftTargets | None = None,
    licence: str | None = None,
) -> Path:
    """Train by `recipe`, continuing from `checkpoint` if there is one; weights and card go to `folder`.

    start is the network that the first epoch begins with, if not with random weights, and its card; of a
    network of the other size only the convolutions are used. taught is what a teacher says of the training
    photos, licence what the weights may be used for.
    """
    processes = processes or Processes()
    begun, before = start or (None, None)
    run = Run(recipe, training.steps(recipe.batch), processes, begun)
    if checkpoint.exists():
        run.resume(checkpoint)
    elif not recipe.batchnorm and not (begun and begun.size == recipe.size):
        # The same pictures in every process, so that all start with the same weights.
        order = torch.randperm(len(training.samples), generator=torch.Generator().manual_seed(recipe.seed))
        pictures = TrainingPictures(training, recipe.size, recipe.seed, 0, recipe.zoom_out)
        few = torch.stack([pictures[row][0] for row in order[: recipe.batch].tolist()])
        initialise(run.network, run.network.head if begun else run.network, few.to(processes.device))
    for epoch in range(len(run.history), recipe.epochs):
        started = time.monotonic()
        loss = train_epoch(run, training, epoch, workers, taught)
        validate(run, validation, epoch, loss)
        run.history[-1]["seconds"] = time.monotonic() - started
        if processes.is_first:
            run.save(checkpoint)
    seconds = sum(row["seconds"] for row in run.history)
    if not processes.is_first:
        return folder
    return finish(run, training, validation, seconds, folder, before, licence)


def _arguments() -> argparse.ArgumentParser:
    plain = Recipe(size=75)
    parser = photo_options("train", "Train one of the four networks.")
    parser.add_argument(
        "--size", type=int, choices=SIZES, required=True, help="pixels the network sees on a side"
    )
    parser.add_argument("--baseline", action="store_true", help="without batch normalisation")
    parser.add_argument(
        "--epochs", type=int, default=plain.epochs, help="passes over the photos (%(default)s)"
    )
    parser.add_argument(
        "--batch", type=int, default=plain.batch, help="photos a step, over all processes (%(default)s)"
    )
    parser.add_argument(
        "--learning-rate", type=float, default=plain.learning_rate, help="peak of the cycle (%(default)s)"
    )
    parser.add_argument(
        "--zoom-out",
        type=float,
        default=plain.zoom_out,
        help="probability that a picture is shown smaller than its photo (%(default)s)",
    )
    parser.add_argument(
        "--average-decay",
        type=float,
        default=plain.average_decay,
        help="of the weights' moving average, per step (%(default)s)",
    )
    parser.add_argument("--mix", choices=MIXES, default="", help="mix each batch's pictures with each other")
    parser.add_argument(
        "--soft-targets", type=Path, metavar="FILE", help="a teacher's answers, from carmodel.train.teacher"
    )
    parser.add_argument(
        "--taught-share",
        type=float,
        default=plain.taught_share,
        help="of the loss that those answers decide (%(default)s)",
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
    parser.add_argument(
        "--seed", type=int, default=plain.seed, help="decides weights, order and pictures (%(default)s)"
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
        "--workers", type=int, default=0, help="processes that prepare pictures (%(default)s)"
    )
    parser.add_argument(
        "--device", type=torch.device, help="cpu, cuda or mps; the fastest present by default"
    )
    return parser


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    options = _arguments().parse_args(arguments)
    recipe = Recipe(
        size=options.size,
        batchnorm=not options.baseline,
        epochs=options.epochs,
        batch=options.batch,
        learning_rate=options.learning_rate,
        average_decay=options.average_decay,
        zoom_out=options.zoom_out,
        mix=options.mix,
        taught_share=options.taught_share,
        seed=options.seed,
    )
    processes = Processes(options.device)
    try:
        start = None
        if options.start or options.trunk:
            size = options.size if options.start else sum(SIZES) - options.size
            start = load(replace(recipe, size=size).name, options.start or options.trunk)
            recipe = replace(recipe, start=start[1].sha256)
        training, validation = training_frames(options.data, options.cache)
        for file, reason in training.unreadable + validation.unreadable:
            print(f"left out {file}: {reason}", file=sys.stderr)
        taught = None
        if options.soft_targets:
            taught = read_soft_targets(options.soft_targets, training)
            recipe = replace(recipe, soft_targets=taught.sha256)
        checkpoint = options.checkpoint or RUNS / f"{recipe.name}.pt"
        written = train(
            recipe,
            training,
            validation,
            checkpoint,
            options.out,
            options.workers,
            processes,
            start,
            taught,
            options.licence,
        )
    finally:
        processes.close()
    if processes.is_first:
        print(f"wrote {shown(written)}")
