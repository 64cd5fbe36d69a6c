import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from explain.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
# The command, killed when it calls a function for the third time, or one that is called once.
KILLED = """
import os, pathlib, signal, sys
from unittest import mock
from explain.__main__ import main
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


@pytest.mark.parametrize("place", ["explain.files.contact_sheet", "pathlib.Path.replace"])
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
    assert len(list(out.iterdir())) == len(now) + 1  # the hidden folder that it was writing into
    if place.endswith("replace"):
        assert now.keys() == before.keys() - {"report.json"}
    else:
        assert now == before
    assert main(given) == 0
    after = {path.name for path in out.iterdir() if path.is_file()}
    assert after == before.keys()
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["target"] == "suv"
