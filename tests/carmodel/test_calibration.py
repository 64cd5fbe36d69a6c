import pytest
import torch
from torch.nn import functional as F

from carmodel.architectures import random_network
from carmodel.calibration import Bin, calibration_error, fit_temperature, fold_temperature, reliability
from carmodel.card import Card, InputFacts
from carmodel.network import CLASSES, CarNet


def test_temperature_undoes_a_known_scale():
    # Labels drawn from softmax(z) are calibrated for z, so 3·z needs the temperature 3.
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(40_000, 4, generator=generator) * 1.5
    labels = torch.multinomial(logits.softmax(dim=1), 1, generator=generator)[:, 0]
    assert fit_temperature(3 * logits, labels) == pytest.approx(3, rel=0.03)


def test_temperature_is_a_minimum():
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(500, 4, generator=generator).double()
    labels = torch.where(torch.rand(500, generator=generator) < 0.7, logits.argmax(1), 0)
    best = fit_temperature(logits, labels)
    losses = [float(F.cross_entropy(logits / (best * factor), labels)) for factor in (0.98, 1, 1.02)]
    assert losses[1] < losses[0] and losses[1] < losses[2]


@pytest.mark.parametrize("batchnorm", [True, False])
def test_folding_divides_the_logits(batchnorm):
    network = CarNet(75, batchnorm).eval()
    x = torch.rand(2, 3, 75, 75)
    with torch.no_grad():
        before = network(x)
        fold_temperature(network, 1.7)
        assert torch.allclose(network(x), before / 1.7, atol=1e-6)


@pytest.mark.parametrize("name", ["squeezenet1_1", "shufflenet_v2_x0_5", "mobilenet_v3_small", "densenet121"])
def test_folding_divides_the_logits_of_other_architectures(name):
    """Also where an activation and a mean follow the last layer with values."""
    torch.manual_seed(0)
    card = Card("any-64", 64, False, CLASSES, 1.0, "", {}, {}, {}, "", f"torchvision/{name}", InputFacts(64))
    network = random_network(card).eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        before = network(x)
        fold_temperature(network, 1.7)
        torch.testing.assert_close(network(x), before / 1.7)
    assert before.abs().max() > 0


@pytest.fixture
def answers():
    # Bins of 1/15: 0.95 and 0.97 share the last one (right, wrong); 0.62 is alone in its bin (right).
    return torch.tensor([[0.95, 0.05], [0.97, 0.03], [0.38, 0.62]]), torch.tensor([0, 1, 1])


def test_bins_by_hand(answers):
    bins = reliability(*answers)
    assert len(bins) == 15
    assert {place: each.count for place, each in enumerate(bins) if each.count} == {9: 1, 14: 2}
    assert bins[0] == Bin(0, None, None)
    assert (bins[9].confidence, bins[9].accuracy) == pytest.approx((0.62, 1.0))
    assert (bins[14].confidence, bins[14].accuracy) == pytest.approx((0.96, 0.5))


def test_confidence_on_an_edge_belongs_to_the_lower_bin():
    bins = reliability(torch.tensor([[0.5, 0.5], [0.25, 0.75]]), torch.tensor([0, 1]), bins=4)
    assert [each.count for each in bins] == [0, 1, 1, 0]


def test_calibration_error_by_hand(answers):
    # |(1 + 0) − (0.95 + 0.97)| / 3 + |1 − 0.62| / 3 = 0.92 / 3 + 0.38 / 3
    assert calibration_error(reliability(*answers)) == pytest.approx(1.30 / 3, abs=1e-6)


def test_calibration_error_of_certain_and_right_answers_is_zero():
    assert calibration_error(reliability(torch.eye(4), torch.arange(4))) == 0
