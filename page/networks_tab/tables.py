"""What the tables of the Networks tab share."""

from html import escape


def scroll(name: str) -> str:
    """The opening tag of a region, of this name, that a wide table scrolls in by touch or keyboard."""
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(name)}">'
