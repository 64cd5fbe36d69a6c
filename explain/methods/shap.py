"""SHAP: the score shared out over the pixels, averaged over many references (Lundberg & Lee 2017).

By DeepLIFT's rescale rule (Shrikumar et al. 2017) from every reference to the picture, as shap's
`DeepExplainer` does it. Its values add up exactly for the modules that CarNet is made of. The fast lane's
engine is `explain.methods.deeplift`; the general one is shap itself (`explain.methods.library`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor, nn

from carmodel.network import CLASSES, Network
from carmodel.sampling import area_means
from explain.attribution import FUSED
from explain.methods import library
from explain.methods.deeplift import CHUNK, Trace, attributions, trace
from explain.methods.fused import FusedLayer, fuse, visible_part
from explain.methods.lanes import FAST
from explain.methods.method import Method, Question
from explain.methods.refinement import Refinement, attribution_of
from explain.references import TRAINING_FRAMES


@dataclass(frozen=True, eq=False)
class ShapleyValues:
    """The values of all classes: those of a contrast of two classes are their difference."""

    values: Tensor  # (4, size, size), logits, summed over colour; (1, size, size) of the one score asked for
    logits: Tensor  # (4,), of the picture
    reference_logits: Tensor  # (4,), mean over the references

    def of(self, score: Callable[[Tensor], Tensor]) -> Tensor:
        """The values (size, size) of a score: one of all classes', or the one that was asked for."""
        return self.values[0] if len(self.values) == 1 else score(self.values.movedim(0, -1))


@dataclass(frozen=True, eq=False)
class Background:
    """A network and what its references cause in it, so that this is computed once for many pictures.

    It takes 1.4 MB of memory a reference at 75 px and 3.3 MB at 100 px.
    """

    layers: tuple[FusedLayer, ...]
    references: tuple[Trace, ...]  # of a few references each
    logits: Tensor  # (4,), mean over the references


@torch.no_grad()
def background(network: nn.Module, references: Tensor) -> Background:
    """The background of references (n, 3, size, size) for a network, as it is now, in evaluation.

    Raises ValueError for a network that is not a chain of the modules that CarNet is made of.
    """
    layers = fuse(network)
    device = layers[0].weight.device
    traces = tuple(trace(layers, few).compact() for few in references.to(device).split(CHUNK))
    return Background(layers, traces, torch.cat([batch.logits for batch in traces]).mean(0).cpu())


@torch.no_grad()
def shapley_values(
    network: nn.Module,
    x: Tensor,
    references: Tensor | Background,
    score: Callable[[Tensor], Tensor] | None = None,
) -> ShapleyValues:
    """The values of one picture x (3, size, size) for references (n, 3, size, size), each of equal weight.

    They are of all classes or, in less time, of one score: a linear function of logits (…, 4) to (…), as
    `Target.score` is. With a `background` in place of the references it takes less time too.

    Raises ValueError for a network that is not a chain of the modules that CarNet is made of.
    """
    basis = references if isinstance(references, Background) else background(network, references)
    device = basis.layers[0].weight.device
    weights = torch.eye(len(CLASSES), device=device)
    weights = weights if score is None else score(weights)[None]
    picture = trace(basis.layers, x[None].to(device))
    values = torch.zeros(len(weights), *x.shape[1:], device=device)
    visible_part(basis.layers, values).copy_(attributions(basis.layers, picture, basis.references, weights))
    return ShapleyValues(values.cpu(), picture.logits[0].cpu(), basis.logits)


def _start(question: Question) -> Refinement:
    started, score = perf_counter(), question.target.score
    picture = area_means(question.frame, question.network.size)
    if question.lane == FAST:
        shared = shapley_values(question.network, picture, question.prepared, score=score)
        scores = score(shared.logits).item(), score(shared.reference_logits).item()
        values, made_by = shared.of(score), FUSED
    else:
        values, *both, made_by = library.shapley_values(question.network, score, picture, question.prepared)
        scores = both[0], both[1]
    seconds = perf_counter() - started
    only = attribution_of(SHAP, question, values, *scores, seconds, made_by=made_by)
    return Refinement(only, only)


def _prepare(network: Network, frames: Tensor, lane: str) -> Background | library.Background:
    references = area_means(frames, network.size)
    return background(network, references) if lane == FAST else library.background(network, references)


SHAP = Method(
    name="shap",
    title="SHAP",
    start=_start,
    prepare=_prepare,
    compares_with=TRAINING_FRAMES,
    idea="What each pixel adds to the score, compared with {reference}.",
    hint="How much each pixel added to the score, compared with 16 blurred means of training photos.",
    told={
        "It answers": "Compared with blurred means of many training photos, how much does each cell add to "
        "the score or take from it?",
        "It cannot": "Say what would happen without a part: it shares out the difference by a rule "
        "(DeepLIFT’s) and does not try out every combination of cells.",
    },
    colours=("#0b8f84", "#3fd0c1"),
    mark="^",
)
