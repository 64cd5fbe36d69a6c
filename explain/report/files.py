"""A report as files: what the command line writes and the page packs."""

import json
from collections.abc import Iterator
from io import BytesIO

import numpy as np
from PIL import Image

from explain.report.html import Found, offline
from explain.report.markup import written
from explain.report.render import upright
from explain.report.report import Report, as_table
from explain.report.sheet import contact_sheet


def contents(report: Report, evidence: Found | None = None) -> Iterator[tuple[str, bytes]]:
    """Every file of a report, one after the other: its name and what is in it.

    photo.png is the photo as the networks were given it: upright, without any of its file's metadata. The
    `evidence` for its maps stands in report.html.
    """
    yield "photo.png", _png(upright(report.photo))
    arrays = {}
    for method, row in report.card_rows.items():
        for column, card in row.cards.items():
            name = f"{method}_{column}"
            arrays[name] = card.exact.map.numpy()
            yield f"{name}.png", _png(card.picture())
    maps, sheet = BytesIO(), BytesIO()
    np.savez_compressed(maps, allow_pickle=False, **arrays)
    yield "maps.npz", maps.getvalue()
    text = json.dumps(as_table(report), indent=2, ensure_ascii=False, allow_nan=False)
    yield "report.json", f"{text}\n".encode()
    yield "report.html", written(offline(report, evidence)).encode()
    contact_sheet(report).savefig(sheet, dpi="figure", format="png")
    yield "contact_sheet.png", sheet.getvalue()


def _png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
