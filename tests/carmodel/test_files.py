import errno
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from carmodel.files import whole_file, write_whole

ROOT = Path(__file__).resolve().parents[2]
MEGABYTES = 8
# Writes all a, then all b, and so on, for ever.
WRITER = f"""
import itertools, sys
from pathlib import Path
from carmodel.files import write_whole
for letter in itertools.cycle((b"a", b"b")):
    write_whole(Path(sys.argv[1]), letter * {MEGABYTES * 10**6})
"""


def test_text_and_bytes_are_written_into_a_new_folder(tmp_path):
    write_whole(tmp_path / "new" / "a.txt", "ä\n")
    write_whole(tmp_path / "new" / "b.bin", b"\xff")
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"\xc3\xa4\n"
    assert (tmp_path / "new" / "b.bin").read_bytes() == b"\xff"
    assert len(list((tmp_path / "new").iterdir())) == 2


def test_after_an_error_nothing_has_changed(tmp_path):
    path = tmp_path / "a"
    write_whole(path, b"old")
    with pytest.raises(OSError, match="full"), whole_file(path) as file:
        file.write(b"ne")
        raise OSError(errno.ENOSPC, "full")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_whose_writer_was_killed_is_whole(tmp_path):
    path = tmp_path / "letters"
    killed_while_writing = 0
    for attempt in range(60):  # until one was killed in the middle; where that is depends on the machine
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=ROOT)
        deadline = time.monotonic() + 60
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.03 + 0.007 * (attempt % 8))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        content = path.read_bytes()
        assert len(content) == MEGABYTES * 10**6
        assert content.count(content[:1]) == len(content)
        killed_while_writing += len(list(tmp_path.iterdir())) > 1
        path.unlink()
        if killed_while_writing and attempt >= 5:
            break
    assert killed_while_writing > 0
