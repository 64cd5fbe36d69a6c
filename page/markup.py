"""The small parts that several fragments share."""

from html import escape

from explain.markup import picture

__all__ = ["SORRY", "notice", "picture", "status"]

SORRY = "Something went wrong on our side; please try again, or use another photo."


def notice(sentence: str) -> str:
    """What went wrong and what to do, in one sentence; read out by screen readers when it appears."""
    return f'<p class="notice" role="alert">{escape(sentence)}</p>'


def status(sentence: str) -> str:
    """How something is going; read out by screen readers when they have nothing else to say."""
    return f'<p role="status">{escape(sentence)}</p>'
