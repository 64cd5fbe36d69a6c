import io
import json
import time
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from gradio.route_utils import delete_files_created_by_app
from PIL import Image

from explain.methods.registry import METHODS
from explain.report.report import report_of
from explain.request import finished_maps
from page.evidence import Evidences
from page.export.package import NO_PHOTO, PACK, SORRY, Packages, pack
from page.page import build
from page.session import Session
from tests.document import parsed
from tests.page.components import component
from tests.page.steps import status


@pytest.fixture
def packages(fake, background, monkeypatch, tmp_path):
    """Packs into tmp_path, with pictures that take no time."""

    class Sheet:
        def savefig(self, file, dpi, format):
            file.write(b"sheet")

    monkeypatch.setattr("explain.report.files.contact_sheet", lambda report: Sheet())
    monkeypatch.setattr("explain.report.cards.overlay", lambda *_: Image.new("RGB", (450, 300)))
    monkeypatch.setattr("page.export.package.get_upload_folder", lambda: str(tmp_path))
    return Packages({"final": fake}, Evidences(background))


@pytest.fixture
def session(session):
    session.name = "my car.jpg"
    return session


def packed(path):
    """What is in the zip, by name, without the folder that all lies in."""
    with ZipFile(path) as archive:
        return {name.removeprefix(f"{Path(path).stem}/"): archive.read(name) for name in archive.namelist()}


def test_zip_holds_everything(packages, session, controls):
    session.asked = replace(session.asked, ensemble="priority", decided_by="100")
    first, *steps, last = packages.on_pack(session, 2, controls)
    assert last["pack"].value == PACK and last["pack"].interactive
    path = Path(last["package"])
    assert path.name == "my car-explained.zip"
    assert status(last["told"]) == f"my car-explained.zip, {path.stat().st_size / 1e6:.1f} MB"
    assert first["package"] is None and not any("package" in step for step in steps)
    assert first["pack"].interactive is False  # until it is finished
    assert status(steps[-1]["told"]).startswith("Packing: 17 files, ")
    files = packed(path)
    maps = {f"{method}_{column}.png" for method in METHODS for column in ("75", "100", "priority", "75-100")}
    others = {"photo.png", "maps.npz", "report.json", "report.html", "contact_sheet.png"}
    assert files.keys() == maps | others
    report = json.loads(files["report.json"])
    assert (report["photo"]["file"], report["mode"]) == ("my car.jpg", "priority")
    assert Image.open(io.BytesIO(files["shap_priority.png"])).size == (450, 300)
    titles = [title.text for title in parsed(files["report.html"].decode()).all("h3")]
    assert titles.count("Ensemble: 100 px decides") == len(METHODS)


@pytest.mark.parametrize(
    ("sizes", "ensemble", "columns"),
    [((75,), "75", ["75"]), ((64, 75, 128), "average", ["64", "75", "128", "average"])],
)
def test_any_number_of_networks(packages, session, controls, fake_of, sizes, ensemble, columns):
    packages.explainers = {"final": fake_of(*sizes)}
    session.asked = replace(session.asked, ensemble=ensemble)
    *_, last = packages.on_pack(session, 2, controls)
    files = packed(last["package"])
    pictures = {f"{method}_{column}.png" for method in METHODS for column in columns}
    assert {name for name in files if name.partition("_")[0] in ("gradcam", "integrated", "shap")} == pictures
    assert json.loads(files["report.json"])["networks"].keys() == {str(size) for size in sizes}


def test_what_was_tested_is_in_it(packages, session, controls, fake, quick_evidence):
    rows = finished_maps(fake, session.asked)
    list(packages.evidences.test(fake, session.asked, rows))
    *_, last = packages.on_pack(session, 2, controls)
    page = parsed(packed(last["package"])["report.html"].decode())
    assert [line.text for line in page.all("p")].count("Beats both controls.") == 3 * 3


def test_nothing_to_pack_is_a_sentence(packages, controls):
    [step] = packages.on_pack(Session(), 1, controls)
    assert step["package"] is None and status(step["told"]) == NO_PHOTO


def test_failure_is_a_sentence_and_leaves_no_file(packages, session, controls, monkeypatch, tmp_path):
    def full(report, tests):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("explain.report.files.offline", full)
    *_, last = packages.on_pack(session, 2, controls)
    button = last["pack"]
    assert (button.value, button.interactive, last["package"]) == (PACK, True, None)
    assert status(last["told"]) == SORRY
    assert list(tmp_path.iterdir()) == []


def test_no_zip_before_it_is_whole(packages, session, fake, tmp_path):
    made = report_of(fake, "car.jpg", session.asked, finished_maps(fake, session.asked))
    path = tmp_path / "new" / "car.zip"
    for _ in pack(made, {}, path):
        assert not path.exists()
    assert path.exists()


def test_zip_is_deleted_with_the_uploads(packages, session, controls, fake, monkeypatch):
    """gradio deletes what its components handed out: the zip has to be among that."""
    page = build({"final": fake})
    button = component(page, elem_id="package")
    *_, last = packages.on_pack(session, 2, controls)
    path = last["package"]
    monkeypatch.setattr(button, "GRADIO_CACHE", str(Path(path).parents[1]))
    assert button.move_resource_to_block_cache(path) == path  # served from where it lies, not copied
    delete_files_created_by_app(page, age=1800)
    assert Path(path).exists()
    time.sleep(0.01)
    delete_files_created_by_app(page, age=0)
    assert not Path(path).exists()
