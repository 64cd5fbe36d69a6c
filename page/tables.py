"""What the tables of the Networks tab share."""

from html import escape


def scroll(name: str) -> str:
    """The opening tag of a region that a wide table scrolls in, by touch or keyboard; `name` says what "
    "it is."""
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(name)}">'
