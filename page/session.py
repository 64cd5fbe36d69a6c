"""What is kept of one browser tab, in memory, and what the evidence in it is about.

A Session belongs to gradio's state of a browser tab; how much all may hold is up to `explain.cache.Cache`.
"""

from dataclasses import dataclass, field

from carmodel.photo import Photo
from explain.target import Target


@dataclass(frozen=True)
class Subject:
    """A photo, the networks asked, the score explained, and how its maps are made and shown.

    What was found out about one subject says nothing about another. Equal for equal photos.
    """

    photo: Photo = field(compare=False)
    digest: str  # of the photo
    kind: str  # of the networks
    target: Target
    reference: str
    tolerance: float
    detail: str


@dataclass
class Session:
    """A browser tab: the last good photo, and how far the newest request has come."""

    photo: Photo | None = None
    forgotten: bool = False  # there was a photo, but no room for it any more
    begun: int = 0  # requests that have begun
    newest: int = 0  # number of the newest request
    mapped: int = 0  # the last request whose maps were all shown
    tested: int = 0  # the last one whose maps are being tested, or were
    name: str = "photo"  # of the photo's file
    example: str | None = None  # the photo's file if it is an example picture
    subject: Subject | None = None  # what the Trust tab is about
    running: dict[str, object] = field(default_factory=dict)  # long test -> its run; absent when none runs
    tab: str = "Explain"  # the one in front
    tab_since: float = 0  # milliseconds from when the page was opened
    other: Photo | None = None  # the second photo of the Compare tab
    method: str = ""  # the last one that was chosen there; none yet
    compared: tuple[Subject, str] | None = None  # what all its maps were last shown of, by which method
    drawing: dict[str, object] = field(default_factory=dict)  # part of the Compare tab -> its last request
    followed: dict[str, int] = field(default_factory=dict)  # tab that follows the photo -> its last request

    def forget(self) -> None:
        """Lets go of all photos, because others were in use later and there is no room for so many."""
        self.forgotten = self.photo is not None
        self.photo = self.other = self.subject = self.compared = None

    def begin(self) -> int:
        """The number of a request that begins now; numbers rise."""
        self.begun += 1
        return self.begun

    def is_newest(self, request: int) -> bool:
        """Whether no newer request has come than the one of this number."""
        return self.newest == request
