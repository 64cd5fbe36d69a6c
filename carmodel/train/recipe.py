"""Everything that decides the outcome of a training run, apart from the photos, and its options."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

from carmodel.card import CARNET
from carmodel.train.views import Style

OPTIMISERS = ("sgd", "adamw")


@dataclass(frozen=True)
class Recipe:
    """How one network is trained. An epoch is what lies between two validations.

    The learning rate rises for `warm_up` steps, stays, and falls along a cosine over the last share `fall` of
    all steps. `optimiser` is SGD with Nesterov momentum, or AdamW where steps of one size fit no layer: for
    networks without batch normalisation, and of depthwise convolutions.
    """

    kind: str  # of the network, the first part of its name: final, baseline, or the kind of a teacher
    size: int  # pixels on a side
    architecture: str = CARNET  # or one of torchvision's, as in a card
    batchnorm: bool = True  # whether a CarNet has batch normalisation
    epochs: int = 40
    epoch_steps: int = 0  # 0 for as many as show as many pictures as there are photos
    batch: int = 64  # photos a step, over all processes
    optimiser: str = "sgd"  # or another of OPTIMISERS
    learning_rate: float = 0.1  # while it is highest
    warm_up: int = 200  # steps
    fall: float = 1.0
    weight_decay: float = 5e-4
    clip: float = 0.0  # the gradient's norm at most; 0 for any
    label_smoothing: float = 0.1
    average_decay: float = 0.998  # of the weights' moving average, per step
    zoom_out: float = 0.5  # probability that a photo is shown smaller than it is
    mixed: float = 0.0  # probability that a picture is mixed with another one (MixUp, Zhang et al. 2018)
    hidden: float = 0.35  # probability that a part of it is hidden
    shares: dict[str, float] = field(default_factory=dict)  # as in carmodel.train.sampling
    left_out: tuple[str, ...] = ()
    labels: str = ""  # SHA-256 of labels that are not the photos' own; "" if they are
    start: str = ""  # SHA-256 of the weights to continue from, of this or another size; "" for none
    soft_targets: str = ""  # SHA-256 of the teachers' answers to learn from; "" for labels alone
    taught_share: float = 0.9  # of the loss that the teachers' answers decide, where there are any
    teacher_temperature: float = 2.0  # that both answers are softened with
    seed: int = 1

    @property
    def name(self) -> str:
        """The network's name: final-75, baseline-100, lite0-144, …"""
        return f"{self.kind}-{self.size}"

    @property
    def style(self) -> Style:
        """How the pictures that it is shown differ from their photos."""
        return Style(self.zoom_out, self.mixed, self.hidden)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of a step, counted from 0, of so many."""
        rise = min(1.0, (step + 1) / self.warm_up) if self.warm_up else 1.0
        begins = (1 - self.fall) * steps
        done = max(step - begins, 0) / max(steps - begins, 1)
        return self.learning_rate * min(rise, max((1 + math.cos(math.pi * done)) / 2, 1e-3))


HELP = {
    "epochs": "stretches between two validations",
    "epoch_steps": "steps in each; 0 for one pass over the photos",
    "batch": "photos a step, over all processes",
    "learning_rate": "while it is highest",
    "warm_up": "steps in which the rate rises",
    "fall": "share of all steps in which it falls",
    "average_decay": "of the weights' moving average, per step",
    "zoom_out": "probability that a photo is shown smaller than it is",
    "mixed": "probability that a picture is mixed with another one",
    "hidden": "probability that a part of it is hidden",
    "taught_share": "of the loss that the teachers' answers decide",
    "teacher_temperature": "that both answers are softened with",
    "seed": "decides weights, order and pictures",
}  # field of a recipe -> what is said of it; these may be chosen


def recipe_options(parser: argparse.ArgumentParser, plain: Recipe, without: Sequence[str] = ()) -> None:
    """An option for each field in HELP with the default of `plain`, for `recipe_of`."""
    types = {part.name: part.type for part in fields(Recipe)}
    for name, said in HELP.items():
        if name not in without:
            kind = int if types[name] is int else float
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                type=kind,
                default=getattr(plain, name),
                help=f"{said} (%(default)s)",
            )


def baseline(plain: Recipe) -> Recipe:
    """`plain` for a CarNet without batch normalisation, which does not begin to learn by plain SGD."""
    return replace(plain, kind="baseline", batchnorm=False, optimiser="adamw")


def recipe_of(options: argparse.Namespace, plain: Recipe) -> Recipe:
    """`plain` with what the options say, --share and --leave-out with them."""
    chosen = {name: getattr(options, name) for name in HELP if hasattr(options, name)}
    return replace(plain, **chosen, shares=dict(options.share), left_out=tuple(options.leave_out))
