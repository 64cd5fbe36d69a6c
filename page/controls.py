"""What a visitor chose at the left side of the page."""

from dataclasses import dataclass, field

from explain.request import ExplanationRequest, Settings
from page.map_card import Look


@dataclass(frozen=True)
class Controls(Settings):
    """What is asked about the photo, and how the maps are drawn.

    Components stand for fields by name, so that `Settings` may get further ones.
    """

    strength: float = field(default=0.9, kw_only=True)  # opacity of the overlay
    own_scale: bool = field(default=False, kw_only=True)  # whether each map has a scale of its own

    def look(self, asked: ExplanationRequest) -> Look:
        """How the maps of a request are drawn."""
        return Look(asked.smoothing, asked.tolerance, self.strength, self.own_scale)
