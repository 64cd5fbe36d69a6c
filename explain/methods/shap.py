"""SHAP: the score shared out over the pixels, averaged over many references (Lundberg & Lee 2017).

By DeepLIFT's rescale rule (Shrikumar et al. 2017) from every reference to the picture, as shap's
`DeepExplainer` does it. Its values add up exactly for the modules that CarNet is made of. There are two
engines for the same values: "ours" (`explain.methods.deeplift`) and "shap", the library, many times slower.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor, nn

from carmodel.network import CLASSES, CarNet
from carmodel.sampling import area_means
from explain.methods.deeplift import CHUNK, Trace, attributions, trace
from explain.methods.fused import FusedLayer, fuse, visible_part
from explain.methods.method import Method, Question
from explain.methods.refinement import Refinement, attribution_of
from explain.references import TRAINING_FRAMES

ENGINES = ("ours", "shap")


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

    It takes 2 MB of memory a reference at 75 px and 4 MB at 100 px.
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
    traces = tuple(trace(layers, few) for few in references.split(CHUNK))
    return Background(layers, traces, torch.cat([batch.logits for batch in traces]).mean(0))


@torch.no_grad()
def shapley_values(
    network: CarNet,
    x: Tensor,
    references: Tensor | Background,
    engine: str = "ours",
    score: Callable[[Tensor], Tensor] | None = None,
) -> ShapleyValues:
    """The values of one picture x (3, size, size) for references (n, 3, size, size), each of equal weight.

    They are of all classes or, in less time, of one score: a linear function of logits (…, 4) to (…), as
    `Target.score` is. With a `background` in place of the references "ours" takes less time too.

    Raises ValueError for another engine, for "shap" with a background, and for "ours" if the network is not a
    chain of the modules that CarNet is made of.
    """
    if engine not in ENGINES:
        raise ValueError(f"There is no engine {engine!r}; there are {', '.join(ENGINES)}.")
    if engine == "shap":
        if isinstance(references, Background):
            raise ValueError("The engine 'shap' needs the references themselves, not their background.")
        return _by_shap(network, x, references, score)
    basis = references if isinstance(references, Background) else background(network, references)
    weights = torch.eye(len(CLASSES))
    weights = weights if score is None else score(weights)[None]
    picture = trace(basis.layers, x[None])
    values = torch.zeros(len(weights), *x.shape[1:])
    visible_part(basis.layers, values).copy_(attributions(basis.layers, picture, basis.references, weights))
    return ShapleyValues(values, picture.logits[0], basis.logits)


@torch.enable_grad()
def _by_shap(
    network: CarNet, x: Tensor, references: Tensor, score: Callable[[Tensor], Tensor] | None
) -> ShapleyValues:
    from shap import DeepExplainer  # takes seconds to import: only when it is used

    network = deepcopy(network).eval().requires_grad_(False)
    x, references = x[None].detach().clone(), references.detach().clone()
    with torch.no_grad():
        logits = network(x)[0]
    method = DeepExplainer(network, references)
    # The gap is shown with the map, so shap need not refuse one that it finds too large.
    values = torch.from_numpy(method.shap_values(x, check_additivity=False)[0])  # (3, size, size, 4)
    values = values.float().sum(0)
    return ShapleyValues(
        values=values.movedim(-1, 0).contiguous() if score is None else score(values)[None],
        logits=logits,
        reference_logits=torch.from_numpy(method.expected_value),
    )


def _start(question: Question) -> Refinement:
    started, score = perf_counter(), question.target.score
    picture = area_means(question.frame, question.network.size)
    values = shapley_values(question.network, picture, question.prepared, score=score)
    only = attribution_of(
        SHAP,
        question,
        values.of(score),
        score(values.logits).item(),
        score(values.reference_logits).item(),
        perf_counter() - started,
    )
    return Refinement(only, only)


SHAP = Method(
    name="shap",
    title="SHAP",
    start=_start,
    prepare=lambda network, references: background(network, area_means(references, network.size)),
    compares_with=TRAINING_FRAMES,
    idea="What each pixel adds to the score, compared with {reference}.",
    hint="How much each pixel added to the score, compared with 16 typical training photos.",
    told={
        "It answers": "Compared with typical training photos, how much does each cell add to the score "
        "or take from it?",
        "It cannot": "Say what would happen without a part: it shares out the difference by a rule "
        "(DeepLIFT’s) and does not try out every combination of cells.",
    },
    colours=("#0b8f84", "#3fd0c1"),
    mark="^",
)
