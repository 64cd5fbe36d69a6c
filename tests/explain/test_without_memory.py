"""Too little memory, at every step of the way: the command ends well or in one sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from carmodel.network import CLASSES

ROOT = Path(__file__).resolve().parents[2]
BAR = re.compile(r".*\d+%\|.*\|.*")  # of progress
# More limits, such as LEVELS=300:1400:7, in megabytes, than every run of the tests has time for.
LEVELS = [*range(*map(int, os.environ.get("LEVELS", "400:1100:230").split(":")))]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the system does not limit memory")


def run(limit, module, *options):
    """The command's exit code and what it said beside its progress, with so many megabytes."""
    command = f'ulimit -v {limit * 1000}; exec "$@"'
    ended = subprocess.run(
        ["bash", "-c", command, "bash", sys.executable, "-m", module, *map(str, options)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in ended.stderr.splitlines() if line and not BAR.fullmatch(line)]
    return ended.returncode, ended.stdout, lines


def ends_well_or_in_a_sentence(code, out, lines):
    assert code in (0, 2) and out == ""
    assert len(lines) == (1 if code else 0), lines
    assert all("memory" in line and line.endswith(".") for line in lines)


@pytest.mark.parametrize("limit", LEVELS)
def test_explain(random_weights, tmp_path, limit):
    out = tmp_path / "out"
    options = ["--out", out, "--weights", random_weights, "--methods", "gradcam,shap"]
    ended = run(limit, "explain", ROOT / "examples" / "suv_1.jpg", *options)
    ends_well_or_in_a_sentence(*ended)
    assert (out / "report.json").exists() == (ended[0] == 0)
    assert ended[0] == 0 or not out.exists() or not list(out.iterdir())


@pytest.mark.parametrize("limit", LEVELS[::3])
@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_explain_a_large_photo(random_weights, tmp_path, kind, limit):
    photo = tmp_path / f"large.{kind}"
    with Image.open(ROOT / "examples" / "suv_1.jpg") as image:
        image.resize((4400, 3300)).save(photo)
    options = ["--out", tmp_path / "out", "--weights", random_weights, "--methods", "gradcam"]
    ends_well_or_in_a_sentence(*run(limit, "explain", photo, *options))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("limit", LEVELS[:-1:3])
def test_survey(random_weights, tmp_path, limit, workers):
    """No photo is left out for want of memory."""
    for name in CLASSES:
        (tmp_path / "val" / name).mkdir(parents=True)
        Image.effect_noise((60, 40), 80).convert("RGB").save(tmp_path / "val" / name / "1.png")
    out = tmp_path / "out"
    options = ["--data", tmp_path, "--out", out, "--photos", 2, "--weights", random_weights]
    code, *said = run(limit, "explain.survey", *options, "--workers", workers)
    ends_well_or_in_a_sentence(code, *said)
    if code:
        assert not list(out.glob("photos/*.npz"))
