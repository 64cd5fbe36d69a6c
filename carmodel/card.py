"""The model card: a JSON file beside a network's weights that says what it is and how well it does."""

import json
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from carmodel.network import CLASSES, SIZES

TEMPERATURES = (0.05, 20.0)  # beyond these a calibration has failed
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # a file's name in the same folder, whoever chose it


class WeightsError(ValueError):
    """Weights that cannot be used; the message is one sentence that names the file and what is wrong."""


@dataclass(frozen=True)
class Card:
    """What is known about a network.

    `temperature` was divided out of the last layer already, so that the network's logits are calibrated.
    `sha256` is that of the safetensors file; `carmodel.weights.save` fills it in. `data`, `training` and
    `results` are free tables for JSON: what it was trained on, how, and how well it does.
    """

    name: str
    size: int
    batchnorm: bool
    classes: tuple[str, ...]
    temperature: float
    sha256: str
    data: dict[str, Any]
    training: dict[str, Any]
    results: dict[str, Any]


def read_card(path: Path) -> Card:
    """The card in a JSON file. Raises WeightsError for what is missing, damaged or not a network's card."""
    table = read_table(path)
    expected = [field.name for field in fields(Card)]
    for key in [*expected, *table]:
        if (key in expected) != (key in table):
            raise WeightsError(f"{path.name} {'lacks' if key in expected else 'has an unknown'} {key!r}.")
    if isinstance(table["classes"], list):
        table["classes"] = tuple(table["classes"])
    card = Card(**table)
    if wrong := wrong_value(card):
        raise WeightsError(f"{path.name} is wrong: {wrong}.")
    if card.name != path.stem:
        raise WeightsError(f"{path.name} is the card of {card.name!r}, not of {path.stem!r}.")
    return card


def wrong_value(card: Card) -> str:
    """What is wrong with a card's values, in words; "" if nothing is."""
    low, high = TEMPERATURES
    is_number = type(card.temperature) in (int, float)  # True is neither
    checks = {
        "name is not a text": isinstance(card.name, str),
        f"size is {card.size!r}, not 75 or 100": is_size(card.size),
        "batchnorm is not true or false": isinstance(card.batchnorm, bool),
        f"classes are not {', '.join(CLASSES)} in this order": card.classes == CLASSES,
        f"temperature is not a number from {low:g} to {high:g}": (
            is_number and low <= card.temperature <= high
        ),
        "sha256 is not a text": isinstance(card.sha256, str),
        "data is not a table": isinstance(card.data, dict),
        "training is not a table": isinstance(card.training, dict),
        "results is not a table": isinstance(card.results, dict),
    }
    return next((wrong for wrong, holds in checks.items() if not holds), "")


def check_name(name: str) -> None:
    """Raises WeightsError unless `name` can be a file's name in the folder, and in no other one."""
    if not NAME.fullmatch(name):
        raise WeightsError(
            f"{name!r} is no name for weights: use letters, digits, dots, dashes and underscores."
        )


def is_size(value: object) -> bool:
    """Whether a value from JSON is the size of a network; 75.0 and true are not."""
    return type(value) is int and value in SIZES


def read_table(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises WeightsError."""
    data = read_bytes(path)
    try:
        table = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path.name} is damaged: it cannot be read as JSON.") from error
    if not isinstance(table, dict):
        raise WeightsError(f"{path.name} is damaged: it does not hold a table.")
    return table


def read_bytes(path: Path) -> bytes:
    """The contents of a file. Raises WeightsError."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise WeightsError(f"{path.name} is missing.") from error
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be read.") from error
