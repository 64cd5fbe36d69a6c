from copy import deepcopy

import pytest

from carmodel.network import CarNet
from explain.evidence.sanity import layers_of
from explain.methods.registry import METHODS
from explain.survey.findings import gather
from explain.survey.phrases import SECTIONS, TITLE
from explain.survey.records import Record, record_path, write_record
from explain.survey.report import as_html
from explain.survey.summary import summarise
from tests.document import parsed

LAYERS = tuple(layers_of(CarNet(75)))


@pytest.fixture
def summary(tmp_path, samples, maps_record):
    """Of four photos, all called sedans, whose areas are 0.4, the random ones 0.7 and the Gaussian 0.6."""
    for number in range(1, 5):
        write_record(record_path(tmp_path, number, "maps"), maps_record("sedan", 0.4))
    return summarise(gather(tmp_path, samples), {"split": "val", "seed": 1}, samples)


def titles(page):
    return [heading.text for heading in page.all("h2") if heading.text != "Time and settings"]


def tables(page):
    return [table.table() for table in page.all("table")]


def test_a_page_stands_alone_and_is_well_formed(summary):
    text = as_html(summary, {"areas": b"first", "border": b"second"})
    page = parsed(text)
    assert [image.attributes["src"] for image in page.all("img")] == [
        "data:image/png;base64,Zmlyc3Q=",
        "data:image/png;base64,c2Vjb25k",
    ]
    assert "http" not in text and "@import" not in text and "<script" not in text
    assert not page.all("a") and not page.all("link")
    assert page.one("h1").text == TITLE


def test_only_what_was_measured_is_told(summary):
    told = ["completeness", "faithfulness", "border", "agreement"]
    assert titles(parsed(as_html(summary, {}))) == [SECTIONS[name][0] for name in told]
    told.append("mean_maps")
    assert titles(parsed(as_html(summary, {"mean_maps": b""}))) == [SECTIONS[name][0] for name in told]


def test_stability_and_sanity_are_told_with_their_photos(summary, tmp_path, samples):
    row = {"network": "75", "method": "shap", "stability": 0.25}
    row |= {f"sanity_{layer}": 0.1 for layer in LAYERS} | {
        f"sanity_absolute_{layer}": -0.2 for layer in LAYERS
    }
    empty = {"network": "75", "method": "gradcam", f"sanity_{LAYERS[0]}": 0.5}
    write_record(record_path(tmp_path, 2, "sanity"), Record((row, empty), {}))
    again = summarise(gather(tmp_path, samples), summary["settings"], samples)
    told = tables(parsed(as_html(again, {})))
    assert ["75 px", "SHAP", "0.25 (0.25–0.25)", "1"] in told[4]
    assert ["75 px", "Grad-CAM", "no ranks", "no ranks", "0"] in told[5]
    assert ["75 px", "SHAP", "0.10 (0.10–0.10)", "−0.20 (−0.20–−0.20)", "1"] in told[5]


def test_tables_hold_the_figures_of_the_summary(summary):
    completeness, faithfulness, border, agreement, seconds, settings = tables(parsed(as_html(summary, {})))
    assert ["75 px", "SHAP", "0 %", "2 %", "2 %"] in completeness
    assert ["average", "Integrated Gradients", "100 %", "2 %", "2 %"] in completeness
    point = "0.40 (0.40–0.40)"
    assert ["100 px", "Grad-CAM", point, "100 %", "100 %", point, "0 %", "0 %"] in faithfulness
    control = "0.60 (0.60–0.60)"
    assert ["average", "centred Gaussian", control, "", "", control, "", ""] in faithfulness
    assert border[0][-2:] == ["Ratio, a", "Ratio, b"]
    assert ["75 px", "SHAP", "21 %", *["0.50 (0.50–0.50)"] * 3] in border
    assert agreement[1:] == [
        [name, "0.30 (0.30–0.30)", "30 %"] for name in ("Grad-CAM", "Integrated Gradients", "SHAP")
    ]
    assert seconds[1:] == [["curves", "2.40 s", "4"]]
    assert settings[1:] == [["split", "val"], ["seed", "1"]]


def test_opening_counts_photos_and_escapes_names(summary):
    summary = deepcopy(summary)
    summary["photos"]["sources"] = {"<b>": 4}
    summary["photos"]["asked"] = 6
    for network in summary["networks"].values():
        network["source"]["<b>"] = network["source"]["a"]
    page = parsed(as_html(summary, {}))
    assert {bold.text for bold in page.all("b")} == {"75 px", "100 px", "average"}
    opening = page.all("p")[0].text
    assert (
        "4 photos of the split “val” (2 sedan, 1 coupe, 0 suv, 1 truck; 4 from <b>); 2 more could" in opening
    )
    assert "75 px 50 %, 100 px 50 %, average 50 %" in opening


@pytest.mark.parametrize(
    ("deletion", "insertion", "verdicts"),
    [
        ((0.2, 0.1, 0.3), (0.2, 0.1, 0.3), ("the map is better", "the Gaussian is better")),
        ((0.9, 0.8, 1.0), (0.9, 0.8, 1.0), ("the Gaussian is better", "the map is better")),
        ((0.5, 0.4, 0.65), (0.7, 0.6, 0.8), ("the intervals overlap", "the intervals overlap")),
    ],
)
def test_verdicts_compare_the_best_method_with_the_gaussian(summary, deletion, insertion, verdicts):
    summary = deepcopy(summary)
    group = summary["networks"]["100"]["all"]["all"]
    for method in METHODS:  # none but SHAP comes near
        group["methods"][method] |= {
            "deletion": {"mean": 1.0, "low": 1.0, "high": 1.0},
            "insertion": {"mean": 0.0, "low": 0.0, "high": 0.0},
        }
    for name, given in (("deletion", deletion), ("insertion", insertion)):
        group["methods"]["shap"][name] = dict(zip(("mean", "low", "high"), given, strict=True))
        group["controls"]["gaussian"][name] = {"mean": 0.6, "low": 0.6, "high": 0.6}
    said = parsed(as_html(summary, {})).all("li")[1].text
    shown = "{:.2f} ({:.2f}–{:.2f})".format(*deletion)
    assert f"Best under deletion is SHAP with {shown}; the centred Gaussian has 0.60 (0.60–0.60)" in said
    assert said.startswith("100 px: ")
    assert [part for part in verdicts if f": {part}." in said] == list(verdicts)
