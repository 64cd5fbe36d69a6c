import json

import pytest

from carmodel.release.__main__ import chosen, main
from carmodel.release.runner import BEGUN, DONE, STALE, TO_DO, Places, digest, hours, plan, run_step, state_of
from carmodel.release.steps import COSTS, STEPS, Step
from carmodel.train.samples import DataError

MAKE = Step("make", "a file", ("write", "{data}", "{work}/made"), ("{data}",), ("{work}/made",))
COPY = Step(
    "make, kept",
    "again",
    reads=("{work}/made",),
    makes=("{work}/kept",),
    copies=(("{work}/made", "{work}/kept"),),
)


@pytest.fixture
def places(tmp_path):
    for name in ("cars", "more"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.csv").write_text(f"of {name}")
    return Places((tmp_path / "cars", tmp_path / "more"), (), tmp_path / "work")


@pytest.fixture
def ran(places):
    """Runs commands: writes into their last argument and keeps them."""
    commands = []

    def run(command):
        commands.append(command)
        places.work.mkdir(exist_ok=True)
        (places.work / "made").write_text(f"run {len(commands)}")

    run.commands = commands
    return run


def test_folders_stand_in_the_arguments(places):
    filled = places.filled(["--data", "{data}", "--share", "{name}=0.5", "--out", "{work}/x", "{others}"])
    first, second = map(str, places.data)
    assert filled == ["--data", first, second, "--share", "cars=0.5", "--out", f"{places.work}/x"]


def test_a_step_runs_once(places, ran):
    assert state_of(MAKE, places) == TO_DO
    for _ in range(2):
        run_step(MAKE, places, ran)
    assert state_of(MAKE, places) == DONE
    assert ran.commands == [["write", *map(str, places.data), f"{places.work}/made"]]


def test_a_step_whose_photos_changed_runs_again_from_nothing(places, ran):
    run_step(MAKE, places, ran)
    (places.data[1] / "manifest.csv").write_text("others")
    assert state_of(MAKE, places) == STALE

    def run(command):
        assert not (places.work / "made").exists()
        ran(command)

    run_step(MAKE, places, run)
    assert state_of(MAKE, places) == DONE and len(ran.commands) == 2
    assert (places.work / "made.before").read_text() == "run 1"  # hours of work are not thrown away


def test_a_step_that_was_stopped_goes_on(places, ran):
    def stop(command):
        ran(command)
        raise DataError("stopped")

    with pytest.raises(DataError, match="stopped"):
        run_step(MAKE, places, stop)
    assert state_of(MAKE, places) == BEGUN

    def run(command):
        assert (places.work / "made").read_text() == "run 1"
        ran(command)

    run_step(MAKE, places, run)
    assert state_of(MAKE, places) == DONE


def test_what_was_made_before_there_was_a_stamp_is_gone_on_from(places, ran):
    places.work.mkdir()
    (places.work / "made").write_text("a checkpoint")

    def run(command):
        assert (places.work / "made").read_text() == "a checkpoint"
        ran(command)

    run_step(MAKE, places, run)


def test_what_is_made_of_something_else_follows_it(places, ran):
    with pytest.raises(DataError, match=r"needs .*made; run the steps before"):
        run_step(COPY, places, ran)
    run_step(MAKE, places, ran)
    run_step(COPY, places, ran)
    assert (places.work / "kept").read_text() == "run 1" and state_of(COPY, places) == DONE
    (places.work / "made").write_text("another")
    assert state_of(COPY, places) == STALE
    (places.work / "kept").unlink()
    run_step(COPY, places, ran)
    assert (places.work / "kept").read_text() == "another"


def test_test_photos_are_looked_at_once(places, ran):
    final = Step("look", "once", MAKE.command, MAKE.reads, MAKE.makes, final=True)
    run_step(final, places, ran)
    run_step(final, places, ran)
    (places.data[0] / "manifest.csv").write_text("others")
    with pytest.raises(DataError, match="one look alone"):
        run_step(final, places, ran)
    assert len(ran.commands) == 1


def test_digests_of_files_folders_and_manifests(tmp_path):
    assert digest(tmp_path / "none") == ""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1").write_text("x")
    before = digest(tmp_path / "a")
    (tmp_path / "a" / "2").write_text("y")
    assert digest(tmp_path / "a") not in ("", before)
    (tmp_path / "a" / "manifest.csv").write_text("listed")
    assert digest(tmp_path / "a") == digest(tmp_path / "a" / "manifest.csv")


def test_hours_by_hand():
    # 1,000 pictures to train on, and 2 of each of 500 photos.
    step = Step("a", "b", cost=(("75 px", 1000.0, 2.0),))
    assert hours(step, 500) == pytest.approx(2000 * COSTS["75 px"] / 3_600_000)


def test_every_step_reads_what_an_earlier_one_makes():
    made = set()
    for step in STEPS:
        for path in step.reads:
            assert not path.startswith("{work}") or path in made, (step.name, path)
        made |= set(step.makes)
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_every_command_takes_its_arguments(monkeypatch):
    """Each step's arguments are parsed by its own command, which then stops for want of photos."""
    import importlib
    from pathlib import Path

    places = Places((Path("nowhere"),), (Path("others"),), Path("work"))
    for step in STEPS:
        if step.command and not step.command[0].startswith("explain"):
            module, *arguments = places.filled(step.command)
            name = {"carmodel.train": "carmodel.train.command"}.get(module, module)
            assert importlib.import_module(name).main(arguments) == 2, step.name


def test_the_plan_says_what_is_left(class_folders, tmp_path):
    text = plan(STEPS, Places((class_folders,), (), tmp_path))
    assert len(text.splitlines()) == len(STEPS) + 2
    assert all(TO_DO in line for line in text.splitlines()[1:-1])
    assert text.splitlines()[-1].endswith("of 24 training photos")


def test_test_photos_and_other_pictures_are_asked_for():
    names = {step.name for step in chosen(final=False, others=False, only=[])}
    assert "evaluate" in names and "ood" not in names and "evaluate on the test photos" not in names
    everything = chosen(final=True, others=True, only=[])
    assert [step.name for step in everything] == [step.name for step in STEPS]
    assert [step.name for step in chosen(False, False, ["owners"])] == ["owners"]
    with pytest.raises(DataError, match="There is no step ood"):
        chosen(False, False, ["ood"])


def test_command_shows_its_plan(class_folders, tmp_path, capsys):
    places = ["--data", str(class_folders), "--work", str(tmp_path / "work")]
    assert main([*places, "--plan"]) == 0
    assert "all that is left" in capsys.readouterr().out
    assert not (tmp_path / "work").exists()
    assert main([*places, "--only", "owners"]) == 2
    assert "needs" in capsys.readouterr().err


def test_a_stamp_holds_what_was_read(places, ran):
    run_step(MAKE, places, ran)
    stamp = json.loads((places.work / "stamps" / "make.json").read_text())
    assert stamp["reads"] == {str(folder): digest(folder) for folder in places.data}
