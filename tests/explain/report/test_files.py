import json

import numpy as np
import pytest
from PIL import Image

from explain.report.files import contents
from explain.report.html import offline
from explain.report.render import upright
from explain.report.report import as_table


@pytest.fixture(scope="module")
def report(report_of):
    return report_of({"shap": 0.0})


@pytest.fixture(scope="module")
def found(known):
    return {"75": {"shap": known()}}


@pytest.fixture(scope="module")
def folder(report, found, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    for name, content in contents(report, found):
        (folder / name).write_bytes(content)
    return folder


def test_every_file_is_there(report, folder):
    maps = {f"shap_{column}" for column in ("75", "100", "average", "75-100")}
    assert {path.name for path in folder.iterdir()} == {
        *("photo.png", "maps.npz", "report.json", "report.html", "contact_sheet.png"),
        *(f"{name}.png" for name in maps),
    }
    arrays = np.load(folder / "maps.npz")
    assert set(arrays) == maps
    np.testing.assert_array_equal(arrays["shap_100"], report.rows["shap"]["100"].map)


def test_files_say_what_the_report_does(report, found, folder):
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == as_table(report)
    assert (folder / "report.html").read_text(encoding="utf-8") == offline(report, found)


def test_photo_is_as_the_networks_were_given_it_and_nothing_else(report, folder):
    with Image.open(folder / "photo.png") as photo:
        assert not photo.info and not photo.getexif()
        np.testing.assert_array_equal(photo, upright(report.photo))
