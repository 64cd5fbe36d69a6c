"""Integrated Gradients (Sundararajan et al. 2017): gradients along the line from a reference to the picture.

The integral is a trapezoid rule that doubles its steps and keeps what is computed: with M_n the midpoint
rule on the same n intervals, T_2n = (T_n + M_n) / 2. Gradients change most near the reference (on validation
photos two thirds of what they change by lies in the first quarter of the line), so the rule runs over s with
t = s (1 + 2 s) / 3, whose steps on the line grow from 1/3 to 5/3 of even ones; dt/ds is linear in s, so the
shares of all points add up to 1. captum's `IntegratedGradients` has the same maps when given these points.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from carmodel.network import CLASSES
from carmodel.sampling import area_means
from explain.attribution import FUSED
from explain.methods import library
from explain.methods.fused import fuse, gradients, visible_part
from explain.methods.lanes import FAST
from explain.methods.method import CHOSEN, Method, Question
from explain.methods.refinement import Refinement, attribution_of, gap_of
from explain.references import reference_frame

FIRST_STEPS, MOST_STEPS = 5, 1280
LEAST_STEPS = 40  # with fewer a small gap is luck: the map is still 4 % and more from that of 1,000 steps
LARGE = 100  # pixels on a side from which a small gap after LEAST_STEPS is often luck still
CELLS = 80_000  # of the first layer, about, in one pass: more is slower on a CPU, and so is less


# Network, score, x, reference, points (n,) and shares (n,) -> Σ share · gradient · (x − reference), and the
# scores of the reference, first, and of x, last, where points hold the ends.
Rule = Callable[[Any, Callable[[Tensor], Tensor], Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True, eq=False)
class Line:
    """The straight line from a reference to a picture."""

    x: Tensor  # (3, size, size)
    reference: Tensor  # (3, size, size)


@dataclass(frozen=True, eq=False)
class Integral(Line):
    """The trapezoid rule of `steps` intervals of a line."""

    steps: int
    values: Tensor  # (3, size, size), logits
    score: float  # of x, in logits
    reference_score: float


def least_steps(size: int) -> int:
    """The steps before which a network's map is not held to be found, whatever its gap; size in pixels."""
    return LEAST_STEPS if size < LARGE else 2 * LEAST_STEPS


@torch.no_grad()
def refined(
    network: nn.Module, score: Callable[[Tensor], Tensor], line: Line, rule: Rule | None = None
) -> Integral:
    """The integral along a line with FIRST_STEPS or, of an integral, the same with twice the steps.

    score takes logits (n, 4) to the numbers explained (n,), and is linear. n steps have cost n + 1 gradients,
    by `rule`, the fused engine's if None. Raises ValueError, as that one does, for a network that is not a
    chain of the modules that CarNet is made of.
    """
    rule = rule or fused_rule
    if not isinstance(line, Integral):
        points, shares = _points(torch.arange(FIRST_STEPS + 1) / FIRST_STEPS)
        shares[[0, -1]] /= 2
        values, scores = rule(network, score, line.x, line.reference, points, shares / FIRST_STEPS)
        return Integral(
            line.x, line.reference, FIRST_STEPS, values, scores[-1].item(), reference_score=scores[0].item()
        )
    steps = line.steps
    middles, shares = _points((torch.arange(steps) + 0.5) / steps)
    values, _ = rule(network, score, line.x, line.reference, middles, shares / steps)
    return replace(line, values=(line.values + values) / 2, steps=2 * steps)


def _points(s: Tensor) -> tuple[Tensor, Tensor]:
    """The points t of the line for s (n,) from 0 to 1, and dt/ds there."""
    return s * (1 + 2 * s) / 3, (1 + 4 * s) / 3


def fused_rule(
    network: nn.Module,
    score: Callable[[Tensor], Tensor],
    x: Tensor,
    reference: Tensor,
    points: Tensor,
    shares: Tensor,
) -> tuple[Tensor, Tensor]:
    """Σ share · gradient · (x − reference) (3, size, size) over points (n,) of the line, and the scores (n,).

    Along the line the first layer's outputs are on a line too, and their gradients can be added up before
    that layer takes them back to the picture: it is computed at the ends alone, once each way.
    """
    layers = fuse(network)
    first, pair = layers[0], torch.stack([reference, x]).to(layers[0].weight.device)
    ends = visible_part(layers, pair).contiguous(memory_format=torch.channels_last)
    start, end = first.linear(ends).split(1)
    weights = score(torch.eye(len(CLASSES), device=pair.device))  # of each logit in the score
    total, scores = torch.zeros_like(start), []
    parts = math.ceil(len(points) * math.prod(start.shape[2:]) / CELLS)
    points, shares = points.to(pair.device), shares.to(pair.device)
    for where, share in zip(points.tensor_split(parts), shares.tensor_split(parts), strict=True):
        z = torch.lerp(start, end, where.reshape(-1, *[1] * (start.ndim - 1)))
        gradient, logits = gradients(layers, z, share[:, None] * weights)
        for point_gradient in gradient:  # faster than a sum over n, where memory is channels_last
            total += point_gradient
        scores.append(score(logits))
    values = torch.zeros_like(pair[0])
    part = visible_part(layers, values)
    part += first.transposed(total, part.shape)[0] * (ends[1] - ends[0])
    return values.cpu(), torch.cat(scores).cpu()


def _start(question: Question) -> Refinement:
    started, size = perf_counter(), question.network.size
    reference = reference_frame(question.reference, question.frame)
    picture, compared = area_means(torch.stack([question.frame, reference]), size)
    return _next(question, Line(picture, compared), None, started)


def _refine(question: Question, before: Refinement) -> Refinement:
    return _next(question, before.state, before, perf_counter())


def _next(question: Question, line: Line, before: Refinement | None, started: float) -> Refinement:
    """The refinement after `before`; it is the best once it took the least steps and has the least gap."""
    rule, made_by = (
        (fused_rule, FUSED) if question.lane == FAST else (library.integrate, library.INTEGRATED_GRADIENTS)
    )
    integral = refined(question.network, question.target.score, line, rule)
    seconds = perf_counter() - started + (before.latest.seconds if before else 0.0)
    latest = attribution_of(
        INTEGRATED_GRADIENTS,
        question,
        integral.values.sum(0),
        integral.score,
        integral.reference_score,
        seconds,
        integral.steps,
        made_by,
    )
    best = latest
    if before and before.credible and gap_of(before.best) < gap_of(latest):
        best = before.best
    credible = best.steps >= least_steps(question.network.size)
    return Refinement(latest, best, integral, credible, final=integral.steps >= MOST_STEPS)


INTEGRATED_GRADIENTS = Method(
    name="integrated_gradients",
    title="Integrated Gradients",
    short="IG",
    start=_start,
    refine=_refine,
    compares_with=CHOSEN,
    idea="What each pixel adds to the score, compared with {reference}.",
    hint="How much each pixel added to the score, from the reference to the photo.",
    told={
        "It answers": "While the photo emerges from the reference, how much does each cell add to the score?",
        "It cannot": "See what photo and reference share: against a black reference, a black car counts "
        "for nothing. For and against change from pixel to pixel, so it is best read by regions.",
    },
    colours=("#7a4fc0", "#b99cf2"),
    mark="s",
)
