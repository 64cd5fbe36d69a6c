import csv
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from carmodel.network import CLASSES
from explain.survey import command, workers
from explain.survey.command import main
from explain.survey.records import Record, write_record

ROOT = Path(__file__).resolve().parents[3]
STARTS_WITHIN = 300  # seconds, on a busy machine
RESULTS = {"survey.json", "survey.csv", "report.html", "areas.png", "maps.npz"}

# A survey in a process of its own whose measuring is quick: worker processes run the first lines as well.
SCRIPT = """
import sys, time
from pathlib import Path
from types import MappingProxyType
from explain.survey import workers
from explain.survey.photo import survey_maps
from explain.survey.records import read_record

def measure(explainer, photo):
    time.sleep(0.2)
    return read_record(Path({record!r}))

workers.PARTS = MappingProxyType({{"maps": measure}})
if __name__ == "__main__":
    from explain.survey import command
    command.draw = lambda summary, maps: {{}}
    sys.exit(command.main())
"""


@pytest.fixture
def measured(monkeypatch, maps_record):
    """Puts quick records in the place of every part, made of the photo's brightness, and draws nothing."""
    monkeypatch.setattr(command, "draw", lambda summary, maps: {"areas": b"drawn"})
    seen = []

    def maps(explainer, photo):
        seen.append(("maps", grey := round(float(photo.frame.mean()) * 255)))
        return maps_record("sedan", grey / 255)

    def extra(explainer, photo):
        seen.append(("stability", round(float(photo.frame.mean()) * 255)))
        return Record(({"network": "75", "method": "shap", "stability": 0.5},), {"stability, shap": 1.0})

    monkeypatch.setattr(workers, "PARTS", {"maps": maps, "stability": extra, "sanity": extra})
    return seen


@pytest.fixture
def run(photos, random_weights, tmp_path):
    def run(*options, out="out"):
        places = ["--data", photos, "--weights", random_weights, "--out", tmp_path / out]
        return main([*map(str, places), *options])

    return run


def rows(folder):
    with (folder / "survey.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def results(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_every_file_is_written_and_names_no_photo(run, measured, tmp_path, photos):
    assert run("--photos", "8") == 0
    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} == RESULTS | {"photos"}
    table = rows(out)
    assert len(table) == 8 * 9
    assert {row["number"] for row in table} == {str(number) for number in range(1, 9)}
    classes = [row["class"] for row in table if (row["network"], row["method"]) == ("75", "shap")]
    assert classes == [*CLASSES, *CLASSES]
    assert all(row["right"] == str(row["class"] == "sedan") for row in table)
    for path in [*out.iterdir(), *(out / "photos").iterdir()]:
        assert path.is_dir() or str(photos).encode() not in path.read_bytes()
    summary = json.loads((out / "survey.json").read_text(encoding="utf-8"))
    assert summary["photos"]["read"] == 8 and summary["settings"]["split"] == "val"
    assert summary["settings"]["networks_sha256"].keys() == {"final-75", "final-100"}


def test_a_survey_that_was_stopped_measures_only_what_is_missing(
    run, measured, monkeypatch, capsys, tmp_path
):
    assert run("--photos", "6", out="whole") == 0
    whole = list(measured)
    measured.clear()
    quick = workers.PARTS["maps"]

    def stop(explainer, photo):
        if len(measured) == 4:
            raise KeyboardInterrupt
        return quick(explainer, photo)

    with monkeypatch.context() as patch:
        patch.setattr(workers, "PARTS", {"maps": stop})
        assert run("--photos", "6") == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"photos"}
    assert run("--photos", "6") == 0
    assert measured == whole  # four, then the other two: none twice
    assert results(tmp_path / "out") == results(tmp_path / "whole")


def test_a_larger_survey_continues_a_smaller_one(run, measured, tmp_path):
    run("--photos", "4")
    first = rows(tmp_path / "out")
    run("--photos", "6", "--stability-photos", "2")
    assert [part for part, _ in measured] == ["maps"] * 4 + ["stability"] * 2 + ["maps"] * 2
    assert len(set(measured)) == 8
    second = rows(tmp_path / "out")
    assert [row | {"stability": ""} for row in second[: len(first)]] == [
        row | {"stability": ""} for row in first
    ]
    stable = [(row["number"], row["network"], row["method"]) for row in second if row["stability"]]
    assert stable == [("1", "75", "shap"), ("2", "75", "shap")]


def test_other_settings_are_refused_in_one_sentence(run, measured, capsys):
    run("--photos", "1")
    capsys.readouterr()
    assert run("--photos", "1", "--seed", "2") == 2
    said = capsys.readouterr().err
    assert "differs in photos_sha256, seed" in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--split", "test"), "has no photo of the class"),
        (("--networks", "mine"), "holds no network of the kind 'mine', such as mine-75"),
        (("--weights", "none"), "holds no network of the kind 'final'"),
        (("--data", "none"), "There is no folder none"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(run, measured, capsys, options, sentence, tmp_path):
    assert run(*options) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_one_sentence(run, measured, monkeypatch, capsys, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workers, "write_record", full)
    assert run("--photos", "1") == 2
    assert capsys.readouterr().err.endswith(
        f"Cannot write into {tmp_path / 'out'}: No space left on device. Please choose another --out.\n"
    )


def test_mean_maps_are_stored_small(run, measured, monkeypatch, tmp_path):
    monkeypatch.setattr("explain.survey.findings.LEAST_PHOTOS", 12)
    run("--photos", "12")
    with np.load(tmp_path / "out" / "maps.npz") as maps:
        assert {"shap_75_all", "gradcam_average_sedan", "integrated_gradients_100_photos"} < set(maps)
        assert maps["shap_75_all"].shape == (75, 75) and maps["shap_75_all"].dtype == np.float16


def test_json_keeps_each_interval_in_a_line():
    table = {"a": {"mean": 0.5, "low": 0.1, "high": 0.9, "n": 3}, "b": [1.0, 2.0], "c": {"d": {"e": "x"}}}
    text = command._as_json(table)
    assert json.loads(text) == table
    assert '"a": { "mean": 0.5, "low": 0.1, "high": 0.9, "n": 3 }' in text and '"b": [ 1.0, 2.0 ]' in text


@pytest.mark.parametrize("options", [("--photos", "0"), ("--split", "other"), ("--workers", "-1")])
def test_wrong_options_exit_with_2(options, capsys):
    with pytest.raises(SystemExit) as error:
        main(["--data", "data", "--out", "out", *options])
    assert error.value.code == 2
    assert "usage: python -m explain.survey" in capsys.readouterr().err


@pytest.fixture
def start(photos, random_weights, tmp_path, maps_record):
    """Starts SCRIPT in a process of its own."""
    write_record(tmp_path / "record.npz", maps_record("sedan", 0.5))
    (tmp_path / "script.py").write_text(SCRIPT.format(record=str(tmp_path / "record.npz")), encoding="utf-8")

    def start(*options, **environment):
        places = ["--data", photos, "--weights", random_weights, "--out", tmp_path / "out"]
        return subprocess.Popen(
            [sys.executable, tmp_path / "script.py", *map(str, places), *options],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


def test_a_killed_survey_ends_its_workers_and_goes_on(start, run, measured, tmp_path):
    process = start("--photos", "8", "--workers", "2")
    folder, until = tmp_path / "out" / "photos", time.monotonic() + STARTS_WITHIN
    while len(list(folder.glob("*.maps.npz"))) < 2:
        assert process.poll() is None and time.monotonic() < until, process.stderr.read()
        time.sleep(0.05)
    process.kill()
    process.communicate()
    while group_exists(process.pid):
        assert time.monotonic() < until
        time.sleep(0.05)
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.maps.npz")}
    assert len(before) < 8 and not (tmp_path / "out" / "report.html").exists()
    assert run("--photos", "8") == 0
    assert len(measured) == 8 - len(before)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(rows(tmp_path / "out")) == 8 * 9


def test_processes_of_torchrun_share_the_photos(start, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    places = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    processes = [start("--photos", "7", **places, RANK=rank, LOCAL_RANK=rank) for rank in "01"]
    said = [process.communicate(timeout=STARTS_WITHIN)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert "4/4" in said[0] and "%" not in said[1]
    assert len(rows(tmp_path / "out")) == 7 * 9


def group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
