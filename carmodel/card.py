"""The model card: a JSON file beside a network's weights that says what it is and how well it does."""

import json
import re
import reprlib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from carmodel.network import CLASSES, LEAST_SIDE, MOST_SIDE

TEMPERATURES = (0.05, 20.0)  # beyond these a calibration has failed
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # a file's name in the same folder, whoever chose it
DIGEST = re.compile(r"[0-9a-f]{64}")  # SHA-256
MAX_FILE = 300_000_000  # bytes; the largest network, of 300 px, has 145 MB in half precision
CARNET = "carnet"  # the architecture of a card that names none
ARCHITECTURE = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)?")
LAYER = re.compile(r"[A-Za-z0-9_.]*")
MAX_TABLE = 1_000_000  # bytes of JSON
QUOTED = 60  # characters of a strange value that a message repeats


class WeightsError(ValueError):
    """Weights that cannot be used; the message is one sentence that names the file and what is wrong."""


@dataclass(frozen=True)
class InputFacts:
    """What a network wants to be given: pictures of `size` px, less `mean`, divided by `std`, by colour."""

    size: int
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Card:
    """What is known about a network.

    `size` is that of `input`. Grad-CAM reads `layer` or, if that is "", the last one that it finds.
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
    licence: str = ""  # what the weights may be used for, in a sentence or two; "" if the card does not say
    architecture: str = CARNET  # or "torchvision/resnet18" and the like
    input: InputFacts | None = None  # of another architecture than CarNet
    layer: str = ""

    def table(self) -> dict[str, Any]:
        """The card as its file holds it: a CarNet's without what is said of other architectures."""
        table = asdict(self)
        if self.architecture == CARNET:
            return {key: value for key, value in table.items() if key not in OF_OTHERS}
        return table


NEEDED = [entry.name for entry in fields(Card) if entry.default is MISSING]
OPTIONAL = [entry.name for entry in fields(Card) if entry.default is not MISSING]
OF_OTHERS = ("architecture", "input", "layer")  # keys that the card of a CarNet does without
NOT_NEEDED = {  # by others: what it is then
    "batchnorm": False,
    "temperature": 1.0,
    "data": {},
    "training": {},
    "results": {},
}


def read_card(path: Path) -> Card:
    """The card in a JSON file. Raises WeightsError for what is missing, damaged or not a network's card."""
    table = read_table(path)
    if table.get("architecture", CARNET) != CARNET:
        if wrong := wrong_input(table.get("input")):
            raise WeightsError(f"{path.name} is wrong: {wrong}.")
        facts = input_facts(table["input"])
        table = {"size": facts.size} | NOT_NEEDED | table | {"input": facts}
    elif table.pop("input", None) is not None:
        raise WeightsError(f"{path.name} is wrong: a {CARNET} has no input facts but its size.")
    if missing := [key for key in NEEDED if key not in table]:
        raise WeightsError(f"{path.name} lacks {brief(missing[0])}.")
    if unknown := [key for key in table if key not in (*NEEDED, *OPTIONAL)]:
        raise WeightsError(f"{path.name} has an unknown {brief(unknown[0])}.")
    if isinstance(table["classes"], list):
        table["classes"] = tuple(table["classes"])
    card = Card(**table)
    if wrong := wrong_value(card):
        raise WeightsError(f"{path.name} is wrong: {wrong}.")
    if card.name != path.stem:
        raise WeightsError(f"{path.name} is the card of {brief(card.name)}, not of {path.stem!r}.")
    return card


def wrong_value(card: Card) -> str:
    """What is wrong with a card's values, in words; "" if nothing is. An empty sha256 is still to come."""
    low, high = TEMPERATURES
    is_number = type(card.temperature) in (int, float)  # True is neither
    checks = {
        "name is not a text": isinstance(card.name, str),
        f"size is {brief(card.size)}, no whole number from {LEAST_SIDE} to {MOST_SIDE}": is_size(card.size),
        "architecture is not a name such as torchvision/resnet18": (
            isinstance(card.architecture, str) and ARCHITECTURE.fullmatch(card.architecture)
        ),
        "input has another size than the card": (
            card.architecture == CARNET or (card.input is not None and card.size == card.input.size)
        ),
        "layer is not the name of a layer": isinstance(card.layer, str) and LAYER.fullmatch(card.layer),
        "batchnorm is not true or false": isinstance(card.batchnorm, bool),
        f"classes are not {', '.join(CLASSES)} in this order": card.classes == CLASSES,
        f"temperature is not a number from {low:g} to {high:g}": (
            is_number and low <= card.temperature <= high
        ),
        "sha256 is not 64 hexadecimal digits": (
            isinstance(card.sha256, str) and (card.sha256 == "" or DIGEST.fullmatch(card.sha256))
        ),
        "data is not a table of JSON's values": _is_table(card.data),
        "training is not a table of JSON's values": _is_table(card.training),
        "results is not a table of JSON's values": _is_table(card.results),
        "licence is not a text": isinstance(card.licence, str) and _is_table({"licence": card.licence}),
    }
    return next((wrong for wrong, holds in checks.items() if not holds), "")


def wrong_input(facts: object) -> str:
    """What is wrong with a table of input facts, in words; "" if nothing is."""
    keys = [entry.name for entry in fields(InputFacts)]
    if not isinstance(facts, dict) or "size" not in facts or not facts.keys() <= set(keys):
        return f"input is not a table of {', '.join(keys)}"
    if not is_size(facts["size"]):
        return f"the input's size is no whole number from {LEAST_SIDE} to {MOST_SIDE}"
    for key in keys[1:]:
        values = facts.get(key, (1.0, 1.0, 1.0))
        numbers = isinstance(values, list | tuple) and all(type(value) in (int, float) for value in values)
        if not numbers or len(values) != 3 or not all(abs(value) < 1e6 for value in values):
            return f"the input's {key} is not three numbers"
    if not all(value > 0 for value in facts.get("std", (1.0,))):
        return "the input's std is not above 0"
    return ""


def input_facts(table: Mapping[str, Any]) -> InputFacts:
    """The facts of a table in which nothing is wrong."""
    colours = {key: tuple(map(float, table[key])) for key in ("mean", "std") if key in table}
    return InputFacts(table["size"], **colours)


def check_name(name: str) -> None:
    """Raises WeightsError unless `name` can be a file's name in the folder, and in no other one."""
    if not NAME.fullmatch(name):
        raise WeightsError(
            f"{brief(name)} is no name for weights: use letters, digits, dots, dashes and underscores."
        )


def is_size(value: object) -> bool:
    """Whether a value from JSON is the size of a network; 75.0 and true are not."""
    return type(value) is int and LEAST_SIDE <= value <= MOST_SIDE


def brief(value: object) -> str:
    """A value from a file or a request as a message may repeat it: quoted, and short however long it is."""
    short = reprlib.Repr()
    short.maxstring = short.maxlong = short.maxother = QUOTED
    return short.repr(value)


def read_table(path: Path) -> dict[str, Any]:
    """The JSON object in a file of at most 1 MB. Raises WeightsError."""
    data = read_bytes(path, MAX_TABLE)
    try:
        table = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path.name} is damaged: it cannot be read as JSON.") from error
    if not isinstance(table, dict):
        raise WeightsError(f"{path.name} is damaged: it does not hold a table.")
    return table


def read_bytes(path: Path, limit: int = MAX_FILE) -> bytes:
    """The contents of a file of at most `limit` bytes. Raises WeightsError."""
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise OSError("not a file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError as error:
        raise WeightsError(f"{path.name} is missing.") from error
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be read.") from error
    if len(data) > limit:
        raise WeightsError(f"{path.name} is too large: it has more than {limit // 10**6} MB.")
    return data


def _is_table(value: object) -> bool:
    """Whether a value is a JSON object; NaN, infinity and halves of UTF-16 pairs are not JSON's."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return isinstance(value, dict)
