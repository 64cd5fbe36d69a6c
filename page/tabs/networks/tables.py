"""What the tables of the Networks tab share."""

from markupsafe import Markup


def scroll(name: str) -> Markup:
    """The opening tag of a region, of this name, that a wide table scrolls in by touch or keyboard."""
    return Markup('<div class="scroll" tabindex="0" role="group" aria-label="{}">').format(name)
