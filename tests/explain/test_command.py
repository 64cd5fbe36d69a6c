import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from carmodel.card import Card
from carmodel.network import CLASSES, CarNet
from carmodel.photo import read_photo
from carmodel.vision import v2
from carmodel.weights import save, save_references
from explain.command import main
from explain.explainer import Explainer

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("gradcam", "integrated_gradients", "shap")
COLUMNS = ("75", "100", "average", "75-100")
NAMES = {f"{method}_{column}" for method in METHODS for column in COLUMNS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A photo of 90×60 pixels and random networks, with last layers scaled up so that answers differ."""
    folder = tmp_path_factory.mktemp("given")
    torch.manual_seed(5)
    for size in (75, 100):
        network = CarNet(size).eval()
        with torch.no_grad():
            network.head.fc3.weight *= 300
        save(network, Card(f"final-{size}", size, True, CLASSES, 1.0, "", {}, {}, {}), folder)
    save_references(torch.rand(2, 3, 300, 300), folder)
    Image.radial_gradient("L").convert("RGB").resize((90, 60)).save(folder / "car.png")
    return folder


@pytest.fixture(scope="module")
def out(folder):
    """The files of a run with the default settings."""
    out = folder / "new" / "out"
    assert main([f"{folder}/car.png", "--out", f"{out}", "--weights", f"{folder}"]) == 0
    return out


@pytest.fixture(scope="module")
def report(out):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads((out / "report.json").read_text(encoding="utf-8"), parse_constant=refuse)


def run(folder, out, *options):
    return main(
        [f"{folder}/car.png", "--out", f"{out}", "--weights", f"{folder}", "--methods", "gradcam", *options]
    )


def test_every_file_is_written_and_no_other(out):
    assert {path.name for path in out.iterdir()} == {
        "report.json",
        "report.html",
        "photo.png",
        "maps.npz",
        "contact_sheet.png",
        *(f"{name}.png" for name in NAMES),
    }


def test_arrays_are_the_maps_and_combine_exactly(out):
    arrays = np.load(out / "maps.npz")
    assert set(arrays) == NAMES
    for method in METHODS:
        small, large = arrays[f"{method}_75"], arrays[f"{method}_100"]
        assert small.shape == (300, 300)
        assert np.allclose(arrays[f"{method}_average"], (small + large) / 2, atol=1e-9)
        assert np.allclose(arrays[f"{method}_75-100"], small - large, atol=1e-9)


def test_report_matches_networks_and_maps(folder, out, report):
    assert report["photo"]["file"] == "car.png"
    assert (report["photo"]["width"], report["photo"]["height"]) == (90, 60)
    said = Explainer.load(folder).classify(read_photo(folder / "car.png"))
    for name, prediction in said.predictions.items():
        table = report["predictions"][name]
        assert list(table["probabilities"].values()) == pytest.approx(prediction.probabilities)
        assert table["verdict"] == prediction.verdict
    assert report["predictions"]["priority"]["trace"] == said.predictions["priority"].trace
    assert report["target"] == said.predictions["average"].verdict
    arrays = np.load(out / "maps.npz")
    assert set(report["maps"]) == NAMES
    for name, table in report["maps"].items():
        assert table["sum"] == pytest.approx(arrays[name].sum(dtype=np.float64), abs=1e-4)
        row = np.stack([arrays[f"{table['method']}_{column}"] for column in COLUMNS])
        if table["method"] != "gradcam":  # shown by region: a Gaussian of 6 px, here torchvision's
            row = v2.functional.gaussian_blur(torch.from_numpy(row), [61, 61], [6.0, 6.0]).numpy()
        row = np.abs(row)
        accuracy = 1e-4 if table["method"] == "gradcam" else 0.05  # they differ along the border
        assert table["scale"] == pytest.approx(np.percentile(row, 99.5) or np.max(row), rel=accuracy)
        if table["method"] != "gradcam":
            change = table["score"] - table["reference_score"]
            assert table["gap"] == pytest.approx(abs(table["sum"] - change) / max(abs(change), 1), abs=1e-4)
    assert {"python", "torch", "captum", "shap", "numpy"} == set(report["versions"])


def test_pictures_have_the_proportions_of_the_photo(out):
    for name in NAMES:
        with Image.open(out / f"{name}.png") as picture:
            assert picture.size == (450, 300)
    with Image.open(out / "contact_sheet.png") as sheet:
        assert sheet.width == 2040


def test_priority_target_and_not_and_methods(folder, tmp_path):
    assert run(folder, tmp_path, "--mode", "priority", "--target", "truck", "--and-not", "sedan") == 0
    arrays = np.load(tmp_path / "maps.npz")
    assert set(arrays) == {f"gradcam_{column}" for column in ("75", "100", "priority", "75-100")}
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["target"] == "truck − sedan"
    decided_by = report["predictions"]["priority"]["decided_by"]
    assert (arrays["gradcam_priority"] == arrays[f"gradcam_{decided_by}"]).all()


def test_reference_and_tolerance_reach_the_method(folder, tmp_path):
    options = ("--methods", "integrated_gradients", "--reference", "mean", "--tolerance", "0.005")
    assert run(folder, tmp_path, *options) == 0
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["tolerance"] == 0.005
    small = report["maps"]["integrated_gradients_75"]
    assert small["reference"] == "mean"
    assert small["gap"] <= 0.005


def test_progress_goes_to_stderr(folder, tmp_path, capsys):
    assert run(folder, tmp_path) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "Grad-CAM" in said.err
    assert "100%" in said.err


def test_bad_photo_is_one_sentence_and_leaves_nothing(folder, tmp_path, capsys):
    (tmp_path / "car.jpg").write_text("no picture", encoding="utf-8")
    options = ("--out", f"{tmp_path}/out", "--weights", f"{folder}")
    for name in ("car.jpg", "missing.jpg"):
        assert main([f"{tmp_path}/{name}", *options]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.endswith(".\n")
        assert said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_missing_weights_are_named(folder, tmp_path, capsys):
    assert run(folder, tmp_path / "out", "--networks", "baseline") == 2
    assert capsys.readouterr().err == (
        f"{folder} holds no network of the kind 'baseline', such as baseline-75.\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["file", "file/out"])
def test_a_folder_that_cannot_be_written_is_one_sentence(folder, tmp_path, capsys, name):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert run(folder, tmp_path / name) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"Cannot write into {tmp_path / name}: ")
    assert said.count("\n") == 1
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_full_disk_leaves_no_half_report(folder, tmp_path, monkeypatch, capsys):
    def fail(report):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("explain.report.files.contact_sheet", fail)
    assert run(folder, tmp_path / "out") == 2
    assert capsys.readouterr().err.endswith(
        f"Cannot write into {tmp_path / 'out'}: No space left on device. "
        "Please choose another folder with --out.\n"
    )
    assert list((tmp_path / "out").iterdir()) == []


def test_a_class_and_not_itself_is_one_sentence(folder, tmp_path, capsys):
    assert run(folder, tmp_path, "--target", "suv", "--and-not", "suv") == 2
    assert capsys.readouterr().err == (
        "“And not” is SUV, the class explained itself: please choose another one.\n"
    )
    assert not (tmp_path / "report.json").exists()


@pytest.mark.parametrize("options", [("--methods", "lime"), ("--tolerance", "0.1"), ("--target", "van"), ()])
def test_wrong_options_exit_with_2(options, capsys):
    out = ("--out", "out") if options else ()
    with pytest.raises(SystemExit) as error:
        main(["car.jpg", *out, *options])
    assert error.value.code == 2
    assert "usage: python -m explain" in capsys.readouterr().err


def test_help_explains_every_option(capsys):
    with pytest.raises(SystemExit) as error:
        main(["--help"])
    assert error.value.code == 0
    said = capsys.readouterr().out
    for option in (
        "PHOTO",
        "--out DIR",
        "--target",
        "--and-not",
        "--mode {average,priority}",
        "--reference {blur,mean,black}",
        "--tolerance {0.02,0.01,0.005}",
        "--methods",
        "--detail {regions,pixels}",
        "--networks KIND",
        "--weights DIR",
    ):
        explained = said.partition(f"\n  {option}")[2].split("\n  -")[0]
        assert len(explained.split()) > 4, option
    assert "contact_sheet.png" in said
