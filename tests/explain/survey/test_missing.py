"""A survey of networks that not every method can explain, from the photo to the page that tells of it."""

import csv
import json
from dataclasses import replace

import pytest

from carmodel.photo import Photo
from carmodel.train.data import Sample
from explain.evidence import faithfulness
from explain.methods.lanes import FAST, LIBRARY
from explain.survey import photo as module
from explain.survey.command import main
from explain.survey.figures import draw
from explain.survey.findings import gather
from explain.survey.photo import survey_maps, survey_sanity, survey_stability
from explain.survey.records import record_path, write_record
from explain.survey.report import as_html
from explain.survey.summary import summarise
from page.results.surveyed import read_survey
from page.tabs.guide import facts
from page.tabs.networks import costs, mean_maps
from tests.document import parsed
from tests.gridless import CODE, OBSTACLE, WITHOUT, explainer_of, without_method

REASONS = {"100": {"gradcam": OBSTACLE.format(100)}, "average": {"gradcam": WITHOUT.format(100)}}


@pytest.fixture
def quick(monkeypatch):
    """Few points of curves, and no Integrated Gradients."""
    monkeypatch.setattr(faithfulness, "STEPS", 4)
    monkeypatch.setattr(faithfulness, "RANDOM_MAPS", 1)
    monkeypatch.setattr("explain.survey.findings.LEAST_PHOTOS", 1)
    with without_method("integrated_gradients"):
        yield


@pytest.fixture
def photo(frame):
    return Photo(frame, 720, 480)


@pytest.fixture
def summary(quick, photo, tmp_path):
    """Of a survey of one photo, with its mean maps."""
    write_record(record_path(tmp_path, 1, "maps"), survey_maps(explainer_of(75, 100), photo))
    samples = [Sample(tmp_path / "1.jpg", 2, "val", "a")]
    findings = gather(tmp_path, samples)
    settings = {"split": "val", "networks_sha256": {}}
    return json.loads(json.dumps(summarise(findings, settings, samples), allow_nan=False)), findings.maps


def methods_of(summary):
    return {name: set(kinds["all"]["all"]["methods"]) for name, kinds in summary["networks"].items()}


def test_other_methods_and_networks_are_measured(summary):
    table, maps = summary
    assert methods_of(table) == {"75": {"gradcam", "shap"}, "100": {"shap"}, "average": {"shap"}}
    assert table["missing"] == REASONS
    assert set(table["curves"]["100"]) == {"shap", "random", "gaussian"}
    assert {key[:2] for key in maps} == {
        ("gradcam", "75"),
        *(("shap", name) for name in ("75", "100", "average")),
    }


def test_report_says_why(summary):
    table, maps = summary
    page = parsed(as_html(table, draw(table, maps)))
    told = [item.text for item in page.all("li") if item.text.startswith("No map")]
    assert told == [
        f"No map of 100 px by Grad-CAM: {REASONS['100']['gradcam']}",
        f"No map of average by Grad-CAM: {REASONS['average']['gradcam']}",
    ]
    faithful = page.all("table")[1].table()
    assert [line[:3] for line in faithful if "no map" in line] == [
        ["100 px", "Grad-CAM", "no map"],
        ["average", "Grad-CAM", "no map"],
    ]


def test_page_reads_it(summary, tmp_path):
    table, maps = summary
    survey = read_survey(tmp_path, [], table)
    assert survey.is_whole and survey.missing == REASONS
    rows = parsed(costs.worth(survey)).one("table").table()
    assert ["Grad-CAM", *["–"] * 5] in rows
    assert REASONS["100"]["gradcam"] in parsed(costs.worth(survey)).text
    assert parsed(costs.costs(survey)).one("table").table()[1][2] == "–"
    grids = parsed(mean_maps.block(replace(survey, maps=maps))).all("div", "means")
    assert [[name.text for name in grid.all("b")] for grid in grids] == [
        ["75\N{NO-BREAK SPACE}px"],
        ["75\N{NO-BREAK SPACE}px", "100\N{NO-BREAK SPACE}px", "Average"],
    ]
    told = facts.methods(type("Measured", (), {"survey": survey})())
    assert "(75 px)" in told["gradcam"] and "100 px" not in told["gradcam"]
    # Without the reason it would be a survey that lacks something.
    assert not read_survey(tmp_path, [], table | {"missing": {}}).is_whole


@pytest.mark.parametrize("engine", ["auto", LIBRARY])
def test_long_tests_leave_it_out_and_are_of_the_lane_that_made_the_maps(quick, photo, monkeypatch, engine):
    lanes = []
    monkeypatch.setattr(module, "stability", lambda *_, engine, **__: lanes.append(engine) or 0.5)
    monkeypatch.setattr(module, "cascade", lambda *_, engine, **__: lanes.append(engine) or iter(()))
    explainer = explainer_of(75, 100, engine=engine)
    names = [("75", "gradcam"), ("75", "shap"), ("100", "shap")]
    for part in (survey_stability, survey_sanity):
        assert [(row["network"], row["method"]) for row in part(explainer, photo).rows] == names
    first = FAST if engine == "auto" else LIBRARY
    assert lanes == [first, first, LIBRARY] * 2


@pytest.fixture
def run(photos, quick, tmp_path, monkeypatch):
    """Runs the command for a network without a grid."""
    (tmp_path / "survey_no_grid.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)

    def run(*options):
        places = ["--data", photos, "--out", tmp_path / "out", "--network", "survey_no_grid:build"]
        return main([*map(str, places), "--photos", "1", *options])

    return run


def test_the_command_ends_well(run, tmp_path):
    assert run() == 0
    table = json.loads((tmp_path / "out" / "survey.json").read_text(encoding="utf-8"))
    assert methods_of(table) == {"40": {"shap"}}
    assert table["missing"] == {"40": {"gradcam": OBSTACLE.format(40)}}
    assert table["settings"]["engine"] == "auto"
    assert table["settings"]["lanes"] == {"survey_no_grid-40": LIBRARY}
    with (tmp_path / "out" / "survey.csv").open(newline="", encoding="utf-8") as file:
        reasons = {row["method"]: row["missing"] for row in csv.DictReader(file)}
    assert reasons == {"gradcam": OBSTACLE.format(40), "shap": ""}
    assert "survey_no_grid-40: library" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_network_that_nothing_can_explain_is_a_sentence(run, capsys, tmp_path):
    assert run("--engine", FAST) == 2
    told = capsys.readouterr().err
    assert "The fast engine cannot be used for 40 px: " in told and told.count("\n") == 1
    assert not (tmp_path / "out").exists()
