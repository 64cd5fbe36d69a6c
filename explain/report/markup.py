"""HTML that knows it is HTML, and pictures for it that need nothing beside them.

Every fragment is a `Markup`, made by `Markup("<td>{}</td>").format(value)` and `Markup().join(parts)`. Both
escape what is no Markup itself, so that no caller has to think of it.
"""

import base64
import io
from collections.abc import Iterable

from markupsafe import Markup, escape
from PIL import Image

from carmodel.ood import Cue

CELL, COLUMN_HEAD = Markup("<td>{}</td>"), Markup('<th scope="col">{}</th>')


def written(html: str) -> str:
    """What goes to a browser or into a file: Markup as it is, and any other text as text."""
    return str(escape(html))


def repeated(template: Markup, values: Iterable[object]) -> Markup:
    """The template once for each value."""
    return Markup().join(map(template.format, values))


def doubt(cue: Cue | None) -> Markup:
    """What to say of a picture that looks like no car; nothing of one that does, or where nobody knows."""
    if cue is None or cue.looks_like_car:
        return Markup()
    return Markup('<p class="doubt">{}</p>').format(cue.sentence)


def picture(image: Image.Image, alt: str, kind: str, format: str = "WEBP", quality: int = 90) -> Markup:
    """An <img> of class `kind` that carries its data itself, with an alt text and its own proportions.

    `format` is "WEBP" or, for what must keep its edges, "PNG", which knows no `quality`.
    """
    file = io.BytesIO()
    image.save(file, format, quality=quality, method=2, compress_level=3)
    data = base64.b64encode(file.getvalue()).decode()
    return Markup('<img class="{}" src="data:image/{};base64,{}" alt="{}" width="{}" height="{}">').format(
        kind, format.lower(), data, alt, image.width, image.height
    )
