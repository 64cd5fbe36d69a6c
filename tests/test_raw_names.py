"""Files and folders whose names are bytes that are no UTF-8, as of a disk written with Latin-1."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from carmodel.network import CLASSES

ROOT = Path(__file__).resolve().parent.parent
RAW, SHOWN = os.fsdecode(b"caf\xe9"), "caf\ufffd"
POSIX = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}  # as a plain server may have it

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")


@pytest.fixture
def photos(tmp_path):
    """train/ and val/ of six photos of each class, one of them unreadable, in a folder with such a name."""
    folder = tmp_path / RAW
    for split in ("train", "val"):
        for label, name in enumerate(CLASSES):
            (folder / split / name).mkdir(parents=True)
            for number in range(6):
                file = folder / split / name / f"{RAW}{number}.png"
                Image.new("RGB", (40, 40), (40 * label, 10 * number, 99)).save(file)
        file.write_bytes(b"no picture")
    return folder


def run(module, *options, **environment):
    command = [sys.executable, "-m", module, *map(str, options)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, env=os.environ | environment, check=False)


@pytest.mark.parametrize("environment", [{}, POSIX], ids=["utf-8", "ascii"])
def test_explain(random_weights, tmp_path, environment):
    photo, out = tmp_path / f"{RAW}.jpg", tmp_path / RAW / "out"
    shutil.copy(ROOT / "examples" / "suv_1.jpg", photo)
    given = [photo, "--out", out, "--weights", random_weights, "--methods", "gradcam"]
    ended = run("explain", *given, **environment)
    assert ended.returncode == 0 and b"Traceback" not in ended.stderr
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["photo"]["file"] == f"{SHOWN}.jpg"
    assert f"{SHOWN}.jpg" in (out / "report.html").read_text(encoding="utf-8")
    ended = run("explain", photo, "--out", photo / "out", "--weights", random_weights, **environment)
    shown = "caf\\ufffd.jpg" if environment else f"{SHOWN}.jpg"
    assert f"Cannot write into {tmp_path}/{shown}/out: " in ended.stderr.decode()
    assert ended.returncode == 2 and ended.stderr.count(b"\n") == 1


def test_survey(photos, random_weights, tmp_path):
    files = (f"{path.relative_to(photos)},val,{path.parent.name},{RAW}" for path in photos.glob("val/*/*"))
    (photos / "manifest.csv").write_bytes(os.fsencode("\n".join(["path,split,label,source", *files])))
    out = tmp_path / RAW / "out"
    places = ["--data", photos, "--out", out, "--weights", random_weights]
    ended = run("explain.survey", *places, "--photos", 1)
    assert ended.returncode == 0 and b"Traceback" not in ended.stderr
    summary = json.loads((out / "survey.json").read_text(encoding="utf-8"))
    assert summary["photos"]["sources"] == {SHOWN: 1}
    assert (out / "survey.csv").read_text(encoding="utf-8") and (out / "report.html").exists()
    ended = run("explain.survey", *places, "--seed", 2)
    assert f"{SHOWN}/out/photos holds a survey that differs in photos_sha256, seed" in ended.stderr.decode()


@pytest.mark.parametrize("environment", [{}, POSIX], ids=["utf-8", "ascii"])
def test_training(photos, tmp_path, environment):
    made = tmp_path / RAW
    options = ["--data", photos, "--cache", made / "frames", "--size", 75, "--batch", 8, "--epochs", 1]
    places = ["--out", made, "--checkpoint", made / "run.pt", "--device", "cpu"]
    ended = run("carmodel.train", *options, *places, **environment)
    assert ended.returncode == 0, ended.stderr
    shown = "caf\\ufffd" if environment else SHOWN
    assert ended.stderr.decode().count(f"{shown}5.png: This file cannot be read as a picture") == 2
    assert ended.stdout.decode().endswith(f"\nwrote {tmp_path}/{shown}/final-75.safetensors\n")


def test_frames_of_photos_whose_names_look_the_same_are_kept_apart(tmp_path):
    from carmodel.train.data import Sample, load_frames

    for place, byte in enumerate((b"\xe8", b"\xe9")):
        path = tmp_path / os.fsdecode(b"caf" + byte + b".png")
        Image.new("RGB", (40, 40), (50 * place, 0, 0)).save(path)
        os.utime(path, (0, 0))
        assert np.unique(load_frames([Sample(path, 0, "train")], tmp_path / "cache").pixels).tolist() == [
            0,
            *([50] * place),
        ]
