"""A method of one's own: one record, and everything knows it."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from carmodel.ensemble import PUBLISHED_OWNERS, Rules
from carmodel.photo import Photo
from carmodel.train.data import Sample
from explain.command import main
from explain.evidence import faithfulness
from explain.evidence.evidence import evidence
from explain.evidence.sanity import cascade
from explain.evidence.stability import stability
from explain.explainer import Explainer
from explain.maps import explain
from explain.methods.method import CHOSEN, Method
from explain.methods.refinement import Refinement, attribution_of
from explain.methods.registry import METHODS, method_named
from explain.report.files import contents
from explain.report.report import Report, report_of
from explain.report.sheet import contact_sheet
from explain.request import Settings, finished_maps, request
from explain.survey.figures import draw
from explain.survey.findings import gather
from explain.survey.photo import survey_maps
from explain.survey.records import record_path, write_record
from explain.survey.report import as_html
from explain.survey.summary import summarise
from explain.target import Target
from tests.document import parsed

SUV, COLUMNS = Target("suv"), ("75", "100", "average", "75-100")


def dice(question):
    size = question.network.size
    cells = torch.rand(size, size, generator=torch.Generator().manual_seed(size))
    only = attribution_of(DICE, question, cells, 1.0, None, 0.0)
    return Refinement(only, only)


DICE = Method(
    name="dice",
    title="Thrown dice",
    start=dice,
    signed=False,
    complete=False,
    idea="What chance makes of {target}.",
    colours=("#123456", "#abcdef"),
)


def halved(question, before=None):
    """A map whose gap halves with every step, from 8 of the 8 logits that it should sum to."""
    steps, size = 2 * before.latest.steps if before else 1, question.network.size
    cells = torch.full((size, size), 8 * (1 - 1 / steps) / size**2)
    latest = attribution_of(HALVED, question, cells, 9.0, 1.0, 0.0, steps)
    return Refinement(latest, latest, final=False)


HALVED = Method(
    "halved", "Halved", start=halved, refine=halved, compares_with=CHOSEN, idea="Beside {reference}."
)


@pytest.fixture(autouse=True)
def registered(methods):
    """The method beside Grad-CAM alone: whatever needs one of the others fails."""
    for name in ("integrated_gradients", "shap"):
        del methods[name]
    methods["dice"] = DICE


@pytest.fixture
def explainer(networks, references):
    pair = {"75": networks[75, True], "100": networks[100, True]}
    return Explainer(pair, references[:1], rules=Rules(PUBLISHED_OWNERS))


@pytest.fixture
def photo(frame):
    return Photo(frame, 720, 480)


def test_its_maps_are_made_kept_and_combined(explainer, photo):
    asked = request(explainer, photo, Settings(toward="suv"))
    rows = finished_maps(explainer, asked)
    assert list(rows) == ["gradcam", "dice"]
    columns = rows["dice"].columns
    assert list(columns) == [*COLUMNS]
    for size in (75, 100):
        expected = torch.rand(size, size, generator=torch.Generator().manual_seed(size))
        assert torch.equal(columns[str(size)].cells, expected)
        assert columns[str(size)].total == pytest.approx(expected.sum().item(), rel=1e-6)
        assert (columns[str(size)].method, columns[str(size)].reference) == (DICE, "none")
    torch.testing.assert_close(columns["75-100"].map, columns["75"].map - columns["100"].map)
    before = explainer.computations
    finished_maps(explainer, asked, ["dice"])
    assert explainer.computations == before
    assert explainer.finished(photo, "dice", SUV).keys() == {"75", "100"}


def test_one_that_refines_goes_on_until_its_gap_is_in_tolerance(explainer, photo, monkeypatch):
    monkeypatch.setitem(METHODS, "halved", HALVED)
    course = [maps["75"] for maps in explainer.refine(photo, "halved", SUV, "mean", 0.1)]
    assert [attribution.steps for attribution in course] == [1, 2, 4, 8, 16]
    assert [attribution.gap for attribution in course] == pytest.approx(
        [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16], abs=1e-4
    )
    assert course[-1].reference == "mean"
    again = [maps["75"].steps for maps in explainer.refine(photo, "halved", SUV, "mean", 0.01)]
    assert again == [16, 32, 64, 128]
    assert explain(explainer.networks["75"], photo.frame, SUV, "halved", tolerance=0.3).steps == 4


def test_its_maps_are_tested_as_all_are(explainer, photo, monkeypatch):
    monkeypatch.setattr(faithfulness, "STEPS", 4)
    monkeypatch.setattr(faithfulness, "RANDOM_MAPS", 1)
    network = explainer.networks["75"]
    tests = evidence(network, photo.frame, explain(network, photo.frame, SUV, "dice"))
    assert 0 < tests.border.attribution < 1 and len(tests.faithfulness.deletion.fractions) == 5
    steps = list(cascade(network, photo.frame, SUV, "dice", layers=["fc3", "conv1"]))
    assert [step.rank_correlation for step in steps] == pytest.approx([1, 1, 1])  # it knows no network
    assert stability(network, photo.frame, SUV, "dice", samples=2) == 0.0


def test_report_files_tell_of_it(explainer, photo):
    asked = request(explainer, photo, Settings(toward="suv"))
    report = report_of(explainer, "car.jpg", asked, finished_maps(explainer, asked, ["dice"]))
    files = dict(contents(report))
    assert {f"dice_{column}.png" for column in COLUMNS} < files.keys()
    assert set(np.load(io.BytesIO(files["maps.npz"]))) == {f"dice_{column}" for column in COLUMNS}
    table = json.loads(files["report.json"])["maps"]["dice_75"]
    assert (table["method"], table["gap"], table["adds_up"], table["reference"]) == (
        "dice",
        None,
        None,
        "none",
    )
    assert table["description"].startswith("Thrown dice, 75 px, for SUV: ")
    page = parsed(files["report.html"].decode())
    [section] = [part for part in page.all("section") if part.one("h2").text == "Thrown dice"]
    assert "What chance makes of SUV." in section.text
    alternatives = [image.attributes["alt"] for image in section.all("img")]
    assert len(alternatives) == 4 and all(text.startswith("Thrown dice, ") for text in alternatives)
    assert section.one("div", "legends").all("b")[0].text == "0"  # never below zero, but for the difference
    assert "shows where; has no sum to check" in section.all("figcaption")[0].text
    written = {text.get_text() for text in contact_sheet(report).texts}
    assert {"Thrown dice", "What chance makes of SUV."} <= written


def test_receipts_hold_it_to_what_its_record_allows(explainer, photo, monkeypatch):
    def failed(record):
        monkeypatch.setitem(METHODS, "halved", record)
        maps = {
            "75": explain(explainer.networks["75"], photo.frame, SUV, "halved", tolerance=0.02),
        }
        kept = {name: replace(attribution, method=record) for name, attribution in maps.items()}
        said = explainer.classify(photo)
        report = Report("car.jpg", photo, {}, said, "average", SUV, 0.02, {"halved": kept}, "pixels")
        return report.card_rows["halved"].cards["75"].failed

    assert not failed(HALVED)  # 1 / 64 at most 2 %
    assert failed(replace(HALVED, refine=None))  # what refines nothing has to be exact
    assert not failed(replace(HALVED, complete=False))


def test_command_line_offers_and_uses_it(random_weights, tmp_path, capsys):
    photo, out = tmp_path / "car.png", tmp_path / "out"
    Image.effect_noise((90, 60), 80).convert("RGB").save(photo)
    options = [str(photo), "--out", str(out), "--weights", str(random_weights)]
    assert main([*options, "--methods", "dice"]) == 0
    assert "Thrown dice" in capsys.readouterr().err  # its progress
    names = {path.name for path in out.glob("*_*.png")} - {"contact_sheet.png"}
    assert names == {f"dice_{column}.png" for column in COLUMNS}
    assert json.loads((out / "report.json").read_text())["maps"]["dice_75"]["method"] == "dice"
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "of gradcam, dice" in " ".join(capsys.readouterr().out.split())


def test_survey_measures_and_tells_of_it(explainer, photo, tmp_path, monkeypatch):
    monkeypatch.setattr(faithfulness, "STEPS", 4)
    monkeypatch.setattr(faithfulness, "RANDOM_MAPS", 1)
    monkeypatch.setattr("explain.survey.findings.LEAST_PHOTOS", 1)
    record = survey_maps(explainer, photo)
    names = [(row["network"], row["method"]) for row in record.rows]
    assert names == [(name, method) for name in ("75", "100", "average") for method in ("gradcam", "dice")]
    assert {"map, dice", "map, dice, 75", "map, dice, 100"} < record.seconds.keys()
    write_record(record_path(tmp_path, 1, "maps"), record)
    samples = [Sample(tmp_path / "1.jpg", 2, "val", "a")]
    findings = gather(tmp_path, samples)
    assert findings.maps["dice", "100", "all"].shape == (75, 75)
    summary = summarise(findings, {"split": "val"}, samples)
    for network in ("75", "100", "average"):
        figures = summary["networks"][network]["all"]["all"]["methods"]["dice"]
        row = next(row for row in record.rows if (row["network"], row["method"]) == (network, "dice"))
        assert figures["deletion"]["mean"] == pytest.approx(row["deletion"], rel=1e-4)
        assert "gap" not in figures
        assert len(summary["curves"][network]["dice"]["insertion"]) == 5
    page = parsed(as_html(summary, draw(summary, findings.maps)))
    faithful = page.all("table")[0].table()
    assert [line[1] for line in faithful[1:5]] == ["Grad-CAM", "Thrown dice", "random", "centred Gaussian"]
    assert len(page.all("img")) == 5  # all but the sanity check


def test_an_unknown_method_is_one_sentence(explainer, photo, capsys):
    sentence = "There is no method 'lrp'; the methods are gradcam, dice."
    network = explainer.networks["75"]
    for ask in (
        lambda: method_named("lrp"),
        lambda: explainer.refine(photo, "lrp", SUV),
        lambda: explain(network, photo.frame, SUV, "lrp"),
        lambda: stability(network, photo.frame, SUV, "lrp"),
        lambda: cascade(network, photo.frame, SUV, "lrp"),
        lambda: finished_maps(explainer, request(explainer, photo, Settings()), ["lrp"]),
    ):
        with pytest.raises(ValueError) as error:
            ask()
        assert str(error.value) == sentence
    with pytest.raises(SystemExit) as stopped:
        main(["car.jpg", "--out", "out", "--methods", "lrp"])
    assert stopped.value.code == 2
    assert "there is no method 'lrp'; choose from gradcam, dice" in capsys.readouterr().err
