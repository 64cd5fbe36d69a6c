import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from explain.command import main

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "explain"]
MOMENTS = int(os.environ.get("MOMENTS", "5"))  # at which a run is killed
# The command, killed when it calls a function for the third time, or one that is called once.
KILLED = """
import os, pathlib, signal, sys
from unittest import mock
from explain.command import main
calls, once = [], "{place}".endswith("contact_sheet")
replace = pathlib.Path.replace

def kill(*given):
    calls.append(given)
    if once or len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(*given)

with mock.patch("{place}", kill):
    main()
"""


@pytest.mark.parametrize("place", ["explain.report.files.contact_sheet", "pathlib.Path.replace"])
def test_a_killed_run_leaves_no_report_and_the_next_one_completes(random_weights, tmp_path, place):
    """Killed while files are written, or once some of them have taken the place of an earlier run's."""
    photo, out = tmp_path / "car.png", tmp_path / "out"
    Image.effect_noise((90, 60), 80).convert("RGB").save(photo)
    given = [str(photo), "--out", str(out), "--weights", str(random_weights), "--methods", "gradcam"]
    assert main([*given, "--target", "sedan"]) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    given += ["--target", "suv"]
    script = [sys.executable, "-c", KILLED.format(place=place)]
    assert subprocess.run([*script, *given], cwd=ROOT, check=False).returncode == -signal.SIGKILL
    now = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    drafts = {name for name in now if name.endswith(".draft")}
    if place.endswith("replace"):
        assert len(drafts) == 1  # the file that was about to take its place
        assert now.keys() == before.keys() - {"report.json"} | drafts
    elif sys.platform == "linux":
        assert now == before
    assert main(given) == 0
    after = {path.name for path in out.iterdir()}
    assert after == before.keys()
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["target"] == "suv"


@pytest.mark.skipif(sys.platform != "linux", reason="files there need names")
def test_killed_at_any_moment_a_run_leaves_finished_files_only(random_weights, tmp_path):
    """At most a draft, if it was about to take its place; the next run removes that."""
    photo, out = tmp_path / "car.png", tmp_path / "out"
    Image.effect_noise((90, 60), 80).convert("RGB").save(photo)
    given = [str(photo), "--out", str(out), "--weights", str(random_weights), "--methods", "gradcam"]
    started = time.monotonic()
    assert subprocess.run([*COMMAND, *given], cwd=ROOT, check=False).returncode == 0
    whole, seconds = {path.name for path in out.iterdir()}, time.monotonic() - started
    drafts = 0
    for moment in range(MOMENTS):
        shutil.rmtree(out)
        command = subprocess.Popen([*COMMAND, *given], cwd=ROOT, stderr=subprocess.PIPE)
        time.sleep(seconds * (moment + 1) / (MOMENTS + 1))
        command.kill()
        command.communicate()  # until the process that works has ended too
        out.mkdir(exist_ok=True)
        left = {path.name for path in out.iterdir()} - whole
        assert all(name.endswith(".draft") for name in left)
        drafts += len(left)
        if left:
            assert main(given) == 0
            assert {path.name for path in out.iterdir()} == whole
    assert drafts <= 1
