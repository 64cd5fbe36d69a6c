"""The small parts that several fragments share."""

from collections.abc import Sequence
from html import escape

from explain.markup import picture

__all__ = ["SORRY", "finding", "legend_bar", "notice", "picture", "status", "untested"]

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


def finding(sentence: str) -> str:
    """What a test found, in words; "" without a sentence."""
    kept_together = escape(sentence).replace(" %", "&nbsp;%").replace(" px", "&nbsp;px")
    return f'<p class="finding">{kept_together}</p>' if sentence else ""


def untested(sentence: str) -> str:
    """What stands where there is nothing to show yet, or never will be."""
    return f'<p class="untested">{escape(sentence)}</p>'
