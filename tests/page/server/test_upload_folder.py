import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from page.server.upload_folder import PREFIX, own_uploads

ROOT = Path(__file__).resolve().parents[3]
ANN = "192.0.2.1"


def store(uploads, address, size):
    with uploads.room(address) as room:
        room.take(size)
        return room.keep("car.jpg", io.BytesIO(bytes(size)), size)


def test_whoever_uploads_while_the_page_ends_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with own_uploads() as uploads:
        store(uploads, ANN, 10)
    with pytest.raises(OSError):
        store(uploads, ANN, 10)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_this_processes_own_and_gone_in_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with own_uploads() as uploads:
        assert Path(get_upload_folder()) == uploads.folder
        assert uploads.folder.parent.parent == tmp_path
        assert uploads.folder.parent.stat().st_mode & 0o777 == 0o700
        store(uploads, ANN, 10)
    assert get_upload_folder() == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_deleted_by_the_next_and_nothing_else(tmp_path, monkeypatch):
    """A second process that lives keeps its folder, and what only looks like one stays too."""
    code = (
        "import time; from page.server.upload_folder import own_uploads\n"
        "with own_uploads() as uploads:\n"
        "    (uploads.folder / 'car.jpg').write_bytes(b'x'); print('ready', flush=True); time.sleep(600)\n"
    )
    environment = {**os.environ, "GRADIO_TEMP_DIR": str(tmp_path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    try:
        assert [process.stdout.readline() for process in processes] == [b"ready\n"] * 2
        (tmp_path / f"{PREFIX}file").write_bytes(b"")
        (tmp_path / f"{PREFIX}link").symlink_to(ROOT)
        assert len(list(tmp_path.glob("*/files/car.jpg"))) == 2
        processes[0].send_signal(signal.SIGKILL)
        processes[0].wait()
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
        with own_uploads():
            assert len(list(tmp_path.glob("*/files/car.jpg"))) == 1
        assert (tmp_path / f"{PREFIX}file").exists() and (ROOT / "dashboard.py").exists()
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdout.close()
