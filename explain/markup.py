"""Pictures for HTML that needs nothing beside it."""

import base64
import io
from html import escape

from PIL import Image


def picture(image: Image.Image, alt: str, kind: str, format: str = "WEBP", quality: int = 90) -> str:
    """An <img> of class `kind` that carries its data itself, with an alt text and its own proportions.

    `format` is "WEBP" or, for what must keep its edges, "PNG", which knows no `quality`.
    """
    file = io.BytesIO()
    image.save(file, format, quality=quality, method=2, compress_level=3)
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f'<img class="{kind}" src="data:image/{format.lower()};base64,{data}" alt="{escape(alt)}" '
        f'width="{image.width}" height="{image.height}">'
    )
