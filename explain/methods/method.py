"""What a method of attribution is: a record of facts and functions, which all other code asks.

A method is asked about one network at a time. `start` makes its first map; a method that can go on to a
better one has `refine` too. Everything that is said, drawn, saved or offered of a method comes from its
record, so that a new one is one file and one line in `explain.methods.registry`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from torch import Tensor

from carmodel.network import Network
from carmodel.sampling import onto_frame
from explain.methods.lanes import FAST
from explain.target import Target

if TYPE_CHECKING:
    from explain.methods.refinement import Refinement

CHOSEN = "chosen"  # in place of a reference's name: whoever asks chooses it
NOTHING = "none"  # a map that compares the photo with nothing
EXACT = 0.001  # the completeness gap of a method that adds up and has nothing to refine: rounding alone


@dataclass(frozen=True, eq=False)
class Question:
    """Which parts of a photo speak for a score of one network?"""

    name: str  # of the network
    network: Network
    frame: Tensor  # (3, 300, 300), the photo
    target: Target
    reference: str = NOTHING  # name of what the photo is compared with
    prepare: Callable[[], Any] = lambda: None  # what the method's `prepare` made of the network
    lane: str = FAST  # by which its maps are made

    @cached_property
    def prepared(self) -> Any:  # noqa: ANN401
        """What depends on the network alone, computed or found when it is first needed."""
        return self.prepare()


@dataclass(frozen=True, eq=False)
class Method:
    """A method of attribution: what it is called, what its maps mean, and how they are made."""

    name: str  # in files, links, answers and on the command line
    title: str  # in print
    start: Callable[[Question], Refinement] = field(repr=False)  # its first map
    refine: Callable[[Question, Refinement], Refinement] | None = field(default=None, repr=False)
    prepare: Callable[[Network, Tensor, str], Any] | None = field(default=None, repr=False)
    # of a network, the reference frames (n, 3, 300, 300) and a lane: what is worth keeping for all photos
    obstacle: Callable[[Network], str] = field(default=lambda _: "", repr=False)
    # why it cannot explain a network at all, a sentence that stands where its map would; "" if it can
    place: Callable[[Tensor, Network], Tensor] = field(default=lambda cells, _: onto_frame(cells), repr=False)
    # its cells (n, n) of a network as a map of the frame (300, 300)
    signed: bool = True  # whether it shows what speaks against the score too
    complete: bool = True  # whether its maps should add up to the change of the score
    coarse: bool = False  # cells larger than what it is shown by: never smoothed, compared by its own cells
    compares_with: str = NOTHING  # a reference's name, or CHOSEN
    short: str = ""  # heading of a narrow column; the title if empty
    idea: str = ""  # what a map shows, a sentence; {target} and {reference} stand for what they are
    hint: str = ""  # the same for any photo, in a line or two
    told: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)  # for the guide
    colours: tuple[str, str] = ("#5c6570", "#aab4bf")  # of its lines in charts, on light and on dark ground
    mark: str = "o"  # of its lines in charts: "o", "s" or "^", as in matplotlib

    @property
    def heading(self) -> str:
        """Of a narrow column."""
        return self.short or self.title

    @property
    def takes_reference(self) -> bool:
        """Whether the caller chooses what its maps compare with."""
        return self.compares_with == CHOSEN

    @property
    def refines(self) -> bool:
        """Whether its maps come closer to their sum step by step, up to a tolerance."""
        return self.refine is not None

    def reference(self, chosen: str) -> str:
        """The name of what its maps compare with where the caller chose `chosen`."""
        return chosen if self.takes_reference else self.compares_with

    def allowed_gap(self, tolerance: float) -> float | None:
        """The completeness gap that a finished map may have; None for a method whose maps have no sum."""
        if not self.complete:
            return None
        return tolerance if self.refines else EXACT
