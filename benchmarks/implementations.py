"""The two sides of the benchmark: maps by the libraries, as their users are told, and by the fast lane.

The library's side is what the documentation of captum 0.9 and shap 0.51 tells a user to write. It is favoured
where there is a choice: the networks are frozen, the number of steps that Integrated Gradients needs is known
beforehand, and for one class shap is asked for no more than one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from benchmarks.measure import forward_work
from carmodel.network import CLASSES, Network
from carmodel.photo import Photo
from carmodel.sampling import area_means
from explain.attribution import completeness_gap
from explain.evidence.evidence import evidence
from explain.evidence.faithfulness import control_logits, controls
from explain.explainer import TOLERANCE, Explainer
from explain.methods.gradcam import GRADCAM, gradcam
from explain.methods.integrated_gradients import (
    FIRST_STEPS,
    INTEGRATED_GRADIENTS,
    MOST_STEPS,
    Integral,
    Line,
    least_steps,
    refined,
)
from explain.methods.layers import grid_layer
from explain.methods.shap import SHAP, Background, background, shapley_values
from explain.references import reference_frame
from explain.request import ExplanationRequest, Settings, finished_maps, request
from explain.target import Target

LIBRARY_STEPS = (50, 100, 200, 400, 800, 1600)  # from captum's default on


@dataclass(frozen=True, eq=False)
class Case:
    """What one network is to explain."""

    network: Network
    target: Target  # one class
    x: Tensor  # (3, size, size)
    reference: Tensor  # (3, size, size), for Integrated Gradients
    references: Tensor  # (16, 3, size, size), for SHAP
    background: Background  # kept from photo to photo, as the page does
    steps: int = LIBRARY_STEPS[0]  # of the library's Integrated Gradients

    @property
    def index(self) -> int:
        """The number of the class explained."""
        return CLASSES.index(self.target.toward)


@dataclass(frozen=True)
class Part:
    """A kind of map that both sides make, and what is asked of the fast one."""

    name: str
    library: Callable[[Case], Tensor]
    fast: Callable[[Case], Tensor | Integral]
    work: Callable[[Case, Tensor | Integral], float]  # operations of the layers in what `fast` returned
    ratio: float  # the most CPU seconds, beside the library's
    distance: float | None  # the most relative L1 from the library's map; None where neither is exact


def cases(explainer: Explainer, asked: ExplanationRequest) -> list[Case]:
    """What the networks are to explain of a request about one class."""
    frames = torch.stack([asked.photo.frame, reference_frame(asked.reference, asked.photo.frame)])
    made = []
    for network in explainer.networks.values():
        references = area_means(explainer.references, network.size)
        x, compared = area_means(frames, network.size)
        traces = background(network, references)
        made.append(Case(network, asked.target, x, compared, references, traces))
    return made


def with_enough_steps(case: Case) -> Case:
    """The case with the fewest of LIBRARY_STEPS that bring captum's Integrated Gradients into tolerance."""
    with torch.no_grad():
        scores = case.network(torch.stack([case.x, case.reference]))[:, case.index].tolist()
    for steps in LIBRARY_STEPS:
        case = replace(case, steps=steps)
        if completeness_gap(library_integrated_gradients(case), *scores) <= TOLERANCE:
            break
    return case


def library_gradcam(case: Case) -> Tensor:
    """captum's cells (n, n)."""
    from captum.attr import LayerGradCam

    method = LayerGradCam(case.network, grid_layer(case.network))
    return method.attribute(case.x[None], target=case.index, relu_attributions=True)[0, 0].detach()


def library_integrated_gradients(case: Case, **settings: Any) -> Tensor:  # noqa: ANN401
    """captum's attributions (3, size, size)."""
    from captum.attr import IntegratedGradients

    inputs = {"baselines": case.reference[None], "target": case.index, "n_steps": case.steps} | settings
    return IntegratedGradients(case.network).attribute(case.x[None], **inputs)[0].detach()


def library_shap(case: Case) -> Tensor:
    """shap's values (4, size, size), summed over colour."""
    from shap import DeepExplainer

    values = DeepExplainer(case.network, case.references).shap_values(case.x[None])
    return torch.from_numpy(values[0]).float().sum(0).movedim(-1, 0)


def library_shap_of_one(case: Case) -> Tensor:
    """shap's values (1, size, size) of the class that the network names, summed over colour."""
    from shap import DeepExplainer

    method = DeepExplainer(case.network, case.references)
    # With fewer than all classes, shap's check of its sums compares different classes, and fails.
    values, _ = method.shap_values(case.x[None], ranked_outputs=1, check_additivity=False)
    return torch.from_numpy(values[0]).float().sum(0).movedim(-1, 0)


def fast_integral(case: Case) -> Integral:
    """The first of the fast integrals that is in tolerance."""
    integral = refined(case.network, case.target.score, Line(case.x, case.reference))
    while integral.steps < MOST_STEPS:
        gap = completeness_gap(integral.values, integral.score, integral.reference_score)
        if integral.steps >= least_steps(case.network.size) and gap <= TOLERANCE:
            break
        integral = refined(case.network, case.target.score, integral)
    return integral


def fast_shap_of_one(case: Case) -> Tensor:
    """The fast lane's values (1, size, size) of the target."""
    return shapley_values(case.network, case.x, case.background, score=case.target.score).values


def _integral_work(case: Case, integral: Tensor | Integral) -> float:
    """The first layer forward at both ends and back at each doubling, the others there and back a point."""
    assert isinstance(integral, Integral)
    first, *others = forward_work(case.background)
    doublings = integral.steps.bit_length() - FIRST_STEPS.bit_length() + 1
    return 3 * doublings * first + 2 * (integral.steps + 1) * sum(others)


def _shap_work(case: Case, values: Tensor | Integral) -> float:
    """The picture goes forward, and each score goes back from each reference."""
    assert isinstance(values, Tensor)
    return (1 + len(values) * len(case.references)) * sum(forward_work(case.background))


CAM = Part(
    GRADCAM.title,
    library_gradcam,
    lambda case: gradcam(case.network, case.target.score, case.x)[0],
    lambda case, _: sum(forward_work(case.background)),
    ratio=1.0,
    distance=1e-5,
)
GRADIENTS = Part(
    INTEGRATED_GRADIENTS.title,
    library_integrated_gradients,
    fast_integral,
    _integral_work,
    ratio=1 / 2,
    distance=None,
)
SHAP_OF_ONE = Part(
    f"{SHAP.title}, one class",
    library_shap_of_one,
    fast_shap_of_one,
    _shap_work,
    ratio=1 / 5,
    distance=1e-3,
)
SHAP_OF_ALL = Part(
    f"{SHAP.title}, four classes",
    library_shap,
    lambda case: shapley_values(case.network, case.x, case.background).values,
    _shap_work,
    ratio=1 / 4,
    distance=1e-3,
)
PARTS = (CAM, GRADIENTS, SHAP_OF_ONE, SHAP_OF_ALL)


def request_of(explainer: Explainer, photo: Photo, reference: str) -> ExplanationRequest:
    """Why the networks' average names the class that it names."""
    return request(explainer, photo, Settings(reference=reference))


def library_page(cases: Sequence[Case]) -> None:
    """All methods, one network after the other."""
    for case in cases:
        library_gradcam(case)
        library_integrated_gradients(case)
        library_shap(case)


def fast_page(explainer: Explainer, asked: ExplanationRequest) -> None:
    """All methods as the page asks for them; the photo must be new to the explainer."""
    finished_maps(explainer, asked)


def fast_evidence(explainer: Explainer, asked: ExplanationRequest) -> None:
    """Deletion, insertion and both controls for the networks' maps of `fast_page`, which are there by now."""
    frame, rows = asked.photo.frame, finished_maps(explainer, asked)
    for name, network in explainer.networks.items():
        logits = {network.size: control_logits(network, frame, network.size)}
        against = controls(network, frame, asked.target, logits=logits)
        for row in rows.values():
            evidence(network, frame, row.maps[name], against=against)
