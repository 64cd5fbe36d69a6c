"""Surveys of one network, of three, and the one that comes along, whatever methods there are now."""

import json
from statistics import fmean

import numpy as np
import pytest

from carmodel.photo import Photo
from carmodel.train.data import Sample
from carmodel.weights import WEIGHTS
from explain.evidence import faithfulness
from explain.evidence.agreement import agreements
from explain.explainer import Explainer
from explain.smoothing import all_smoothed
from explain.survey.figures import draw
from explain.survey.findings import gather
from explain.survey.photo import survey_maps, survey_sanity, survey_stability
from explain.survey.records import record_path, write_record
from explain.survey.report import as_html
from explain.survey.summary import summarise
from explain.target import Target
from tests.document import parsed


@pytest.fixture
def quick(monkeypatch, methods):
    """Few points of curves, and Grad-CAM alone."""
    monkeypatch.setattr(faithfulness, "STEPS", 4)
    monkeypatch.setattr(faithfulness, "RANDOM_MAPS", 1)
    monkeypatch.setattr("explain.survey.findings.LEAST_PHOTOS", 1)
    for name in [name for name in methods if name != "gradcam"]:
        del methods[name]


@pytest.fixture
def photo(frame):
    return Photo(frame, 720, 480)


def told(record, folder):
    """The summary and the page of a survey of one photo, with all figures that there are."""
    write_record(record_path(folder, 1, "maps"), record)
    samples = [Sample(folder / "1.jpg", 2, "val", "a")]
    findings = gather(folder, samples)
    summary = summarise(findings, {"split": "val"}, samples)
    return summary, parsed(as_html(summary, draw(summary, findings.maps)))


def test_three_networks(networks, photo, quick, tmp_path):
    explainer = Explainer({str(size): networks[size, True] for size in (48, 75, 80)})
    record = survey_maps(explainer, photo)
    names = ["48", "75", "80", "average"]
    assert [row["network"] for row in record.rows] == names
    assert record.arrays["maps"].shape == (4, 1, 75, 75) and record.arrays["curves"].shape == (4, 3, 2, 5)
    common = Target(explainer.classify(photo).predictions["average"].verdict)
    *_, maps = explainer.refine(photo, "gradcam", common)
    pairs = agreements(all_smoothed(maps, "regions")).values()
    assert len(pairs) == 3
    average = record.rows[-1]
    assert average["agreement_rank"] == pytest.approx(fmean(pair.rank_correlation for pair in pairs))
    assert average["agreement_top"] == pytest.approx(fmean(pair.overlap for pair in pairs))
    assert all(row["agreement_rank"] is None for row in record.rows[:-1])
    summary, page = told(record, tmp_path)
    assert list(summary["networks"]) == list(summary["curves"]) == names
    titles = [item.one("b").text for item in page.all("li")]
    assert titles == ["48 px", "75 px", "80 px", "average"]
    assert len(page.all("img")) == 5


def test_one_network(networks, photo, quick, tmp_path):
    explainer = Explainer({"64": networks[64, True]})
    record = survey_maps(explainer, photo)
    [row] = record.rows
    assert (row["network"], row["agreement_rank"], row["agreement_top"]) == ("64", None, None)
    summary, page = told(record, tmp_path)
    assert list(summary["networks"]) == ["64"]
    assert "The network was asked why it named the class" in page.all("p")[0].text
    assert "Do the networks look at the same things?" not in [heading.text for heading in page.all("h2")]


def test_stability_and_sanity_are_of_every_network(networks, photo, quick, monkeypatch):
    monkeypatch.setattr("explain.survey.photo.stability", lambda network, *_, **__: network.size / 100)
    monkeypatch.setattr("explain.survey.photo.cascade", lambda *_, **__: iter(()))
    explainer = Explainer({str(size): networks[size, True] for size in (48, 75, 80)})
    stable = survey_stability(explainer, photo).rows
    assert [(row["network"], row["stability"]) for row in stable] == [("48", 0.48), ("75", 0.75), ("80", 0.8)]
    assert [row["network"] for row in survey_sanity(explainer, photo).rows] == ["48", "75", "80"]


@pytest.mark.parametrize("registered", [True, False])
def test_the_survey_that_comes_along_can_be_told_again(registered, methods):
    """Also where one of its methods is no longer there."""
    if not registered:
        del methods["shap"]
    summary = json.loads((WEIGHTS / "survey.json").read_text(encoding="utf-8"))
    with np.load(WEIGHTS / "survey-maps.npz") as file:
        names = [("_".join(parts[:-2]), *parts[-2:]) for parts in (name.split("_") for name in file.files)]
        maps = {name: file["_".join(name)].astype(np.float32) for name in names}
    page = parsed(as_html(summary, draw(summary, maps)))
    completeness = page.all("table")[0].table()[1:]
    shap = "SHAP" if registered else "shap"
    assert [line[:2] for line in completeness] == [
        [network, method]
        for network in ("75 px", "100 px", "average")
        for method in ("Integrated Gradients", shap)
    ]
    assert len(page.all("img")) == 6
