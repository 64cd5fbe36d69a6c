"""The training loop: a recipe, the state of a run, and one epoch of it.

SGD with Nesterov momentum (AdamW without batch normalisation) on a one-cycle learning rate (Smith & Topin
2018), augmentation from torchvision, label smoothing, an exponential moving average of the weights that is
what gets validated and kept, and, where there is a teacher, distillation.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from tqdm import tqdm

from carmodel.measure.evaluate import accuracy_by_source, logits_of
from carmodel.network import CLASSES, CarNet
from carmodel.train.augmentation import TrainingPictures
from carmodel.train.checkpoint import read_checkpoint, write_checkpoint
from carmodel.train.data import DataError, Frames
from carmodel.train.distributed import Processes
from carmodel.train.soft_targets import SoftTargets, distillation
from carmodel.vision import v2

MIXES = {"mixup": v2.MixUp, "cutmix": v2.CutMix}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the outcome of a run, apart from the photos."""

    size: int
    batchnorm: bool = True
    epochs: int = 40
    batch: int = 64
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    average_decay: float = 0.998  # of the weights' moving average, per step
    zoom_out: float = 0.5  # probability that a picture is shown smaller than its photo
    start: str = ""  # SHA-256 of the weights to continue from, of this or the other size; "" for random ones
    mix: str = ""  # "mixup" (Zhang et al. 2018) or "cutmix" (Yun et al. 2019) of each batch's pictures
    soft_targets: str = ""  # SHA-256 of the teacher's answers to learn from; "" for labels alone
    taught_share: float = 0.8  # of the loss that the teacher's answers decide, where there are any
    teacher_temperature: float = 2.0  # that both answers are softened with
    seed: int = 1

    @property
    def name(self) -> str:
        """The network's name in weights/: final-75, baseline-100, …"""
        return f"{'final' if self.batchnorm else 'baseline'}-{self.size}"


class Run:
    """One training run: the network, its moving average, the optimiser and how far they have come."""

    def __init__(
        self, recipe: Recipe, steps_per_epoch: int, processes: Processes, start: CarNet | None = None
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.processes = processes
        network = CarNet(recipe.size, recipe.batchnorm).to(processes.device)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's own omission
        if start is not None:
            network.features.load_state_dict(start.features.state_dict())  # the same at every size
            if start.size == recipe.size:
                network.head.load_state_dict(start.head.state_dict())
        self.network = network
        self.trained = processes.share(network)
        self.average = AveragedModel(
            network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average_decay), use_buffers=True
        )
        decayed = [p for p in network.parameters() if p.ndim > 1]
        plain = [p for p in network.parameters() if p.ndim <= 1]
        groups = [
            {"params": decayed, "weight_decay": recipe.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        self.optimiser: torch.optim.Optimizer
        if recipe.batchnorm:
            self.optimiser = torch.optim.SGD(
                groups, recipe.learning_rate, momentum=recipe.momentum, nesterov=True
            )
        else:  # plain gradients do not get ten layers without normalisation going in a few epochs
            self.optimiser = torch.optim.AdamW(groups, recipe.learning_rate)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser,
            max_lr=recipe.learning_rate,
            total_steps=recipe.epochs * steps_per_epoch,
            pct_start=0.25,
        )
        self.history: list[dict[str, Any]] = []
        self.best: dict[str, Any] = {"score": -1.0}

    @property
    def parts(self) -> dict[str, nn.Module | torch.optim.Optimizer | torch.optim.lr_scheduler.LRScheduler]:
        return {
            "network": self.network,
            "average": self.average,
            "optimiser": self.optimiser,
            "schedule": self.schedule,
        }

    def save(self, path: Path) -> None:
        """Write the checkpoint whole or not at all."""
        state: dict[str, Any] = {name: part.state_dict() for name, part in self.parts.items()}
        state |= {"recipe": asdict(self.recipe), "history": self.history, "best": self.best}
        write_checkpoint(path, state)

    def resume(self, path: Path) -> None:
        """Continue from a checkpoint of the same recipe; raises DataError if it is of another or damaged."""
        wanted = (*self.parts, "recipe", "history", "best")
        state = read_checkpoint(path, wanted, self.processes.device)
        if state["recipe"] != asdict(self.recipe):
            raise DataError(f"{path} belongs to another recipe; name another --checkpoint or delete it.")
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        self.history, self.best = state["history"], state["best"]


@torch.no_grad()
def initialise(network: CarNet, part: nn.Module, x: Tensor) -> None:
    """Random weights for `part` by which every unit's sum has mean 0 and variance 1 on pictures x.

    What batch normalisation does for the others at every step, networks without it get once, at the start
    (Krähenbühl et al. 2016, Data-dependent initializations); with torch's own weights they learn nothing.
    """
    for layer in part.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
            seen: list[Tensor] = []
            hook = layer.register_forward_hook(lambda _, __, out, seen=seen: seen.append(out))
            network(x)
            hook.remove()
            units = seen[0].transpose(0, 1).flatten(1)  # (units, all places in all pictures)
            spread = units.std(dim=1) + 1e-6
            layer.weight /= spread.view(-1, *[1] * (layer.weight.ndim - 1))
            layer.bias.copy_(-units.mean(dim=1) / spread)


def batches(
    frames: Frames, run: Run, epoch: int, workers: int, taught: SoftTargets | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """This process's share of each shuffled batch of one epoch; the last, incomplete batch is left out.

    Yields pictures (n, 3, size, size) and the rows (n,) of `frames` that they show. Where there is a teacher,
    the pictures are the views that it was shown.
    """
    recipe, processes = run.recipe, run.processes
    if taught is None:
        pictures = TrainingPictures(frames, recipe.size, recipe.seed, epoch, recipe.zoom_out)
    else:
        pictures = TrainingPictures(frames, recipe.size, taught.seed, epoch, taught.zoom_out, taught.views)
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(recipe.seed * 1000 + epoch))
    whole = len(order) // recipe.batch * recipe.batch
    mine = order[:whole].reshape(-1, recipe.batch)[:, processes.rank :: processes.count]
    loader = DataLoader(pictures, batch_sampler=mine.tolist(), num_workers=workers)
    for x, rows in loader:
        yield x.to(processes.device, memory_format=torch.channels_last, non_blocking=True), rows


def train_epoch(
    run: Run, frames: Frames, epoch: int, workers: int, taught: SoftTargets | None = None
) -> float:
    """One pass over the photos; the mean training loss."""
    run.network.train()
    recipe, device = run.recipe, run.processes.device
    total = torch.zeros((), device=device)
    steps = frames.steps(recipe.batch)
    labels = frames.labels.to(device)
    answers = taught.logits[epoch % taught.views].to(device) if taught else None
    bar = tqdm(
        batches(frames, run, epoch, workers, taught),
        total=steps,
        desc=f"{recipe.name} epoch {epoch + 1}/{recipe.epochs}",
        disable=not run.processes.is_first,
        mininterval=1,
    )
    for step, (x, rows) in enumerate(bar):
        rows = rows.to(device)
        wanted = labels[rows]
        if recipe.mix:
            x, wanted = _mixed(recipe, x, wanted, epoch * steps + step)
        with run.processes.autocast():
            logits = run.trained(x)
        logits = logits.float()
        loss = F.cross_entropy(logits, wanted, label_smoothing=recipe.label_smoothing)
        if answers is not None:
            lesson = distillation(logits, answers[rows], recipe.teacher_temperature)
            loss = (1 - recipe.taught_share) * loss + recipe.taught_share * lesson
        run.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        run.optimiser.step()
        run.schedule.step()
        run.average.update_parameters(run.network)
        total += loss.detach()
    return float(run.processes.mean(total / steps))


def _mixed(recipe: Recipe, x: Tensor, labels: Tensor, step: int) -> tuple[Tensor, Tensor]:
    """Pictures mixed with each other, and their classes' shares (n, 4); the same for the same step."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(hash((recipe.seed, step)) & 0x7FFFFFFF)
        return MIXES[recipe.mix](num_classes=len(CLASSES))(x, labels)


def validate(run: Run, validation: Frames, epoch: int, loss: float) -> None:
    """Append the epoch to the history and keep the averaged weights if they are the best so far."""
    network = run.average.module
    assert isinstance(network, CarNet)
    network.eval()
    logits = logits_of(network, validation.pixels)
    accuracies = accuracy_by_source(logits, validation)
    score = sum(accuracies.values()) / len(accuracies)
    row = {"epoch": epoch + 1, "loss": loss, "rate": run.schedule.get_last_lr()[0], "validation": accuracies}
    run.history.append(row)
    if score > run.best["score"]:
        state = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
        run.best = {"score": score, "epoch": epoch + 1, "state": state, "logits": logits.cpu()}
    if run.processes.is_first:
        tqdm.write(json.dumps(row))
