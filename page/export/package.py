"""Everything about the photo at hand as one zip."""

import logging
import secrets
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import gradio as gr
from gradio.utils import get_upload_folder

from carmodel.files import write_whole
from explain.door import METHODS
from explain.explainer import Explainer
from explain.report.files import contents
from explain.report.report import Report
from page.api.answers import report
from page.markup import status
from page.session import Session
from page.tabs.explain.evidence import NETWORKS, Evidences, Found
from page.tabs.explain.stream import Controls

log = logging.getLogger(__name__)

PACK = "Download all"
NO_PHOTO = "There is nothing to download yet: please give a photo first."
SORRY = "Something went wrong on our side; please try the download again."


def pack(made: Report, found: Found, path: Path) -> Iterator[str]:
    """Writes a report's files and what is found about its maps into a zip; yields each file's name.

    There is no zip at `path` before all of it is written.
    """
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_STORED) as archive:  # pictures and arrays are compressed already
        for file, content in contents(made, found):
            archive.writestr(f"{path.stem}/{file}", content)
            yield file
    write_whole(path, whole.getvalue())


class Packages:
    """The handler of the download, for `explainers` by kind."""

    def __init__(self, explainers: Mapping[str, Explainer], evidences: Evidences) -> None:
        self.explainers = explainers
        self.evidences = evidences

    def on_pack(self, session: Session, *controls: object) -> Iterator[tuple[Any, Any, Any]]:
        """The button was pressed: yields the button, the zip and what to tell.

        The zip lies among gradio's temporary files, which it hands out and deletes with the uploads.
        """
        photo, subject, chosen = session.photo, session.subject, Controls(*controls)
        if photo is None or subject is None:
            yield gr.skip(), None, status(NO_PHOTO)
            return
        try:
            yield gr.Button("Packing …", interactive=False), None, status("Collecting the maps …")
            made = report(self.explainers[subject.kind], session.name, photo, chosen)
            found = self.evidences.known(subject, NETWORKS, METHODS)
            path = (
                Path(get_upload_folder()) / secrets.token_hex(16) / f"{Path(session.name).stem}-explained.zip"
            )
            for count, file in enumerate(pack(made, found, path), start=1):
                yield gr.skip(), None, status(f"Packing: {count} files, {file}")
        except Exception:
            log.exception("The zip could not be made.")
            yield gr.Button(PACK, interactive=True), None, status(SORRY)
            return
        size = path.stat().st_size / 1e6
        yield gr.Button(PACK, interactive=True), str(path), status(f"{path.name}, {size:.1f} MB")
