"""A network that a method cannot explain keeps none of the others' maps away, and its place says why."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from carmodel.photo import Photo
from explain.command import main
from explain.methods.lanes import FAST, NoMapError
from explain.networks import every_network
from explain.report.files import contents
from explain.report.report import report_of
from explain.request import Settings, columns_of, explained, finished_maps, missing_columns, request
from tests.document import parsed
from tests.gridless import CODE, OBSTACLE, WITHOUT, explainer_of

QUICK = ("gradcam", "shap")
REASONS = {"100": OBSTACLE.format(100), "average": WITHOUT.format(100), "75-100": WITHOUT.format(100)}


@pytest.fixture(scope="module")
def explainer():
    return explainer_of(75, 100)


@pytest.fixture(scope="module")
def photo(frame):
    return Photo(frame, 720, 480)


@pytest.fixture
def asked(explainer, photo):
    return request(explainer, photo, Settings(toward="suv"))


def test_a_row_shows_the_networks_that_its_method_can_explain(explainer, asked):
    rows = finished_maps(explainer, asked, QUICK)
    assert rows["gradcam"].maps.keys() == rows["gradcam"].columns.keys() == {"75"}
    assert rows["gradcam"].missing == REASONS and rows["gradcam"].finished
    assert list(rows["shap"].columns) == ["75", "100", "average", "75-100"] and rows["shap"].missing == {}
    assert explainer.finished(asked.photo, "gradcam", asked.target).keys() == {"75"}


@pytest.mark.parametrize(("decided_by", "reason"), [("75", None), ("100", WITHOUT.format(100))])
def test_prioritys_map_is_there_where_that_of_the_network_that_decided_is(
    explainer, asked, decided_by, reason
):
    priority = replace(asked, ensemble="priority", decided_by=decided_by)
    row = finished_maps(explainer, priority, ["gradcam"])["gradcam"]
    assert row.missing.get("priority") == reason
    assert ("priority" in row.columns) == (reason is None)


def test_of_three_networks_those_left_have_no_difference(photo):
    three = explainer_of(64, 75, 100)
    asked = request(three, photo, Settings(toward="suv"))
    row = finished_maps(three, asked, ["gradcam"])["gradcam"]
    assert list(row.columns) == ["64", "75"]
    assert row.missing == {"100": OBSTACLE.format(100), "average": WITHOUT.format(100)}
    obstacles = {"64": "No.", "100": "Neither."}
    assert missing_columns(obstacles, "average", None, list(three.networks)) == obstacles | {
        "average": "It cannot be made without the map of 64 px and 100 px."
    }
    assert columns_of(row.maps, "average", None).keys() == {"64", "75", "average", "64-75"}  # of these alone


def test_a_method_may_explain_none_of_them(photo):
    alone = explainer_of(100)
    asked = request(alone, photo, Settings(toward="suv"))
    [row] = explained(alone, asked, ["gradcam"])
    assert (row.maps, row.columns, row.missing) == ({}, {}, {"100": OBSTACLE.format(100)})
    assert row.finished and row.error is None
    assert alone.finished(photo, "gradcam", asked.target) == {}


def test_an_engine_that_cannot_be_used_is_a_reason_too(photo):
    pair = explainer_of(75, 100, engine=FAST)
    row = finished_maps(pair, request(pair, photo, Settings(toward="suv")), ["shap"])["shap"]
    assert list(row.columns) == ["75"]
    assert row.missing["100"].startswith("The fast engine cannot be used for 100 px: ")


def test_who_names_the_network_is_told_at_once(explainer, asked, photo):
    with pytest.raises(NoMapError) as told:
        explainer.refine(photo, "gradcam", asked.target, networks=["100"])
    assert str(told.value) == OBSTACLE.format(100)
    with pytest.raises(NoMapError):
        next(every_network([explainer])["final-100"].refine(photo, "gradcam", asked))


def test_obstacles_are_looked_for_once(photo, monkeypatch):
    looked = []
    monkeypatch.setattr(
        "explain.methods.gradcam.receptive_field", lambda network: looked.append(network.size) or 1 / 0
    )
    explainer = explainer_of(75, 100)
    assert explainer.obstacles("gradcam").keys() == explainer.obstacles("gradcam").keys() == {"75", "100"}
    assert looked == [75, 100]


def test_files_say_why(explainer, asked):
    report = report_of(explainer, "car.jpg", asked, finished_maps(explainer, asked, QUICK))
    files = dict(contents(report))
    maps = {"gradcam_75", *(f"shap_{column}" for column in ("75", "100", "average", "75-100"))}
    assert {name for name in files if name.startswith(QUICK)} == {f"{name}.png" for name in maps}
    assert set(np.load(io.BytesIO(files["maps.npz"]))) == maps
    table = json.loads(files["report.json"])
    assert table["maps"].keys() == maps
    assert table["missing"] == {f"gradcam_{column}": reason for column, reason in REASONS.items()}
    figures = parsed(files["report.html"].decode()).all("figure")
    told = [(figure.one("h3").text, figure.one("p").text) for figure in figures if not figure.all("img")]
    assert told == [
        ("100 px", REASONS["100"]),
        ("Ensemble: average", REASONS["average"]),
        ("75 px − 100 px", REASONS["75-100"]),
    ]


def test_the_command_line_says_why_and_goes_on(tmp_path, monkeypatch, capsys):
    (tmp_path / "no_grid_here.py").write_text(CODE)
    out, photo = tmp_path / "out", "examples/suv_1.jpg"
    monkeypatch.syspath_prepend(tmp_path)
    options = ["--network", "no_grid_here:build", "--methods", "gradcam,shap", "--out", str(out)]
    assert main([photo, *options]) == 0
    assert OBSTACLE.format(40) in capsys.readouterr().err
    table = json.loads((out / "report.json").read_text())
    assert table["maps"].keys() == {"shap_40"}
    assert table["missing"] == {"gradcam_40": OBSTACLE.format(40)}
    assert {path.name for path in out.iterdir()} >= {"contact_sheet.png", "report.html", "shap_40.png"}


def test_why_the_fast_engine_made_no_map_is_said_where_it_was_to_if_it_could(explainer, photo, asked):
    def reasons(**settings):
        *_, maps = explainer.refine(photo, "shap", asked.target, **settings)
        return {name: attribution.not_fast for name, attribution in maps.items()}

    told = reasons()
    assert told["75"] == "" and told["100"]
    assert reasons(engine="library") == {"75": "", "100": ""}  # as it was asked for
    assert reasons() == told
    assert explainer.finished(photo, "shap", asked.target)["100"].not_fast == told["100"]
    columns = finished_maps(explainer, asked, ["shap"])["shap"].columns
    assert columns["average"].not_fast == columns["75-100"].not_fast == told["100"]
    torch.testing.assert_close(columns["75"].map, columns["75-100"].map + columns["100"].map)
