"""The small parts that several fragments share."""

from collections.abc import Sequence
from html import escape

from explain.markup import picture

__all__ = ["SORRY", "legend_bar", "notice", "picture", "status"]

SORRY = "Something went wrong on our side; please try again, or use another photo."


def legend_bar(background: str, labels: Sequence[str]) -> str:
    """A colour bar of a legend, `background` being its value in CSS, with what to write below it."""
    under = "".join(f"<span>{escape(label)}</span>" for label in labels)
    return f'<div class="bar"><i style="background:{background}"></i><div>{under}</div></div>'


def notice(sentence: str) -> str:
    """What went wrong and what to do, in one sentence; read out by screen readers when it appears."""
    return f'<p class="notice" role="alert">{escape(sentence)}</p>'


def status(sentence: str) -> str:
    """How something is going; read out by screen readers when they have nothing else to say."""
    return f'<p role="status">{escape(sentence)}</p>'
