import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from carmodel import files
from carmodel.files import name_bytes, shown, whole_file, write_whole

ROOT = Path(__file__).resolve().parents[2]
MEGABYTES = 8
# Writes all a, then all b, and so on, for ever; with a second argument as where files need names.
WRITER = f"""
import itertools, sys
from pathlib import Path
from carmodel import files
from carmodel.files import write_whole
if sys.argv[2:]:
    files._nameless = lambda folder: None
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


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(
            False, marks=pytest.mark.skipif(sys.platform != "linux", reason="files there need names")
        ),
        True,
    ],
)
def test_a_file_whose_writer_was_killed_is_whole(tmp_path, named):
    """And the draft that it may leave is removed when the next file is written."""
    path = tmp_path / "letters"
    drafts = 0
    for attempt in range(60):  # until one was killed in the middle; where that is depends on the machine
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path), *["named"] * named], cwd=ROOT)
        deadline = time.monotonic() + 60
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.03 + 0.007 * (attempt % 8))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        content = path.read_bytes()
        assert len(content) == MEGABYTES * 10**6
        assert content.count(content[:1]) == len(content)
        drafts += len(list(tmp_path.iterdir())) > 1
        write_whole(tmp_path / "other", "")
        assert sorted(tmp_path.iterdir()) == [path, tmp_path / "other"]
        path.unlink()
        if attempt >= 5 and (drafts or not named):
            break
    assert drafts or not named


@pytest.mark.skipif(sys.platform != "linux", reason="files there need names")
def test_a_file_has_no_name_before_it_is_whole(tmp_path):
    with whole_file(tmp_path / "new" / "a") as file:
        file.write(b"content")
        file.flush()
        assert not list((tmp_path / "new").iterdir())
    assert (tmp_path / "new" / "a").read_bytes() == b"content"
    (tmp_path / "plain").touch()
    assert (tmp_path / "new" / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_drafts_of_others_who_live_are_left_alone(tmp_path):
    mine, foreign = (tmp_path / f".a.{os.getpid()}@{host}.draft" for host in (files.HOST, "elsewhere"))
    nobody = tmp_path / f".a.{2**22 + 1}@{files.HOST}.draft"  # Linux has no process of this number
    for path in (mine, foreign, nobody):
        path.touch()
    write_whole(tmp_path / "b", "")
    assert sorted(tmp_path.iterdir()) == sorted([mine, foreign, tmp_path / "b"])


def test_names_that_are_no_utf8_can_be_shown_and_told_apart():
    latin, other = (os.fsdecode(b"caf" + byte + b".jpg") for byte in (b"\xe9", b"\xe8"))
    assert shown(Path(latin)) == shown(other) == "caf\ufffd.jpg"
    assert name_bytes(latin) != name_bytes(other)
    assert (shown("café.jpg"), name_bytes("café.jpg")) == ("café.jpg", "café.jpg".encode())
