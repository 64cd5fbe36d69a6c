"""The folder of uploads: this process's own from its start to its end, whichever way it ends."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from page.server.uploads import Uploads

PREFIX, LOCK = "car-photos-", "lock"
END_WITHIN = 2.0  # seconds that are waited until everything is deleted in the end
YOUNG = 60.0  # seconds in which a folder without a lock may be another process's that starts now


@contextmanager
def own_uploads(**limits: Any) -> Iterator[Uploads]:  # noqa: ANN401
    """Uploads in a new folder of this process, which gradio uses too; it is swept, and deleted in the end.

    It lies where GRADIO_TEMP_DIR says, or among the system's temporary files. What processes left behind that
    were killed is deleted first: a lock, which ends with its process, says which those are.
    """
    before = os.environ.get("GRADIO_TEMP_DIR")
    place = Path(before or tempfile.gettempdir())
    place.mkdir(parents=True, exist_ok=True)
    _delete_orphans(place)
    home, lock = _locked_folder(place)
    uploads = Uploads(home / "files", **limits)
    uploads.folder.mkdir()
    os.environ["GRADIO_TEMP_DIR"] = str(uploads.folder)  # gradio asks for it at every request
    uploads.start()
    try:
        yield uploads
    finally:
        uploads.close()
        os.environ.pop("GRADIO_TEMP_DIR")
        if before is not None:
            os.environ["GRADIO_TEMP_DIR"] = before
        gone = home
        with suppress(OSError):  # where the system keeps the name of a folder with an open file
            gone = home.rename(home.with_name(f"{home.name}-gone"))  # whoever uploads still finds it no more
        # By a process of its own: this one may be busy, and must not wait for long.
        delete = "import shutil, sys; shutil.rmtree(sys.argv[1], True)"
        deleting = subprocess.Popen([sys.executable, "-ISc", delete, str(gone)], start_new_session=True)
        with suppress(subprocess.TimeoutExpired):
            deleting.wait(END_WITHIN)
        lock.release()


def _locked_folder(place: Path) -> tuple[Path, FileLock]:
    """A new folder that nobody else may read, and its lock, which this process holds."""
    while True:
        home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place)).resolve()
        lock = FileLock(home / LOCK)
        with suppress(OSError):  # another process that starts now took it for one left behind
            lock.acquire()
            if (home / LOCK).exists():
                return home, lock


def _delete_orphans(place: Path) -> None:
    """Deletes this user's folders whose process has ended."""
    user = getattr(os, "getuid", lambda: 0)()
    for home in place.glob(f"{PREFIX}*"):
        with suppress(OSError, Timeout):
            facts = home.lstat()
            young = time.time() - facts.st_mtime < YOUNG and not (home / LOCK).exists()
            if stat.S_ISDIR(facts.st_mode) and facts.st_uid == user and not young:
                with FileLock(home / LOCK, timeout=0):
                    shutil.rmtree(home, ignore_errors=True)
