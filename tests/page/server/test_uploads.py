import io
import time
from collections import namedtuple
from pathlib import Path

import pytest

from page.server import uploads as module
from page.server.refusals import NO_ROOM, Refused
from page.server.uploads import Uploads

ROOT = Path(__file__).resolve().parents[3]
ANN, BOB = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def uploads(tmp_path, monkeypatch):
    """Room for 100 bytes of one visitor and 150 of all."""
    monkeypatch.setattr(module, "LEAST", 1)
    folder = tmp_path / "files"
    folder.mkdir()
    return Uploads(folder, every=0.05, age=60, most_of_one=100, most_of_all=150)


def store(uploads, address, size, name="car.jpg"):
    with uploads.room(address) as room:
        room.take(size)
        return room.keep(name, io.BytesIO(bytes(size)), size)


def test_a_file_lies_in_a_folder_of_its_own(uploads):
    first, second = (store(uploads, ANN, 10) for _ in range(2))
    assert first != second
    assert first.parent.parent == uploads.folder
    assert first.read_bytes() == bytes(10)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("car.jpg", "car.jpg"),
        ("../../etc/passwd", "passwd"),
        ("..\\win.ini", "win.ini"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        (".hidden", "hidden"),
    ],
)
def test_names_lead_nowhere(uploads, name, stored):
    assert store(uploads, ANN, 1, name).name == stored


def test_the_oldest_of_the_same_visitor_go_and_nobody_elses(uploads):
    bobs = store(uploads, BOB, 40)
    first, second = store(uploads, ANN, 50), store(uploads, ANN, 50)
    third = store(uploads, ANN, 20)
    assert [path.exists() for path in (bobs, first, second, third)] == [True, False, True, True]


def test_the_number_of_files_is_limited_too(uploads, monkeypatch):
    monkeypatch.setattr(module, "MOST_FILES", 3)
    paths = [store(uploads, ANN, 0) for _ in range(5)]
    assert [path.exists() for path in paths] == [False, False, True, True, True]
    assert store(uploads, BOB, 0).exists()
    monkeypatch.setattr(module, "LEAST", 60)  # even an empty file takes room
    store(uploads, BOB, 0)
    assert uploads._of(BOB) >= 60


def test_without_room_a_polite_refusal(uploads):
    with pytest.raises(Refused) as refused:
        store(uploads, ANN, 101)
    assert (refused.value.sentence, refused.value.status) == (NO_ROOM, 507)
    assert list(uploads.folder.iterdir()) == []
    store(uploads, ANN, 100)  # what the refused one had taken was given back
    with pytest.raises(Refused):  # 50 bytes of all are left, and Bob has nothing that could go
        store(uploads, BOB, 51)
    assert store(uploads, BOB, 50).exists()


def test_what_is_on_its_way_counts(uploads):
    with uploads.room(ANN) as room:
        room.take(90)
        with uploads.room(BOB) as other, pytest.raises(Refused):
            other.take(61)
    assert store(uploads, BOB, 61).exists()


def test_half_of_the_free_disk_is_left(uploads, monkeypatch):
    disk = namedtuple("disk", "total used free")
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: disk(0, 0, 40))
    with pytest.raises(Refused):
        store(uploads, ANN, 21)
    assert store(uploads, ANN, 20).exists()


def test_a_full_disk_leaves_nothing(uploads):
    class Full(io.BytesIO):
        def read(self, *given):
            raise OSError(28, "No space left on device")

    with uploads.room(ANN) as room, pytest.raises(OSError, match="No space"):
        room.take(5)
        room.keep("car.jpg", Full(), 5)
    assert list(uploads.folder.iterdir()) == []


def age(path, seconds):
    """Time passes: the clock of the sweeper goes ahead."""
    return time.time() + seconds - path.stat().st_ctime


def test_what_is_old_goes_whoever_put_it_there(uploads, monkeypatch):
    young_at = time.time()
    path = store(uploads, ANN, 10)
    orphan = uploads.folder / "cut-off" / "part"
    orphan.parent.mkdir()
    orphan.write_bytes(b"half a photo")
    (uploads.folder / "loose").write_bytes(b"")
    (uploads.folder / "link").symlink_to("/etc/passwd")
    uploads.sweep()
    assert path.exists() and orphan.exists()
    monkeypatch.setattr(module.time, "time", lambda: young_at + 61)
    uploads.sweep()
    assert not path.exists() and not orphan.exists()
    monkeypatch.setattr(module.time, "time", lambda: young_at + 200)
    uploads.sweep()
    assert list(uploads.folder.iterdir()) == []
    assert Path("/etc/passwd").exists()
    assert store(uploads, ANN, 100).exists()  # nothing is counted that has gone


def test_beyond_the_room_for_all_what_the_page_made_goes_first(uploads):
    kept = store(uploads, ANN, 100)
    made = [uploads.folder / f"{number}.zip" for number in range(3)]
    for path in made:
        path.write_bytes(bytes(20))
        time.sleep(0.02)
    uploads.sweep()
    assert [path.exists() for path in (kept, *made)] == [True, False, True, True]


def test_the_sweeper_survives_whatever_happens_and_is_replaced_when_it_has_died(uploads, monkeypatch, caplog):
    calls = []

    def fail():
        calls.append(1)
        raise RuntimeError("Set changed size during iteration")

    monkeypatch.setattr(uploads, "sweep", fail)
    uploads.start()
    deadline = time.monotonic() + 20
    while len(calls) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(calls) >= 3
    assert "could not be swept" in caplog.text
    first = uploads._sweeper
    uploads.close()
    first.join(5)
    uploads._closing.clear()
    uploads.start()
    assert uploads._sweeper is not first and uploads._sweeper.is_alive()
    uploads.close()
