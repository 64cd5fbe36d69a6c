"""Faithfulness: what happens to the score when the cells that a map ranks first are taken away or put in.

Deletion and insertion of Petsiuk et al. 2018 (RISE). Deletion covers the photo, cell by cell in the order of
the map, with a fill such as the blurred photo: the sooner the probability falls, the better the map found
what the network relies on. Insertion uncovers the photo on the fill: the sooner it rises, the better. Cars
stand in the middle of photos, so a map is compared with a centred Gaussian as well as with random maps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor, nn

from carmodel.frame import FRAME
from carmodel.network import CLASSES, Network
from carmodel.sampling import cell_sums
from explain.attribution import Attribution
from explain.evidence.occlusion import covered_logits
from explain.smoothing import SMOOTHINGS, smoothed
from explain.target import Target

STEPS = 50  # of 2 % of the cells each
RANDOM_MAPS = 10


@dataclass(frozen=True)
class Curve:
    """A score at STEPS + 1 points, from the untouched picture to the one wholly changed."""

    fractions: tuple[float, ...]  # of the cells changed, 0 to 1
    probabilities: tuple[float, ...]  # of the class; of a contrast, of its class against the other alone
    logits: tuple[float, ...]  # the score that the map explains

    @property
    def area(self) -> float:
        """The area under the probabilities by the trapezoid rule: their mean, 0 to 1."""
        return _area(self.probabilities, self.fractions)

    @property
    def logit_area(self) -> float:
        """The area under the logits by the trapezoid rule: their mean."""
        return _area(self.logits, self.fractions)


@dataclass(frozen=True)
class Faithfulness:
    """Both curves of one order of cells; a good order has a small deletion and a large insertion area."""

    deletion: Curve
    insertion: Curve


@dataclass(frozen=True)
class Controls:
    """What orders that know nothing of the network reach on the same photo."""

    random: Faithfulness  # the mean curves of RANDOM_MAPS random orders
    gaussian: Faithfulness  # cells from the centre outwards


@dataclass(frozen=True)
class Beats:
    """Whether a map is better than both controls."""

    deletion: bool  # its area is smaller than both
    insertion: bool  # its area is larger than both


def order(map: Tensor, size: int, signed: bool = True) -> Tensor:
    """The cells (size * size,) of a map (300, 300), most important first, as indices in row-major order.

    A cell is worth its sum, or without `signed` the absolute value of its sum. Ties are broken by a fixed
    shuffle, so a constant map gives a random order.
    """
    worth = cell_sums(map, size).flatten()
    worth = worth if signed else worth.abs()
    shuffled = _shuffle(len(worth), seed=0)
    return shuffled[worth[shuffled].argsort(descending=True, stable=True)]


def curves(
    networks: Network | Sequence[Network], frame: Tensor, target: Target, order: Tensor, fill: str = "blur"
) -> Faithfulness:
    """Deletion and insertion of the cells of a photo (3, 300, 300) in an order of all of them (cells,).

    networks is one network, or two for their average ensemble, whose logits are the mean of theirs. fill is
    one of REFERENCES. Logits are exact to 0.02 and areas to 0.002 (`explain.evidence.fast_forward`). Raises
    ValueError for a fill that does not exist.
    """
    removed = _removed(order)
    (photo, filled), (deleted, inserted) = covered_logits(
        networks, frame, fill, torch.stack([removed, ~removed])
    )
    fractions = _counts(len(order)).double() / len(order)
    return Faithfulness(
        deletion=_curve(target, fractions, torch.cat([photo, deleted, filled])),
        insertion=_curve(target, fractions, torch.cat([filled, inserted, photo])),
    )


def faithfulness(
    networks: Network | Sequence[Network],
    frame: Tensor,
    attribution: Attribution,
    fill: str = "blur",
    smoothing: str = SMOOTHINGS[0],
) -> Faithfulness:
    """The curves of a map as it is shown with `smoothing`, from the most positive cell to the most negative.

    Cells are the pixels of the network, or of the larger of two; `networks` are those that the map is of.
    Raises ValueError for a smoothing or a fill that does not exist.
    """
    ranked = order(smoothed(attribution, smoothing).map, _cells(networks))
    return curves(networks, frame, attribution.target, ranked, fill)


def control_logits(network: Network, frame: Tensor, size: int, fill: str = "blur") -> Tensor:
    """Logits (2 + RANDOM_MAPS, STEPS + 1, 4) of a photo covered in the controls' orders of size² cells.

    First the Gaussian's deletion and insertion, then the deletions of random orders. They depend on no map
    and no target, so one call serves all of them, and the average ensemble as well as the network.
    """
    squares = (torch.arange(FRAME) + 0.5 - FRAME / 2) ** 2
    centred = _removed(order(-squares[:, None] - squares, size))  # as any round Gaussian ranks them
    random = [_removed(_shuffle(size * size, seed)) for seed in range(1, RANDOM_MAPS + 1)]
    (photo, filled), paths = covered_logits(network, frame, fill, torch.stack([centred, ~centred, *random]))
    first = torch.stack([photo, filled, *[photo] * RANDOM_MAPS])
    last = torch.stack([filled, photo, *[filled] * RANDOM_MAPS])
    return torch.cat([first, paths, last], dim=1)


def controls(
    networks: Network | Sequence[Network],
    frame: Tensor,
    target: Target,
    fill: str = "blur",
    logits: Mapping[int, Tensor] = MappingProxyType({}),
) -> Controls:
    """The curves of the controls on the same photo; they depend on no map, so one call serves all methods.

    logits holds `control_logits` that are computed already, by the size of their network, of as many cells as
    the largest of `networks` has pixels. A random order reversed is a random order too, and its insertion is
    the deletion of the first, read backwards: the deletions of RANDOM_MAPS orders give both curves, whose
    areas are therefore equal.
    """
    size = _cells(networks)
    pair = [networks] if isinstance(networks, nn.Module) else networks
    pair_logits = [
        logits[network.size] if network.size in logits else control_logits(network, frame, size, fill)
        for network in pair
    ]
    mean_logits = torch.stack(pair_logits).mean(0)
    fractions = _counts(size * size).double() / size**2
    deletion = _curve(target, fractions, mean_logits[2:])
    backwards = (tuple(1 - share for share in deletion.fractions), deletion.probabilities, deletion.logits)
    return Controls(
        random=Faithfulness(deletion, Curve(*(values[::-1] for values in backwards))),
        gaussian=Faithfulness(*(_curve(target, fractions, rows) for rows in mean_logits[:2])),
    )


def beats(map_curves: Faithfulness, against: Controls) -> Beats:
    """Whether curves are better than those of both controls of the same photo, network and target."""
    others = (against.random, against.gaussian)
    return Beats(
        deletion=all(map_curves.deletion.area < other.deletion.area for other in others),
        insertion=all(map_curves.insertion.area > other.insertion.area for other in others),
    )


def _cells(networks: Network | Sequence[Network]) -> int:
    """Cells on a side of the frame."""
    return networks.size if isinstance(networks, nn.Module) else max(network.size for network in networks)


def _shuffle(count: int, seed: int) -> Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))


def _counts(cells: int) -> Tensor:
    """How many cells are changed at each of the STEPS + 1 points."""
    return (torch.arange(STEPS + 1) * cells + STEPS // 2) // STEPS


def _removed(order: Tensor) -> Tensor:
    """Which cells are changed at each point but the first and last: (STEPS - 1, cells), bool."""
    ranks = torch.empty_like(order)
    ranks[order] = torch.arange(len(order))
    return ranks < _counts(len(order))[1:-1, None]


def _curve(target: Target, fractions: Tensor, logits: Tensor) -> Curve:
    """The curve of logits (points, 4), or the mean curve of logits (orders, points, 4)."""
    logits = logits.double()
    scores = target.score(logits)
    if target.against is None:
        probabilities = logits.softmax(-1)[..., CLASSES.index(target.toward)]
    else:
        probabilities = scores.sigmoid()
    points = len(fractions)
    return Curve(
        fractions=tuple(fractions.tolist()),
        probabilities=tuple(probabilities.reshape(-1, points).mean(0).tolist()),
        logits=tuple(scores.reshape(-1, points).mean(0).tolist()),
    )


def _area(values: Sequence[float], fractions: Sequence[float]) -> float:
    return float(np.trapezoid(values, fractions))
