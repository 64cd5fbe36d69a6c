"""What is kept of one browser tab, in memory.

A Session belongs to gradio's state of a browser tab; how much all may hold is up to `explain.cache.Cache`.
"""

from dataclasses import dataclass, field
from typing import Any

from carmodel.photo import Photo
from explain.request import ExplanationRequest
from page.requests import Requests


@dataclass
class Session:
    """A browser tab: the last good photo, what is asked about it, and how far the newest request has come."""

    photo: Photo | None = None
    name: str = "photo"  # of the photo's file
    example: str | None = None  # the photo's file if it is an example picture
    forgotten: bool = False  # there was a photo, but no room for it any more
    asked: ExplanationRequest | None = None  # what the page shows now
    mapped: int = 0  # the last run whose maps were all shown
    tested: int = 0  # the last one whose maps are being tested, or were
    other: Photo | None = None  # the second photo of the Compare tab
    drawn: dict[str, Any] = field(default_factory=dict)  # tab -> what it shows all of
    refreshed: dict[str, int] = field(default_factory=dict)  # lazy tab -> the last run that it was drawn for
    requests: Requests = field(default_factory=Requests)

    def forget(self) -> None:
        """Lets go of all photos, because others were in use later and there is no room for so many."""
        self.forgotten = self.photo is not None
        self.photo = self.other = self.asked = None
        self.drawn.clear()
