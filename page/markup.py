"""The small parts that several fragments share."""

import base64
import io
from collections.abc import Sequence
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


def legend_bar(background: str, labels: Sequence[str]) -> str:
    """A colour bar of a legend, `background` being its value in CSS, with what to write below it."""
    under = "".join(f"<span>{escape(label)}</span>" for label in labels)
    return f'<div class="bar"><i style="background:{background}"></i><div>{under}</div></div>'


def notice(sentence: str) -> str:
    """What went wrong and what to do, in one sentence; read out by screen readers when it appears."""
    return f'<p class="notice" role="alert">{escape(sentence)}</p>'
