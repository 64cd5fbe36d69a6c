"""What visitors upload: where it lies, how much of it there may be, and when it is deleted.

gradio keeps lists of files to delete, into which a request may write and which forget what was cut off. Here
the folder itself is what counts: it belongs to this process alone, whatever is in it is deleted by its age,
and nothing outside it is ever touched.
"""

import logging
import os
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from page.gradio_patches import strip_invalid_filename_characters
from page.server.refusals import NO_ROOM, Refused

log = logging.getLogger(__name__)

EVERY, AGE = 30.0, 480.0  # seconds: twice a minute, files of more than eight minutes are deleted
MOST_OF_ONE = 300_000_000  # bytes of one address
MOST_OF_ALL = 2_000_000_000  # bytes, or half of what the disk has room for
MOST_FILES, LEAST = 200, 8_192  # files of one address; bytes that even an empty one counts as
EMPTY_FOLDERS = 60.0  # seconds that an empty folder is left to whoever has just made it


@dataclass(eq=False)
class Uploads:
    """The uploads in a folder; may be shared by threads."""

    folder: Path
    every: float = EVERY
    age: float = AGE
    most_of_one: int = MOST_OF_ONE
    most_of_all: int = MOST_OF_ALL
    _stored: dict[str, dict[Path, int]] = field(default_factory=dict)  # by address: bytes, the oldest first
    _bytes: Counter[str] = field(default_factory=Counter)  # of what is stored, by address
    _coming: Counter[str] = field(default_factory=Counter)  # bytes on their way, by address
    _beside: int = 0  # bytes that nobody uploaded: what the page made, when it was last looked at
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _closing: threading.Event = field(default_factory=threading.Event)
    _sweeper: threading.Thread | None = None

    @contextmanager
    def room(self, address: str) -> Iterator["Room"]:
        """Room for what an address is about to send; given back at the end, but for what was stored."""
        room = Room(self, address)
        try:
            yield room
        finally:
            self.give_back(address, room.taken)

    def take(self, address: str, count: int) -> None:
        """Sets bytes aside for an address; its oldest uploads go for it. Raises Refused without room."""
        with self._lock:
            most = self._most()
            while self._of(address) + count > self.most_of_one or self._of_all() + count > most:
                self._delete_oldest(address)
            self._coming[address] += count

    def give_back(self, address: str, count: int, stored: Path | None = None) -> None:
        """Bytes set aside that are not on their way any more, of which a file was `stored` or nothing."""
        with self._lock:
            self._coming[address] -= count
            if self._coming[address] <= 0:
                del self._coming[address]
            if stored:
                own = self._stored.setdefault(address, {})
                own[stored] = max(count, LEAST)
                self._bytes[address] += own[stored]
                if len(own) > MOST_FILES:
                    self._delete_oldest(address)

    def sweep(self) -> None:
        """Deletes what is too old, and of what the page itself made the oldest beyond the room for all."""
        now, beside = time.time(), []
        for path, facts in _files(self.folder):
            if now - max(facts.st_ctime, facts.st_mtime) > self.age:
                self._delete(path)
            elif not any(path in own for own in list(self._stored.values())):
                beside.append((facts.st_ctime, facts.st_size, path))
        with self._lock:
            self._beside = sum(size for _, size, _ in beside)
            for _, size, path in sorted(beside):
                if self._of_all() <= self._most():
                    break
                self._delete(path)
                self._beside -= size
        for path in self.folder.iterdir():
            with suppress(OSError):  # it holds something, or is no folder
                if now - path.lstat().st_mtime > EMPTY_FOLDERS:
                    path.rmdir()

    def start(self) -> None:
        """Sweeps regularly from now on, in a thread; one that has died is replaced."""
        with self._lock:
            if self._sweeper is None or not self._sweeper.is_alive():
                self._sweeper = threading.Thread(target=self._sweep_on, name="sweeper", daemon=True)
                self._sweeper.start()

    def close(self) -> None:
        """Ends the sweeping."""
        self._closing.set()
        if self._sweeper:
            self._sweeper.join(1)

    def _sweep_on(self) -> None:
        while not self._closing.wait(self.every):
            try:
                self.sweep()
            except Exception:  # whatever it is: the next turn may go better, and uploads must not stay
                log.exception("Uploads could not be swept.")

    def _of(self, address: str) -> int:
        return self._bytes[address] + self._coming[address]

    def _of_all(self) -> int:
        return self._bytes.total() + self._coming.total() + self._beside

    def _most(self) -> float:
        """Bytes that all uploads may have together."""
        try:
            free = shutil.disk_usage(self.folder).free
        except OSError:
            return self.most_of_all
        return min(self.most_of_all, (free + self._of_all()) / 2)

    def _delete_oldest(self, address: str) -> None:
        """Makes room for an address with its own. Raises Refused where it has nothing stored."""
        if address not in self._stored:
            raise Refused(NO_ROOM, 507)
        self._delete(next(iter(self._stored[address])))

    def _delete(self, path: Path) -> None:
        with self._lock:
            for address, own in list(self._stored.items()):
                if path in own:
                    self._bytes -= Counter({address: own.pop(path)})
                if not own:
                    del self._stored[address]
        try:
            path.unlink()
            path.parent.rmdir()
        except OSError as error:
            if path.exists():
                log.warning("An upload could not be deleted: %s", error.strerror)


class Room:
    """What one request that uploads has been given so far."""

    def __init__(self, uploads: Uploads, address: str) -> None:
        self._uploads = uploads
        self._address = address
        self.taken = 0  # bytes

    def take(self, count: int) -> None:
        """Room for so many more bytes. Raises Refused."""
        self._uploads.take(self._address, count)
        self.taken += count

    def keep(self, name: str, content: BinaryIO, size: int) -> Path:
        """Stores a file of so many bytes that room was taken for, under a harmless name; its path.

        Raises OSError, after which nothing of it is left.
        """
        path = self._uploads.folder / secrets.token_hex(16) / _harmless(name)
        path.parent.mkdir()  # not the folder of uploads itself, which may be on its way out
        try:
            with path.open("xb") as file:
                shutil.copyfileobj(content, file)
        except OSError:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        self._uploads.give_back(self._address, size, stored=path)
        self.taken -= size
        return path


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Everything in a folder that is no folder, and what the system knows of it; links are not followed."""
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            with suppress(OSError):  # deleted meanwhile
                yield path, path.lstat()


def _harmless(name: str) -> str:
    """A file's name without folders and odd characters, at most 200 bytes long; "file" if none is left."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return strip_invalid_filename_characters(last).strip(". ") or "file"
