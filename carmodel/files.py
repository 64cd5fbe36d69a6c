"""Files written whole or not at all, and the names of files as text."""

import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

HOST = platform.node()  # processes of others in the same folder cannot be asked whether they live
DRAFT = re.compile(rf"\..+\.([0-9]+)@{re.escape(HOST)}\.draft", re.DOTALL)  # with its process's number
OPEN = Path("/proc/self/fd")  # on Linux: each file that this process has open, by its number
ALONE = re.compile("[\ud800-\udfff]")  # in Python's text: a byte of a name that is no UTF-8


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` at the end; after an error nothing has changed.

    Who reads it, or is killed meanwhile, has the old or the new one. Makes the folder if there is none. A
    process that is killed leaves nothing, or where the system knows no files without a name a draft, which
    the next file written into the folder removes. Raises OSError, which names `path` also where the system
    names no file, as on a full disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_drafts(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}@{HOST}.draft")
    nameless = _nameless(path.parent)
    try:
        with draft.open("wb") if nameless is None else os.fdopen(nameless, "wb") as file:
            yield file
            if nameless is not None:
                file.flush()
                _name(nameless, draft)
        draft.replace(path)
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(draft), str(nameless)):
            error.filename = str(path)
        raise
    finally:
        draft.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | str) -> None:
    """Writes a file, a text as UTF-8, whole or not at all; raises OSError."""
    with whole_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def name_bytes(text: str) -> bytes:
    """A file's name, or a line with one in it, as bytes to compare or to take a checksum of; never fails."""
    return text.encode(errors="surrogatepass")


def shown(name: object) -> str:
    """A file's name, or a sentence with one in it, as text that can be written anywhere.

    On Linux a name is bytes: what is no UTF-8 in it becomes a replacement character.
    """
    return ALONE.sub("\ufffd", str(name))


def _nameless(folder: Path) -> int | None:
    """A new file in a folder, as yet without a name: the system forgets it with the process that has it open.

    None where there is no such thing, or it cannot be made: then a file with a name shows why not.
    """
    if sys.platform == "linux" and OPEN.exists():
        with suppress(OSError):
            return os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o666)
    return None


def _name(nameless: int, path: Path) -> None:
    """Gives a file a name, which takes the place of no other."""
    opened = os.open(OPEN, os.O_RDONLY)
    try:
        path.unlink(missing_ok=True)
        os.link(str(nameless), path, src_dir_fd=opened, follow_symlinks=True)
    finally:
        os.close(opened)


def _remove_drafts(folder: Path) -> None:
    """Removes what processes of this machine that were killed left in a folder, if it may be."""
    with suppress(OSError):
        for path in folder.iterdir():
            if (draft := DRAFT.fullmatch(path.name)) and not _lives(int(draft[1])):
                path.unlink()


def _lives(process: int) -> bool:
    if sys.platform == "win32":
        return False  # it refuses to remove what a process has open
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
