"""Which files a request may name: those that were uploaded, and no other."""

import os
import stat
from collections.abc import Mapping
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from carmodel.photo import PhotoError
from page.gradio_patches import get_upload_folder
from page.server.refusals import NOT_UPLOADED

SHOWN = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/avif", "image/bmp")  # never SVG


def uploaded(path: object) -> Path:
    """The path of a file below the folder of uploads, as it was given.

    Raises PhotoError unless it leads there without a detour or a link and is a regular file.
    """
    try:
        file = Path(path) if isinstance(path, str | Path) else None
        folder = Path(get_upload_folder()).resolve()
        straight = file is not None and folder in file.parents and file.resolve() == file
        if file is not None and straight and stat.S_ISREG(file.lstat().st_mode):
            return file
    except (OSError, ValueError, RuntimeError):  # no such file; a zero in its name; links in a circle
        pass
    raise PhotoError(NOT_UPLOADED)


def is_shown(path: str | os.PathLike[str]) -> bool:
    """Whether the page sends a file as a picture, by its name, to be shown and not saved."""
    return guess_type(os.fspath(path))[0] in SHOWN


def check_paths(value: Any) -> None:  # noqa: ANN401
    """Raises PhotoError if a value from JSON names a file anywhere in it that was not uploaded."""
    if isinstance(value, Mapping):
        if isinstance(value.get("path"), str):
            uploaded(value["path"])
        for entry in value.values():
            check_paths(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            check_paths(entry)


def is_uploaded(path: str | os.PathLike[str]) -> bool:
    """Whether a request may name this file."""
    try:
        uploaded(path)
    except PhotoError:
        return False
    return True
