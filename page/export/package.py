"""Everything about the photo at hand as one zip."""

import logging
import secrets
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import gradio as gr

from carmodel.files import write_whole
from explain.explainer import Explainer
from explain.report.files import contents
from explain.report.report import Report, report_of
from explain.request import finished_maps
from page.controls import Controls
from page.evidence import Evidences, Found, tested_networks
from page.gradio_patches import get_upload_folder
from page.lazy_tabs import Values
from page.markup import status
from page.session import Session

log = logging.getLogger(__name__)

PACK = "Download all"
NO_PHOTO = "There is nothing to download yet: please give a photo first."
SORRY = "Something went wrong on our side; please try the download again."


def pack(report: Report, evidence: Found, path: Path) -> Iterator[str]:
    """Writes a report's files and what is found about its maps into a zip; yields each file's name.

    There is no zip at `path` before all of it is written.
    """
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_STORED) as archive:  # pictures and arrays are compressed already
        for file, content in contents(report, evidence):
            archive.writestr(f"{path.stem}/{file}", content)
            yield file
    write_whole(path, whole.getvalue())


class Packages:
    """The handler of the download, for `explainers` by kind."""

    def __init__(self, explainers: Mapping[str, Explainer], evidences: Evidences) -> None:
        self.explainers = explainers
        self.evidences = evidences

    def on_pack(self, session: Session, number: float, controls: Controls) -> Iterator[Values]:
        """The button was pressed: yields the button, the zip and what to tell.

        The zip lies among gradio's temporary files, which it hands out and deletes with the uploads.
        """
        asked, name = session.asked, Path(session.name)
        if asked is None:
            yield {"package": None, "told": status(NO_PHOTO)}
            return
        try:
            yield {
                "pack": gr.Button("Packing …", interactive=False),
                "package": None,
                "told": status("Collecting the maps …"),
            }
            explainer = self.explainers[asked.kind]
            report = report_of(explainer, session.name, asked, finished_maps(explainer, asked))
            evidence = self.evidences.known(asked, tested_networks(explainer, asked), list(report.rows))
            path = Path(get_upload_folder()) / secrets.token_hex(16) / f"{name.stem}-explained.zip"
            for count, file in enumerate(pack(report, evidence, path), start=1):
                yield {"told": status(f"Packing: {count} files, {file}")}
        except Exception:
            log.exception("The zip could not be made.")
            yield {"pack": gr.Button(PACK, interactive=True), "package": None, "told": status(SORRY)}
            return
        told = status(f"{path.name}, {path.stat().st_size / 1e6:.1f} MB")
        yield {"pack": gr.Button(PACK, interactive=True), "package": str(path), "told": told}
