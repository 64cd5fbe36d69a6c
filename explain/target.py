"""What is explained, as a callable on logits: a class, or a contrast of two."""

from dataclasses import dataclass

from torch import Tensor

from carmodel.network import CLASSES


@dataclass(frozen=True)
class Target:
    """The score explained: the logit of class `toward`, or how far it is above that of class `against`.

    Raises ValueError for an unknown class and for a class against itself.
    """

    toward: str
    against: str | None = None

    def __post_init__(self) -> None:
        for name in (self.toward, self.against):
            if name not in (*CLASSES, None):
                raise ValueError(f"There is no class {name!r}; the classes are {', '.join(CLASSES)}.")
        if self.toward is None:
            raise ValueError("A target needs a class to speak for.")
        if self.toward == self.against:
            raise ValueError(f"A contrast needs two different classes, not {self.toward} twice.")

    def score(self, logits: Tensor) -> Tensor:
        """Scores (...) of logits (..., 4); linear, so it takes maps of all logits to a map too."""
        score = logits[..., CLASSES.index(self.toward)]
        return score if self.against is None else score - logits[..., CLASSES.index(self.against)]

    @property
    def label(self) -> str:
        """In words: "suv", or "suv − coupe"."""
        return self.toward if self.against is None else f"{self.toward} − {self.against}"
