"""What a visitor chose at the left side of the page."""

from dataclasses import dataclass

from explain.request import ExplanationRequest, Settings
from page.map_card import Look


@dataclass(frozen=True)
class Controls(Settings):
    """What is asked about the photo, and how the maps are drawn; fields in the order of the components."""

    strength: float = 0.9  # opacity of the overlay
    own_scale: bool = False  # whether each map has a scale of its own

    def look(self, asked: ExplanationRequest) -> Look:
        """How the maps of a request are drawn."""
        return Look(asked.smoothing, asked.tolerance, self.strength, self.own_scale)
