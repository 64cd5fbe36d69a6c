"""captum and shap, asked about any network of torch: the general lane beside the fast one.

Every call works on a copy with modules of its own, because the libraries hang hooks and attributes on them;
the values are shared, so that a copy costs no memory. Pictures and results are on the CPU, whatever the
network computes on.
"""

import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from torch import Tensor, nn

from carmodel.network import Network
from explain.methods.layers import grid_layer
from explain.methods.method import EXACT

Score = Callable[[Tensor], Tensor]  # logits (n, 4) -> the numbers explained (n,), linear
CHUNK = 16  # pictures in one pass
LEAST_CHANGE = 0.01  # logits: what is less is near to rounding
SAMPLES, SEED = 200, 0  # of shap's GradientExplainer, and where its random numbers begin
GRADCAM, INTEGRATED_GRADIENTS = "captum’s LayerGradCam", "captum’s IntegratedGradients"
DEEP, EXPECTED = "shap’s DeepExplainer", "shap’s GradientExplainer"

_numpy_random = Lock()  # GradientExplainer draws from numpy's one generator

# What shap says of each module that it has no rule for: the sum shows whether that matters. Filters are those
# of the whole process, so they are not changed for the time of a call, which may be one of many threads.
warnings.filterwarnings("ignore", "unrecognized nn.Module", UserWarning, r"shap\.")


def private_copy(network: Network) -> Network:
    """A copy with modules of its own, none of which works in place, and the same values."""
    shared = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    copy = deepcopy(network, shared).eval()
    for module in copy.modules():
        if getattr(module, "inplace", False):
            setattr(module, "inplace", False)  # noqa: B010 - not every module has it
    return copy


class _Scored(nn.Module):
    """A network with the score as its only output."""

    def __init__(self, network: Network, score: Score) -> None:
        super().__init__()
        self.network = private_copy(network)
        self.score = score

    def forward(self, x: Tensor) -> Tensor:
        return self.score(self.network(x).cpu())[:, None]


def gradcam(network: Network, score: Score, x: Tensor) -> tuple[Tensor, float]:
    """captum's cells (n, n) of the layer that `grid_layer` finds, none below zero, and the score.

    x is one picture (3, size, size). Raises NoGridError for a network without such a layer.
    """
    from captum.attr import LayerGradCam

    copy = private_copy(network)
    explainer = LayerGradCam(lambda pictures: score(copy(pictures).cpu()), grid_layer(copy))
    with torch.enable_grad():
        picture = x[None].to(network.device, copy=True).requires_grad_()
        cells = explainer.attribute(picture, relu_attributions=True)[0, 0]
    return cells.detach().cpu(), _scores(network, score, x[None]).item()


def integrate(
    network: Network, score: Score, x: Tensor, reference: Tensor, points: Tensor, shares: Tensor
) -> tuple[Tensor, Tensor]:
    """captum's Σ share · gradient · (x − reference) (3, size, size) over points (n,) of the line between.

    And the scores (2,) of the reference and of x.
    """
    from captum.attr import IntegratedGradients

    copy = private_copy(network)
    explainer = IntegratedGradients(lambda pictures: score(copy(pictures).cpu()))
    ends = [picture[None].to(network.device) for picture in (x, reference)]
    total = torch.zeros_like(x)
    with torch.enable_grad():
        for where, share in zip(points.split(CHUNK), shares.split(CHUNK), strict=True):
            values = explainer._attribute(  # `attribute` chooses the points itself
                (ends[0],),
                (ends[1],),
                n_steps=len(where),
                step_sizes_and_alphas=(share.tolist(), where.tolist()),
            )
            total += values[0][0].detach().cpu()
    return total, _scores(network, score, torch.stack([reference, x]))


@dataclass(frozen=True, eq=False)
class Background:
    """The references (n, 3, size, size) of a network, their logits, and whether DeepExplainer can be used."""

    references: Tensor
    logits: Tensor  # (4,), mean over the references
    deep: bool  # whether its sum holds for this network


def background(network: Network, references: Tensor) -> Background:
    """The background of references (n, 3, size, size) for a network.

    DeepExplainer is tried on a picture between two of them: activations, normalisations and reused modules
    that it has no rule for make its sum miss.
    """
    logits = _scores(network, lambda rows: rows, references).mean(0)
    trial = (references[0] + references[-1]) / 2
    try:
        values, score = _deep(network, _first_class, trial, references)
        deep = _adds_up(values, score - logits[0].item())
    except Exception:  # of many kinds: shap cannot take the network apart
        deep = False
    return Background(references, logits, deep)


def shapley_values(
    network: Network, score: Score, x: Tensor, known: Background
) -> tuple[Tensor, float, float, str]:
    """shap's values (size, size) of one picture, its score, that of the references, and what made them.

    That is DeepExplainer or, where its sum does not hold, GradientExplainer, whose sum misses by some per
    cent: its samples are few and random.
    """
    reference_score = score(known.logits).item()
    if known.deep:
        values, answer = _deep(network, score, x, known.references)
        if _adds_up(values, answer - reference_score):
            return values, answer, reference_score, DEEP
    return *_expected(network, score, x, known.references), reference_score, EXPECTED


def _adds_up(values: Tensor, change: float) -> bool:
    """Whether values sum to a change of the score, however small that is."""
    return abs(values.sum(dtype=torch.float64).item() - change) <= EXACT * max(abs(change), LEAST_CHANGE)


def _first_class(logits: Tensor) -> Tensor:
    return logits[..., 0]


@torch.enable_grad()
def _deep(network: Network, score: Score, x: Tensor, references: Tensor) -> tuple[Tensor, float]:
    from shap import DeepExplainer  # takes seconds to import: only when it is used

    explainer = DeepExplainer(_Scored(network, score).eval(), references.to(network.device, copy=True))
    picture = x[None].to(network.device, copy=True)
    # The gap is shown with the map, so shap need not refuse one that it finds too large.
    values = explainer.shap_values(picture, check_additivity=False)
    return _summed(values, x), _scores(network, score, x[None]).item()


@torch.enable_grad()
def _expected(network: Network, score: Score, x: Tensor, references: Tensor) -> tuple[Tensor, float]:
    from shap import GradientExplainer

    pictures = references.to(network.device, copy=True)
    explainer = GradientExplainer(_Scored(network, score).eval(), pictures, batch_size=CHUNK)
    with _numpy_random:
        state = np.random.get_state()
        try:
            values = explainer.shap_values(x[None].to(network.device, copy=True), SAMPLES, rseed=SEED)
        finally:
            np.random.set_state(state)
    return _summed(values, x), _scores(network, score, x[None]).item()


def _summed(values: object, x: Tensor) -> Tensor:
    """shap's values of one picture and one score, summed over colour: (size, size)."""
    return torch.as_tensor(np.asarray(values)).float().reshape(x.shape).sum(0)


def _scores(network: Network, score: Score, pictures: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.cat([score(network(few.to(network.device)).cpu()) for few in pictures.split(CHUNK)])
