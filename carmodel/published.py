"""Networks of the published code: a PyTorch state dict -> a CarNet and its card.

The published networks have the layers of CarNet under flat names (`conv1`, `batchnorm_conv1`, …, `fc3`),
flatten in the same order (channels, rows, columns) and end in a log_softmax, which has no values. They read
pictures as OpenCV does: BGR, in [0, 1], resized bilinearly without antialiasing. Reordering the input
channels of the first layer turns BGR into RGB exactly; the difference in resizing is no matter of weights.
"""

import io
import warnings
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint

from carmodel.card import Card, WeightsError, brief, read_bytes
from carmodel.memory import wants_memory
from carmodel.network import CLASSES, SIZES, CarNet
from carmodel.weights import WEIGHTS, save, wrong_tensor

MAX_CHECKPOINT = 200_000_000  # bytes: the larger network in double precision with an optimiser's state
WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model",
)  # names for the tensors in a checkpoint with more in it
PREFIX = "module."  # of every name, once the network was trained on several devices
COUNTER = "num_batches_tracked"  # of batch normalisation; old versions of PyTorch did not store it
NOTES = (
    "The input channels of its first layer were reordered from BGR to RGB: on the same pixels its scores are "
    "those of the imported file, to the half precision of stored weights.",
    "It learnt from photos that were resized without antialiasing. Here it sees a smoother picture, so its "
    "answers can differ from those that the published program gives for the same photo.",
    "Its probabilities are not calibrated: measure it with python -m carmodel.measure.evaluate.",
)


def import_network(
    path: Path,
    size: int,
    *,
    classes: Sequence[str] = CLASSES,
    name: str | None = None,
    folder: Path = WEIGHTS,
) -> Path:
    """Converts the state dict in a file into NAME.safetensors with its card, and returns the path of that.

    `classes` is the order of the file's outputs; `name` is "imported-75" or "imported-100" by default.
    Nothing that exists is replaced. Raises WeightsError, as `convert` and `carmodel.weights.save` do, and
    OSError for a folder that cannot be written.
    """
    name = name or f"imported-{size}"
    for file in (f"{name}.safetensors", f"{name}.json"):
        if (folder / file).exists():
            raise WeightsError(f"{file} exists already; choose another name.")
    network = convert(path, size, classes)
    data = {
        "imported from": path.name,
        "sha256 of that file": sha256(read_bytes(path, MAX_CHECKPOINT)).hexdigest(),
        "order of its outputs": list(classes),
        "notes": list(NOTES),
    }
    return save(network, Card(name, size, network.batchnorm, CLASSES, 1.0, "", data, {}, {}), folder)


def convert(path: Path, size: int, classes: Sequence[str] = CLASSES) -> CarNet:
    """The network of `size` px with the values of a published state dict, for RGB, in evaluation mode.

    `classes` is the order of the file's outputs; those of the network are in the order of CLASSES.

    Raises WeightsError for a file that cannot be read or holds code, for the other size and for layers that
    do not fit.
    """
    if sorted(classes) != sorted(CLASSES):
        raise WeightsError(f"The outputs of {path.name} need each of {', '.join(CLASSES)} once.")
    tensors = read_state_dict(path)
    network = _blank(size, any(key.startswith("batchnorm_") for key in tensors))
    own = {
        key.partition(".")[2]: key for key in network.state_dict()
    }  # conv1.weight -> features.conv1.weight
    expected = {name: network.state_dict()[key] for name, key in own.items()}
    tensors = {name: torch.tensor(0) for name in own if name.endswith(COUNTER)} | tensors
    if wrong := _other_size(size, tensors) or wrong_tensor(expected, tensors):
        raise WeightsError(f"{path.name} does not fit the network of {size} px: {wrong}.")
    rows = [list(classes).index(label) for label in CLASSES]
    tensors["conv1.weight"] = tensors["conv1.weight"].flip(1)  # (32, 3, 3, 3): BGR -> RGB
    tensors |= {name: tensors[name][rows] for name in ("fc3.weight", "fc3.bias")}
    full = {
        key: tensors[name].to(expected[name].dtype, copy=True)  # memory of its own, which saving asks for
        for name, key in own.items()
    }
    network.load_state_dict(full, assign=True)
    return network.eval().requires_grad_(False)


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors by name in a file of torch.save, by themselves or among other things; no code is run.

    Raises WeightsError for what is no such file, holds anything that is not plain data, or no tensors.
    """
    data = read_bytes(path, MAX_CHECKPOINT)
    try:
        with warnings.catch_warnings(action="ignore"):
            table = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # of many kinds, from EOFError to UnpicklingError
        if wants_memory(error):
            raise
        raise WeightsError(f"{path.name} {_unreadable(data)}") from error
    if isinstance(table, dict):
        table = next((table[key] for key in WRAPPERS if isinstance(table.get(key), dict)), table)
    if not isinstance(table, dict) or not table:
        raise WeightsError(
            f"{path.name} does not hold a state dict: save model.state_dict() with torch.save."
        )
    for key, value in table.items():
        if not (isinstance(key, str) and _is_plain(value)):
            raise WeightsError(
                f"{path.name} does not hold a state dict: {brief(key)} does not name a tensor."
            )
    prefix = PREFIX if all(key.startswith(PREFIX) for key in table) else ""
    return {key.removeprefix(prefix): value.detach() for key, value in table.items()}


def _unreadable(data: bytes) -> str:
    """Why torch.load refused a file; its own explanation runs to a page and advises to trust the file."""
    try:
        objects = sorted(get_unsafe_globals_in_checkpoint(io.BytesIO(data)))
    except Exception:  # not a checkpoint at all, or one of before PyTorch 1.6
        objects = []
    fault = f"it holds more than tensors ({brief(objects[0])})" if objects else "it is damaged or holds code"
    return (
        f"is refused, because {fault} and reading it could run anything: "
        "save model.state_dict() alone with torch.save."
    )


def _is_plain(value: object) -> bool:
    """Whether a value is a tensor with all its values: neither sparse nor without memory."""
    return isinstance(value, Tensor) and value.layout == torch.strided and value.device.type == "cpu"


def _blank(size: int, batchnorm: bool) -> CarNet:
    with torch.device("meta"):
        return CarNet(size, batchnorm)


def _other_size(size: int, tensors: dict[str, Tensor]) -> str:
    """Which other size would fit, in words; "" if that is not what is wrong."""
    if "fc1.weight" in tensors:
        shape = tensors["fc1.weight"].shape
        for other in SIZES:
            if other != size and shape == _blank(other, False).head.get_parameter("fc1.weight").shape:
                return f"its fc1 takes the {shape[1]:,} values of {other} px; use --size {other}"
    return ""
