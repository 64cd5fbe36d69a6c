"""Files written whole or not at all: who reads one, or is killed meanwhile, has the old or the new one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` at the end; after an error nothing has changed.

    Makes the folder if there is none. Raises OSError, which names `path` also where the system names no file,
    as on a full disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            yield file
        beside.replace(path)
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(beside)):
            error.filename = str(path)
        raise
    finally:
        beside.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | str) -> None:
    """Writes a file, a text as UTF-8, whole or not at all; raises OSError."""
    with whole_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)
