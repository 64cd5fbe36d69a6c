import pytest
import torch

from carmodel.network import CarNet
from carmodel.sampling import area_means
from explain.evidence import fast_forward as module
from explain.evidence.fast_forward import CHUNK, fast_forward


@pytest.fixture
def exact(monkeypatch):
    """A processor without bfloat16."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)


@pytest.mark.parametrize("kind", [(75, True), (75, False), (100, True)])
def test_logits_are_those_of_the_network_in_evaluation(networks, frame, kind, exact):
    pictures = area_means(frame, kind[0]) * torch.linspace(0, 1, 3)[:, None, None, None]
    torch.testing.assert_close(
        fast_forward(networks[kind])(pictures), networks[kind](pictures), atol=1e-4, rtol=1e-4
    )


def test_with_bfloat16_they_are_nearly_those(networks, frame, monkeypatch):
    network, pictures = networks[75, True], area_means(frame, 75)[None]
    expected = network(pictures)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    rough = (fast_forward(network)(pictures) - expected).abs().max().item()
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    fine = (fast_forward(network)(pictures) - expected).abs().max().item()
    assert fine < rough < 0.05 * expected.abs().max().item()


def test_chunks_change_nothing(networks, frame, exact, monkeypatch):
    pictures = area_means(frame, 75) * torch.linspace(0, 1, CHUNK + 1)[:, None, None, None]
    whole = fast_forward(networks[75, False])(pictures)
    monkeypatch.setattr(module, "CHUNK", 5)
    torch.testing.assert_close(fast_forward(networks[75, False])(pictures), whole, atol=1e-4, rtol=1e-4)


def test_the_network_stays_as_it_is(frame):
    network = CarNet(75).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    logits = fast_forward(network)(area_means(frame, 75)[None])
    assert not logits.requires_grad
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(value.requires_grad and value.is_contiguous() for value in network.parameters())
