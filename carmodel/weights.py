"""Load, save and list networks: NAME.safetensors beside NAME.json, its model card.

Weights are stored in half precision. The card holds the SHA-256 of the weights, so that the two cannot be
mixed up. The same folder holds the reference frames that SHAP compares with and the rule of the priority
ensemble. Each file is replaced in one step: whoever reads it meanwhile finds the old one or the new one.
`python -m carmodel.registry` lists the networks of a folder and imports others.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from carmodel.architectures import blank
from carmodel.card import (
    CARNET,
    NAME,
    Card,
    WeightsError,
    brief,
    check_name,
    is_size,
    read_bytes,
    read_card,
    read_table,
    wrong_value,
)
from carmodel.ensemble import PUBLISHED_OWNERS, Rules
from carmodel.files import write_whole
from carmodel.frame import FRAME
from carmodel.memory import wants_memory
from carmodel.network import CLASSES, CarNet, Network

__all__ = [
    "LEARNING_RATES",
    "WEIGHTS",
    "Card",
    "WeightsError",
    "available",
    "check",
    "kinds",
    "load",
    "load_carnet",
    "load_references",
    "load_rules",
    "save",
    "save_references",
    "wrong_tensor",
]

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
REFERENCES = "references.safetensors"
ENSEMBLE = "ensemble.json"
LEARNING_RATES = "learning-rates.json"  # what carmodel.measure.lr_search found
FLOATS = {torch.float16, torch.bfloat16, torch.float32, torch.float64}
NAMED = 3  # tensors that a message names at most
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def save(network: Network, card: Card, folder: Path = WEIGHTS) -> Path:
    """Writes a network and its card and returns the path of the safetensors file.

    Raises WeightsError for a card with wrong values or of another network, for values that half precision
    cannot hold, and for a network that was explained: explainers leave hooks and parameters behind, so
    explain a copy.
    """
    check(card)
    file = f"{card.name}.safetensors"
    described = blank(card)
    if _kind_of(network) != _kind_of(described):
        raise WeightsError(f"{file} cannot be written: the card describes another network.")
    tensors = {
        key: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous()
        for key, value in network.stored.state_dict().items()
    }
    expected = described.stored.state_dict()
    if wrong := _left_by_an_explainer(network) or wrong_tensor(expected, tensors):
        raise WeightsError(f"{file} cannot be written: {wrong}.")
    data = safetensors.torch.save(tensors)
    text = json.dumps(replace(card, sha256=sha256(data).hexdigest()).table(), indent=2, ensure_ascii=False)
    path = folder / file
    write_whole(path, data)
    write_whole(path.with_suffix(".json"), f"{text}\n")
    return path


def check(card: Card) -> None:
    """Raises WeightsError for a card that cannot be written: a name that is none, or a wrong value."""
    check_name(card.name)
    if wrong := wrong_value(card):
        raise WeightsError(f"{card.name}.json cannot be written: {wrong}.")


def load(name: str, folder: Path = WEIGHTS) -> tuple[Network, Card]:
    """The network of this name, in float32, in evaluation mode and without gradients, and its card.

    Raises WeightsError for a name that is none, a missing or damaged file, and a checksum, class, shape or
    value that is wrong.
    """
    check_name(name)
    file = f"{name}.safetensors"
    card = read_card(folder / f"{name}.json")
    data = read_bytes(folder / file)
    if sha256(data).hexdigest() != card.sha256:
        raise WeightsError(f"{file} is damaged or of another version: its checksum differs from {name}.json.")
    network = blank(card)
    tensors = _tensors(data, file)
    state = network.stored.state_dict()  # which knows the versions of its modules
    if wrong := wrong_tensor(state, tensors):
        raise WeightsError(f"{file} does not fit {name}.json: {wrong}.")
    floats = {key for key, value in tensors.items() if value.is_floating_point()}
    state.update({key: value.float() if key in floats else value for key, value in tensors.items()})
    network.stored.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False), card


def load_carnet(name: str, folder: Path = WEIGHTS) -> tuple[CarNet, Card]:
    """The same for what only a CarNet can do. Raises WeightsError for a network of another architecture."""
    network, card = load(name, folder)
    if not isinstance(network, CarNet):
        raise WeightsError(f"{name}.json describes a {card.architecture}; a {CARNET} is needed here.")
    return network, card


def available(folder: Path = WEIGHTS) -> tuple[str, ...]:
    """The names that have both files, in alphabetical order but numbers by size: final-75, final-100."""
    names = [
        path.stem
        for path in folder.glob("*.safetensors")
        if NAME.fullmatch(path.stem) and path.with_suffix(".json").is_file()
    ]
    parts = {name: re.split(r"(\d+)", name) for name in names}  # texts and numbers by turns
    return tuple(sorted(names, key=lambda name: [int(p) if p.isdigit() else p for p in parts[name]]))


def kinds(folder: Path = WEIGHTS) -> dict[str, tuple[str, ...]]:
    """The networks of each kind by name, from small to large: "final" -> "final-75", "final-100"."""
    names_by_kind: dict[str, list[str]] = {}
    for name in available(folder):
        kind, dash, size = name.rpartition("-")
        if dash and size.isdigit():
            names_by_kind.setdefault(kind, []).append(name)
    return {kind: tuple(names) for kind, names in names_by_kind.items()}


def save_references(frames: Tensor, folder: Path = WEIGHTS) -> Path:
    """Writes the reference frames (16, 3, 300, 300) in [0, 1], in steps of 1/255, and returns their path.

    Raises WeightsError for another shape or values outside [0, 1].
    """
    if not _are_frames(frames) or not ((frames >= 0) & (frames <= 1)).all():
        raise WeightsError(f"{REFERENCES} cannot be written: it needs frames of {FRAME} px in [0, 1].")
    levels = (frames.detach().cpu() * 255).round().to(torch.uint8).contiguous()
    write_whole(folder / REFERENCES, safetensors.torch.save({"frames": levels}))
    return folder / REFERENCES


def load_references(folder: Path = WEIGHTS) -> Tensor:
    """The reference frames (16, 3, 300, 300), float32 in [0, 1]. Raises WeightsError."""
    frames = _tensors(read_bytes(folder / REFERENCES), REFERENCES).get("frames")
    if frames is None or frames.dtype != torch.uint8 or not _are_frames(frames):
        raise WeightsError(f"{REFERENCES} does not hold frames of {FRAME} px in 8 bits.")
    return frames.float() / 255


def load_rules(folder: Path = WEIGHTS) -> Rules:
    """What is recorded of ensembles; the published owners, and Average of all networks, without a file.

    Raises WeightsError if the file does not name one of two networks for each class, or names no networks
    for Average.
    """
    if not (folder / ENSEMBLE).exists():
        return Rules(dict(PUBLISHED_OWNERS))
    table = read_table(folder / ENSEMBLE)
    owners, average = table.get("owners"), table.get("average", [])
    if not isinstance(owners, dict) or owners.keys() != set(CLASSES):
        raise WeightsError(f'{ENSEMBLE} needs "owners" with exactly these classes: {", ".join(CLASSES)}.')
    for label, size in owners.items():
        if not is_size(size):
            raise WeightsError(f"{ENSEMBLE} gives {label} to {brief(size)}, which is no network's size.")
    if len(sizes := sorted(set(owners.values()))) > 2:
        raise WeightsError(
            f"{ENSEMBLE} names networks of {', '.join(map(str, sizes))} px; Priority is of two."
        )
    if not isinstance(average, list) or not all(map(is_size, average)) or len(average) != len(set(average)):
        raise WeightsError(f'{ENSEMBLE} needs "average" as a list of different sizes of networks.')
    return Rules({label: owners[label] for label in CLASSES}, tuple(average))


def wrong_tensor(expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> str:
    """The first difference between the tensors and those that a network needs; "" if there is none.

    Of `expected` only names, shapes and types are used. Floats may have 16 to 64 bits.
    """
    if missing := [key for key in expected if key not in tensors]:
        return f"{_some(missing)} missing"
    if strange := [brief(key) for key in tensors if key not in expected]:
        return f"{_some(strange)} not part of the network"
    for key, needed in expected.items():
        tensor = tensors[key]
        if tensor.shape != needed.shape:
            return f"{key} is {list(tensor.shape)} instead of {list(needed.shape)}"
        if tensor.dtype != needed.dtype and not {tensor.dtype, needed.dtype} <= FLOATS:
            return f"{key} has the type {str(tensor.dtype).removeprefix('torch.')}"
        if not tensor.float().isfinite().all():
            return f"{key} has values that are infinite or no numbers"
        if key.endswith("running_var") and (tensor < 0).any():
            return f"{key} has negative variances"
    return ""


def _some(keys: Sequence[str]) -> str:
    """The first keys and the number of others, with the verb that follows them."""
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return f"{', '.join(keys[:NAMED])}{more} {'is' if len(keys) == 1 else 'are'}"


def _kind_of(network: Network) -> tuple[object, ...]:
    """What two networks have in common where the values of one fit the other."""
    kind: tuple[object, ...] = type(network.stored), network.size
    return (*kind, network.batchnorm) if isinstance(network, CarNet) else kind


def _left_by_an_explainer(network: Network) -> str:
    """The first hook on a module; "" if there is none. Extra parameters and buffers show in the tensors."""
    for name, module in network.named_modules():
        if any(getattr(module, hooks) for hooks in HOOKS):
            return f"{name or 'the network'} has hooks, as explaining leaves them; save a fresh copy"
    return ""


def _are_frames(frames: Tensor) -> bool:
    return frames.ndim == 4 and len(frames) > 0 and frames.shape[1:] == (3, FRAME, FRAME)


def _tensors(data: bytes, file: str) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load(data)
    except Exception as error:  # a KeyError for an unknown type, a ValueError for a wrong length, …
        if wants_memory(error):
            raise
        raise WeightsError(f"{file} is damaged: it cannot be read as safetensors.") from error
