"""What a run that was stopped goes on from: torch.save, whole or not at all, and back without code in it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from carmodel.files import whole_file
from carmodel.memory import wants_memory
from carmodel.train.data import DataError


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Writes the state of a run; a file that was there is replaced in one step."""
    with whole_file(path) as file:
        torch.save(dict(state), file)


def read_checkpoint(path: Path, parts: Iterable[str], device: torch.device | str = "cpu") -> dict[str, Any]:
    """The state that `write_checkpoint` wrote, with tensors on `device`.

    Raises DataError where the file is damaged, or lacks one of the parts and so belongs to another command,
    and OSError where it cannot be read.
    """
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except OSError:
        raise
    except Exception as error:  # of many kinds, from EOFError to UnpicklingError
        if wants_memory(error):
            raise
        raise DataError(f"{path} is damaged; delete it to begin anew.") from error
    if not isinstance(state, dict) or not set(parts) <= state.keys():
        raise DataError(f"{path} is a checkpoint of something else; name another one or delete it.")
    return state
