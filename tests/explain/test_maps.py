from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
import torch

from carmodel.network import CLASSES
from carmodel.sampling import area_means
from carmodel.vision import v2
from explain.attribution import mean
from explain.maps import explain, refine
from explain.methods.registry import METHODS
from explain.references import REFERENCES
from explain.target import Target

NETWORKS = [(75, True), (75, False), (100, True), (100, False)]
SUV, CONTRAST = Target("suv"), Target("coupe", "truck")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(("method", "limit"), [("integrated_gradients", 0.02), ("shap", 1e-3)])
def test_maps_add_up(networks, frame, references, network, method, limit):
    found = explain(networks[network], frame, CONTRAST, method, reference="black", references=references[:1])
    change = found.score - found.reference_score
    assert abs(found.map.double().sum().item() - change) <= limit * max(abs(change), 1)
    assert found.gap <= limit
    assert found.gap == pytest.approx(abs(found.total - change) / max(abs(change), 1))
    others = {"integrated_gradients": torch.zeros_like(frame), "shap": references[0]}
    size = network[0]
    logits = networks[network](torch.stack([area_means(each, size) for each in (frame, others[method])]))
    assert [found.score, found.reference_score] == pytest.approx(
        (logits[:, 1] - logits[:, 3]).tolist(), abs=1e-3
    )
    assert found.map.shape == (300, 300)
    assert found.cells.shape == (size, size)
    assert found.map.dtype == torch.float32
    assert (found.method, found.network, found.target) == (METHODS[method], str(size), CONTRAST)
    assert found.reference == {"integrated_gradients": "black", "shap": "training frames"}[method]


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_adds_up(networks, frame, name):
    found = explain(networks[75, False], frame, Target(name), "integrated_gradients")
    assert found.gap <= 0.02
    logits = networks[75, False](area_means(frame, 75)[None])[0]
    assert found.score == pytest.approx(logits[CLASSES.index(name)].item(), abs=1e-3)


@pytest.mark.parametrize("method", ["integrated_gradients", "shap"])
def test_a_contrast_is_the_difference_of_two_classes(networks, frame, references, method):
    def first(target):
        return next(refine(networks[75, True], frame, target, method, references=references[:1]))

    coupe, truck, contrast = first(Target("coupe")), first(Target("truck")), first(CONTRAST)
    assert contrast.steps == coupe.steps
    torch.testing.assert_close(contrast.map, coupe.map - truck.map, atol=1e-4, rtol=1e-3)
    assert contrast.score == pytest.approx(coupe.score - truck.score, abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_the_average_is_the_mean_of_both(networks, frame, references, method):
    pair, settings = (
        [networks[75, False], networks[100, True]],
        {"references": references[:1], "tolerance": 0.1},
    )
    both = [explain(network, frame, SUV, method, **settings) for network in pair]
    average = explain(pair, frame, SUV, method, **settings)
    assert average.network == "average"
    assert torch.equal(average.map, mean(both).map)
    assert average.score == pytest.approx((both[0].score + both[1].score) / 2)
    if method != "gradcam":
        assert average.reference_score == pytest.approx(
            (both[0].reference_score + both[1].reference_score) / 2
        )
        assert average.gap <= 0.1


def test_refine_doubles_until_the_gap_is_in_tolerance(networks, frame):
    loose, tight = (
        [
            (found.steps, found.gap)
            for found in refine(
                networks[75, False],
                frame,
                SUV,
                "integrated_gradients",
                reference="black",
                tolerance=tolerance,
            )
        ]
        for tolerance in (0.2, 0.005)
    )
    assert [steps for steps, _ in tight] == [5 * 2**k for k in range(len(tight))]
    assert all(gap > 0.005 for steps, gap in tight[:-1] if steps >= 40)
    assert tight[-1][1] <= 0.005
    assert tight[: len(loose)] == loose
    assert len(loose) < len(tight)


@pytest.mark.parametrize("reference", REFERENCES)
def test_references_are_what_the_map_starts_from(networks, frame, reference):
    found = next(refine(networks[75, True], frame, SUV, "integrated_gradients", reference=reference))
    assert found.reference == reference
    start = {
        "black": torch.zeros(3, 300, 300),
        "mean": frame.mean(dim=(1, 2), keepdim=True).expand(3, 300, 300),
        "blur": v2.functional.gaussian_blur(frame, [121, 121], [20.0, 20.0]),
    }[reference]
    logits = networks[75, True](area_means(start, 75)[None])[0]
    assert found.reference_score == pytest.approx(logits[2].item(), abs=1e-3)


def test_gradcam_has_no_completeness(networks, frame):
    found = explain(networks[100, True], frame, SUV, "gradcam")
    assert (found.reference_score, found.gap, found.reference, found.steps) == (None, None, "none", 1)
    assert found.cells.shape == (16, 16)
    assert (found.map >= 0).all()


def test_threads_get_the_maps_that_they_would_get_alone(networks, frame, references):
    network = deepcopy(networks[75, True]).train().requires_grad_(True)  # as a caller might have left it
    state = deepcopy(network.state_dict())
    inputs = frame.clone(), references[:1].clone()
    targets = [SUV, CONTRAST, Target("sedan"), Target("suv", "truck")]
    jobs = [(target, method) for target in targets for method in METHODS]

    def run(job):
        return next(refine(network, inputs[0], *job, references=inputs[1]))

    alone = [run(job) for job in jobs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(run, jobs))
    for one, other in zip(alone, together, strict=True):
        assert torch.equal(one.map, other.map)
        assert (one.score, one.reference_score, one.gap) == (other.score, other.reference_score, other.gap)

    assert network.training
    assert network.state_dict().keys() == state.keys()
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())
    assert torch.equal(inputs[0], frame)
    assert torch.equal(inputs[1], references[:1])
    assert not any(each.requires_grad for each in inputs)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "lime"}, "no method 'lime'; the methods are gradcam, integrated_gradients, shap"),
        ({"reference": "white"}, "no reference 'white'; the references are blur, mean, black"),
        ({"tolerance": 0.0}, "between 0 and 1"),
        ({"tolerance": 1.0}, "between 0 and 1"),
        ({"tolerance": float("nan")}, "between 0 and 1"),
        ({"method": "shap"}, "SHAP needs reference frames"),
        ({"method": "shap", "references": torch.zeros(3, 300, 300)}, "Reference frames have the shape"),
        ({"frame": torch.zeros(1, 3, 300, 300)}, r"shape \(3, 300, 300\), not \(1, 3, 300, 300\)"),
        ({"networks": []}, "needs a network to explain"),
        ({"networks": ()}, "needs a network to explain"),
    ],
)
def test_errors_come_at_once(networks, frame, changes, message):
    settings = {"networks": networks[75, True], "frame": frame, "target": SUV, "method": "gradcam"} | changes
    with pytest.raises(ValueError, match=message):
        refine(**settings)  # before the first map is asked for
    with pytest.raises(ValueError, match=message):
        explain(**settings)
