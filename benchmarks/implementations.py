"""The two sides of the benchmark: maps as captum and shap are used plainly, and the same maps as made here.

Plain is what the documentation of captum 0.9 and shap 0.51 tells a user to write. It is favoured where there
is a choice: the networks are frozen, the number of steps that Integrated Gradients needs is known beforehand,
and for one class shap is asked for no more than one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from carmodel.network import CLASSES, CarNet
from carmodel.photo import Photo, block_means
from explain.attribution import completeness_gap
from explain.door import METHODS, TOLERANCE
from explain.evidence.evidence import evidence
from explain.evidence.faithfulness import control_logits, controls
from explain.explainer import Explainer
from explain.methods.gradcam import gradcam
from explain.methods.integrated_gradients import (
    MOST_STEPS,
    REFERENCE_FRAMES,
    Integral,
    Line,
    least_steps,
    refined,
)
from explain.methods.shap import Background, background, shapley_values
from explain.target import Target

PLAIN_STEPS = (50, 100, 200, 400, 800, 1600)  # from captum's default on


@dataclass(frozen=True, eq=False)
class Case:
    """What one network is to explain."""

    network: CarNet
    target: Target  # one class
    x: Tensor  # (3, size, size)
    reference: Tensor  # (3, size, size), for Integrated Gradients
    references: Tensor  # (16, 3, size, size), for SHAP
    background: Background  # kept from photo to photo, as the page does
    steps: int = PLAIN_STEPS[0]  # of plain Integrated Gradients

    @property
    def index(self) -> int:
        """The number of the class explained."""
        return CLASSES.index(self.target.toward)


def cases(explainer: Explainer, photo: Photo, reference: str) -> list[Case]:
    """Both networks' cases, for the class that their average names."""
    target = Target(explainer.classify(photo).predictions["average"].verdict)
    frames = torch.stack([photo.frame, REFERENCE_FRAMES[reference](photo.frame)])
    found = []
    for network in explainer.networks.values():
        references = block_means(explainer.references, network.size)
        known = background(network, references)
        x, compared = block_means(frames, network.size)
        found.append(Case(network, target, x, compared, references, known))
    return found


def with_enough_steps(case: Case) -> Case:
    """The case with the fewest of PLAIN_STEPS that bring plain Integrated Gradients into tolerance."""
    with torch.no_grad():
        scores = case.network(torch.stack([case.x, case.reference]))[:, case.index].tolist()
    for steps in PLAIN_STEPS:
        case = replace(case, steps=steps)
        if completeness_gap(plain_integrated_gradients(case), *scores) <= TOLERANCE:
            break
    return case


def plain_gradcam(case: Case) -> Tensor:
    """captum's cells (n, n)."""
    from captum.attr import LayerGradCam

    method = LayerGradCam(case.network, case.network.last_block)
    return method.attribute(case.x[None], target=case.index, relu_attributions=True)[0, 0].detach()


def plain_integrated_gradients(case: Case, **settings: Any) -> Tensor:  # noqa: ANN401
    """captum's attributions (3, size, size)."""
    from captum.attr import IntegratedGradients

    inputs = {"baselines": case.reference[None], "target": case.index, "n_steps": case.steps} | settings
    return IntegratedGradients(case.network).attribute(case.x[None], **inputs)[0].detach()


def plain_shap(case: Case) -> Tensor:
    """shap's values (4, size, size), summed over colour."""
    from shap import DeepExplainer

    values = DeepExplainer(case.network, case.references).shap_values(case.x[None])
    return torch.from_numpy(values[0]).float().sum(0).movedim(-1, 0)


def plain_shap_of_one(case: Case) -> Tensor:
    """shap's values (1, size, size) of the class that the network names, summed over colour."""
    from shap import DeepExplainer

    method = DeepExplainer(case.network, case.references)
    # With fewer than all classes, shap's check of its sums compares different classes, and fails.
    values, _ = method.shap_values(case.x[None], ranked_outputs=1, check_additivity=False)
    return torch.from_numpy(values[0]).float().sum(0).movedim(-1, 0)


def our_gradcam(case: Case) -> Tensor:
    """Our cells (n, n)."""
    return gradcam(case.network, case.target.score, case.x)[0]


def our_integral(case: Case) -> Integral:
    """The first of our integrals that is in tolerance."""
    integral = refined(case.network, case.target.score, Line(case.x, case.reference))
    while integral.steps < MOST_STEPS:
        gap = completeness_gap(integral.values, integral.score, integral.reference_score)
        if integral.steps >= least_steps(case.network.size) and gap <= TOLERANCE:
            break
        integral = refined(case.network, case.target.score, integral)
    return integral


def our_shap(case: Case) -> Tensor:
    """Our values (4, size, size)."""
    return shapley_values(case.network, case.x, case.background).values


def our_shap_of_one(case: Case) -> Tensor:
    """Our values (1, size, size) of the target."""
    return shapley_values(case.network, case.x, case.background, score=case.target.score).values


# part -> what plain and what ours computes of a case
PARTS: Mapping[str, tuple[Callable[[Case], Tensor], Callable[[Case], Tensor | Integral]]] = MappingProxyType(
    {
        "Grad-CAM": (plain_gradcam, our_gradcam),
        "Integrated Gradients": (plain_integrated_gradients, our_integral),
        "SHAP, one class": (plain_shap_of_one, our_shap_of_one),
        "SHAP, four classes": (plain_shap, our_shap),
    }
)


def plain_page(found: Sequence[Case]) -> None:
    """All three methods, one network after the other."""
    for case in found:
        plain_gradcam(case)
        plain_integrated_gradients(case)
        plain_shap(case)


def our_page(explainer: Explainer, photo: Photo, target: Target, reference: str) -> None:
    """All three methods as the page asks for them; the photo must be new to the explainer."""
    for method in METHODS:
        for _ in explainer.refine(photo, method, target, reference):
            pass


def our_evidence(explainer: Explainer, photo: Photo, target: Target, reference: str) -> None:
    """Deletion, insertion and both controls for the six maps of `our_page`, which are there already."""
    known = {
        network.size: control_logits(network, photo.frame, network.size)
        for network in explainer.networks.values()
    }
    for name, network in explainer.networks.items():
        against = controls(network, photo.frame, target, known=known)
        for method in METHODS:
            *_, maps = explainer.refine(photo, method, target, reference, networks=(name,))
            evidence(network, photo.frame, maps[name], against=against)
