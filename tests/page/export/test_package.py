import io
import json
import time
from pathlib import Path
from zipfile import ZipFile

import pytest
from gradio.route_utils import delete_files_created_by_app
from PIL import Image

from dashboard import build
from page.api.answers import report
from page.background import Background
from page.export.package import NO_PHOTO, PACK, SORRY, Packages, pack
from page.session import Session
from page.tabs.explain.evidence import Evidences
from page.tabs.explain.stream import Controls


@pytest.fixture
def packages(fake, monkeypatch, tmp_path):
    """Packs into tmp_path, with pictures that take no time."""

    class Sheet:
        def savefig(self, file, dpi, format):
            file.write(b"sheet")

    monkeypatch.setattr("explain.report.files.contact_sheet", lambda report: Sheet())
    monkeypatch.setattr("explain.report.files.overlay", lambda *_: Image.new("RGB", (450, 300)))
    monkeypatch.setattr("explain.report.html.overlay", lambda *_: Image.new("RGB", (3, 2)))
    monkeypatch.setattr("page.export.package.get_upload_folder", lambda: str(tmp_path))
    return Packages({"final": fake}, Evidences(Background()))


@pytest.fixture
def session(photo, subject):
    return Session(photo=photo, name="my car.jpg", subject=subject)


def controls(**chosen):
    start = Controls(**chosen)
    return tuple(getattr(start, name) for name in start.__dataclass_fields__)


def test_zip_holds_everything(packages, session):
    *steps, last = packages.on_pack(session, *controls(mode="priority"))
    button, path, told = last
    assert button.value == PACK and button.interactive
    assert Path(path).name == "my car-explained.zip" and "my car-explained.zip, " in told
    assert all(file is None for _, file, _ in steps)
    assert steps[0][0].interactive is False  # until it is finished
    assert [text for *_, text in steps if "Packing: 17 files" in text]
    with ZipFile(path) as archive:
        names = {name.removeprefix("my car-explained/") for name in archive.namelist()}
        report = json.loads(archive.read("my car-explained/report.json"))
        picture = Image.open(io.BytesIO(archive.read("my car-explained/shap_priority.png")))
        assert "Priority: 100 px decides" in archive.read("my car-explained/report.html").decode()
    maps = {
        f"{method}_{column}.png"
        for method in ("gradcam", "integrated_gradients", "shap")
        for column in ("75", "100", "priority", "75-100")
    }
    others = {"photo.png", "maps.npz", "report.json", "report.html", "contact_sheet.png"}
    assert names == maps | others
    assert (report["photo"]["file"], report["mode"]) == ("my car.jpg", "priority")
    assert picture.size == (450, 300)


def test_nothing_to_pack_is_a_sentence(packages):
    ((_, path, told),) = packages.on_pack(Session(), *controls())
    assert path is None and NO_PHOTO in told


def test_failure_is_a_sentence_and_leaves_no_file(packages, session, monkeypatch, tmp_path):
    def full(report, found):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("explain.report.files.offline", full)
    *_, (button, path, told) = packages.on_pack(session, *controls())
    assert (button.value, button.interactive, path) == (PACK, True, None) and SORRY in told
    assert list(tmp_path.iterdir()) == []


def test_no_zip_before_it_is_whole(packages, session, fake, tmp_path):
    made = report(fake, "car.jpg", session.photo, Controls())
    path = tmp_path / "new" / "car.zip"
    for _ in pack(made, {}, path):
        assert not path.exists()
    assert path.exists()


def test_zip_is_deleted_with_the_uploads(packages, session, fake, monkeypatch):
    """gradio deletes what its components handed out: the zip has to be among that."""
    page = build({"final": fake})
    button = next(each for each in page.blocks.values() if getattr(each, "elem_id", None) == "package")
    *_, (_, path, _) = packages.on_pack(session, *controls())
    monkeypatch.setattr(button, "GRADIO_CACHE", str(Path(path).parents[1]))
    assert button.move_resource_to_block_cache(path) == path  # served from where it lies, not copied
    delete_files_created_by_app(page, age=1800)
    assert Path(path).exists()
    time.sleep(0.01)
    delete_files_created_by_app(page, age=0)
    assert not Path(path).exists()
