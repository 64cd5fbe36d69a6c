"""A report as files: what the command line writes and the page packs."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from explain.detail import at_detail
from explain.offline import Found, offline
from explain.render import overlay, upright
from explain.report import Report, as_table, scale_of
from explain.sheet import contact_sheet


def write(report: Report, folder: Path, found: Found | None = None) -> Iterator[str]:
    """Writes every file of a report into a folder that exists; yields the name of each once it is there.

    photo.png is the photo as the networks were given it: upright, without any of its file's metadata. What
    is `found` about maps stands in report.html. Raises OSError where the folder cannot be written to.
    """
    upright(report.photo).save(folder / "photo.png")
    yield "photo.png"
    arrays = {}
    for method, columns in report.rows.items():
        shown = at_detail(columns, report.detail)
        scale = scale_of(shown)
        for column, attribution in columns.items():
            name = f"{method}_{column}"
            arrays[name] = attribution.map.numpy()
            overlay(shown[column], report.photo, scale).save(folder / f"{name}.png")
            yield f"{name}.png"
    np.savez_compressed(folder / "maps.npz", allow_pickle=False, **arrays)
    yield "maps.npz"
    text = json.dumps(as_table(report), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "report.json").write_text(f"{text}\n", encoding="utf-8")
    yield "report.json"
    (folder / "report.html").write_text(offline(report, found), encoding="utf-8")
    yield "report.html"
    contact_sheet(report).savefig(folder / "contact_sheet.png", dpi="figure")
    yield "contact_sheet.png"
