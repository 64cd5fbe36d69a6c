"""The training loop: what is shown, the state of a run, and its steps.

One loop for students and teachers, with labels, teachers' answers, or both. A moving average of the weights
is what gets validated and kept. A run that was stopped goes on from its checkpoint to the same result: what a
step shows depends on the seed and its number alone.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from carmodel.measure.evaluate import accuracy_by_source
from carmodel.network import CLASSES
from carmodel.train.checkpoint import read_checkpoint, write_checkpoint
from carmodel.train.data import DataError, Frames
from carmodel.train.distributed import Processes
from carmodel.train.recipe import Recipe
from carmodel.train.sampling import Mixture, draw, sampling_weights
from carmodel.train.soft_targets import SoftTargets, distillation
from carmodel.train.views import Style, Views, pictures, view_of

SAVE_AFTER = 600  # seconds since the last checkpoint, within an epoch
MOMENTUM = 0.9


class Course:
    """What a run shows: which photos, in which views, and what is to be said of them.

    labels (n,) are those to learn, −1 where nobody knows the class; taught is what teachers say of the
    photos, whose views are then the only ones. Raises DataError for a mixture that cannot be.
    """

    def __init__(
        self, recipe: Recipe, frames: Frames, labels: Tensor, taught: SoftTargets | None = None
    ) -> None:
        self.recipe, self.frames, self.labels, self.taught = recipe, frames, labels, taught
        classes = taught.classes(labels) if taught else labels
        mixture = Mixture(recipe.shares, recipe.left_out)
        self.weights = sampling_weights(frames.samples, classes, mixture, classless=False)
        self.style: Style = taught.style if taught else recipe.style
        self.seed = taught.seed if taught else recipe.seed + 1_000_000  # no view that teachers answer

    @property
    def photos(self) -> int:
        """How many different photos there are to draw."""
        return int((self.weights > 0).sum())

    def views(self, step: int) -> Views:
        """What a step shows, in all processes together. Raises DataError for too large a batch."""
        rows = draw(self.weights, self.recipe.batch, self.recipe.seed, step)
        dice = np.random.default_rng((self.recipe.seed, step, 1))
        if self.taught:
            return self.taught.views(rows, dice.integers(len(self.taught), size=len(rows)))
        return view_of(rows, step, dice.permutation(rows), self.style, self.seed)

    def pictures(self, views: Views, device: torch.device) -> Tensor:
        """Views as pictures (n, 3, size, size) in [0, 1]."""
        return pictures(self.frames, views, self.recipe.size, self.style, self.seed, device)

    def loss(self, logits: Tensor, views: Views) -> Tensor:
        """How far answers (n, 4) to views are from labels and teachers: the mean over all pictures.

        A picture that shows a photo without a label has no part in the labels' loss.
        """
        first = self.labels[views.rows]
        second = torch.where(torch.from_numpy(views.seconds) < 0, first, self.labels[views.seconds])
        share = torch.from_numpy(views.shares)[:, None]
        classes = [F.one_hot(labels.clamp(min=0), len(CLASSES)) for labels in (first, second)]
        targets = (share * classes[0] + (1 - share) * classes[1]).to(logits.device)
        has_labels = ((first >= 0) & (second >= 0)).to(logits.device)
        smooth = self.recipe.label_smoothing
        by_picture = F.cross_entropy(logits, targets, label_smoothing=smooth, reduction="none")
        loss = (by_picture * has_labels).mean()
        if self.taught is None:
            return loss
        answers = self.taught.logits[views.numbers, views.rows].float().to(logits.device)
        lesson = distillation(logits, answers, self.recipe.teacher_temperature)
        return (1 - self.recipe.taught_share) * loss + self.recipe.taught_share * lesson


class Run:
    """One training run: the network, its moving average, the optimiser and how far they have come."""

    def __init__(self, recipe: Recipe, network: nn.Module, photos: int, processes: Processes) -> None:
        self.recipe, self.processes = recipe, processes
        self.epoch_steps = recipe.epoch_steps or max(photos // recipe.batch, 1)
        self.steps = recipe.epochs * self.epoch_steps
        self.network = network.to(processes.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's own omission
        self.trained = processes.share(self.network)
        self.average = AveragedModel(
            self.network, multi_avg_fn=moving_average(recipe.average_decay), use_buffers=True
        )
        self.optimiser = _optimiser(recipe, self.network)
        self.step = 0
        self.loss = torch.zeros((), device=processes.device)  # summed over the epoch so far
        self.seconds = 0.0
        self.history: list[dict[str, Any]] = []
        self.best: dict[str, Any] = {"score": -1.0}

    def save(self, path: Path) -> None:
        """Write the checkpoint whole or not at all."""
        parts = {name: getattr(self, name).state_dict() for name in ("network", "average", "optimiser")}
        facts = {name: getattr(self, name) for name in ("step", "seconds", "history", "best")}
        write_checkpoint(path, {**parts, **facts, "loss": float(self.loss), "recipe": asdict(self.recipe)})

    def resume(self, path: Path) -> None:
        """Continue from a checkpoint of the same recipe; raises DataError if it is of another or damaged."""
        names = ("network", "average", "optimiser", "step", "seconds", "history", "best", "loss", "recipe")
        state = read_checkpoint(path, names, self.processes.device)
        # What a recipe of an earlier version does not say is as it is by default.
        if asdict(Recipe("", 0)) | state["recipe"] != asdict(self.recipe):
            raise DataError(f"{path} belongs to another recipe; name another --checkpoint or delete it.")
        for name in names[:3]:
            getattr(self, name).load_state_dict(state[name])
        self.step, self.seconds, self.history, self.best = (state[name] for name in names[3:7])
        self.loss.fill_(state["loss"])


def moving_average(decay: float) -> Callable[..., None]:
    """Exponential moving average for AveragedModel, which forgets faster in its first steps."""

    @torch.no_grad()
    def update(averages: list[Tensor], values: list[Tensor], count: Tensor | int) -> None:
        keep = min(decay, (float(count) + 1) / (float(count) + 21))
        for average, value in zip(averages, values, strict=True):
            if average.is_floating_point():
                average.lerp_(value, 1 - keep)
            else:
                average.copy_(value)

    return update


def _optimiser(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    """Weight decay is for kernels and matrices alone, not for biases and normalisation."""
    groups = [
        {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(groups, recipe.learning_rate, momentum=MOMENTUM, nesterov=True)
    return torch.optim.AdamW(groups, recipe.learning_rate)


def learn(
    run: Run,
    course: Course,
    validation: Frames,
    answer: Callable[[nn.Module], Tensor],
    checkpoint: Path,
) -> None:
    """All steps of a run that are left; `answer` gives a network's logits (n, 4) of the validation frames."""
    saved = time.monotonic()
    bar = tqdm(
        desc=run.recipe.name,
        initial=run.step,
        total=run.steps,
        disable=not run.processes.is_first,
        mininterval=1,
        unit="step",
    )
    while run.step < run.steps:
        started = time.monotonic()
        take_step(run, course)
        bar.update()
        ended = run.step % run.epoch_steps == 0
        if ended:
            validate(run, validation, answer)
        run.seconds += time.monotonic() - started
        if run.processes.is_first and (ended or time.monotonic() - saved > SAVE_AFTER):
            run.save(checkpoint)
            saved = time.monotonic()
    bar.close()


def take_step(run: Run, course: Course) -> None:
    """One step of the optimiser on this process's share of the pictures."""
    processes, recipe = run.processes, run.recipe
    views = course.views(run.step)[processes.rank :: processes.count]
    for group in run.optimiser.param_groups:
        group["lr"] = recipe.rate(run.step, run.steps)
    run.network.train()
    torch.manual_seed((recipe.seed * 1_000_003 + run.step) * 1024 + processes.rank)  # stochastic depth
    with processes.autocast():
        logits = run.trained(course.pictures(views, processes.device))
    loss = course.loss(logits.float(), views)
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    if recipe.clip:
        nn.utils.clip_grad_norm_(run.network.parameters(), recipe.clip)
    run.optimiser.step()
    run.average.update_parameters(run.network)
    run.loss += loss.detach()
    run.step += 1


def validate(run: Run, validation: Frames, answer: Callable[[nn.Module], Tensor]) -> None:
    """Append the epoch to the history and keep the averaged weights if they are the best so far."""
    network = run.average.module.eval()
    logits = answer(network)
    accuracies = accuracy_by_source(logits, validation)
    score = sum(accuracies.values()) / len(accuracies)
    row = {
        "epoch": run.step // run.epoch_steps,
        "loss": float(run.processes.mean(run.loss / run.epoch_steps)),
        "rate": run.recipe.rate(run.step - 1, run.steps),
        "validation": accuracies,
    }
    run.loss.zero_()
    run.history.append(row)
    if score > run.best["score"]:
        state = network.state_dict()  # which knows the versions of its modules
        state.update({name: value.detach().cpu().clone() for name, value in state.items()})
        run.best = {"score": score, "epoch": row["epoch"], "state": state, "logits": logits.cpu()}
    if run.processes.is_first:
        tqdm.write(json.dumps(row))
