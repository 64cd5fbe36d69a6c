"""`explain.explain`: a map of any network in one call."""

import pytest
import torch
from torch import nn

import explain
from carmodel.sampling import area_means
from carmodel.weights import load
from explain.attribution import FUSED
from page import examples

PHOTO = examples.path(examples.FIRST)


@pytest.fixture(scope="module")
def module():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 23 * 23, 4))


@pytest.mark.parametrize("method", ["gradcam", "integrated_gradients", "shap"])
def test_a_module_of_ones_own(module, method):
    made = explain.explain(PHOTO, module, method, facts={"size": 48})
    assert made.map.shape == (300, 300)
    if made.gap is not None:
        assert made.total == pytest.approx(made.score - made.reference_score, abs=0.02)


def test_what_it_explains(module, frame):
    with torch.no_grad():
        logits = module.eval()(area_means(frame, 48)[None])[0]
    made = explain.explain(frame, network=module, facts={"size": 48})
    assert made.score == pytest.approx(logits.max().item(), abs=1e-5)
    other = explain.explain(frame, network=module, target="truck", facts={"size": 48})
    assert other.score == pytest.approx(logits[3].item(), abs=1e-5)


def test_the_callers_module_stays_as_it_is(frame):
    torch.manual_seed(0)
    mine = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 23 * 23, 4))
    before = {name: value.clone() for name, value in mine.train().state_dict().items()}
    for method in ("gradcam", "integrated_gradients", "shap"):
        explain.explain(frame, mine, method, facts={"size": 48})
    assert mine.training and all(values.requires_grad for values in mine.parameters())
    assert all(torch.equal(value, before[name]) for name, value in mine.state_dict().items())


def test_a_network_that_comes_along(frame):
    made = explain.explain(frame, "final-75", "gradcam")
    assert made.made_by == FUSED
    slow = explain.explain(frame, load("final-75")[0], "gradcam", engine="library")
    assert slow.made_by != FUSED
    torch.testing.assert_close(slow.map, made.map, rtol=1e-3, atol=1e-8)


def test_errors(module, frame):
    with pytest.raises(ValueError, match=r"A frame has the shape \(3, 300, 300\)"):
        explain.explain(frame[:, :50], module)
    with pytest.raises(ValueError, match="no method 'lime'"):
        explain.explain(frame, module, "lime", facts={"size": 48})
    with pytest.raises(ValueError, match="say which size it wants"):
        explain.explain(frame, module)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = explain.nothing
