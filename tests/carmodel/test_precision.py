"""Networks of one's own in other precisions, and without gradients."""

import pytest
import torch
from torch import nn

from carmodel.architectures import adapted
from carmodel.card import WeightsError


class Cut(nn.Module):
    """A classifier of 32 px whose pictures pass `through` something first."""

    def __init__(self, through):
        super().__init__()
        self.body, self.through = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 4)), through

    def forward(self, x):
        return self.body(self.through(x))


class Decided(Cut):
    """Says which class it is, and nothing of the others."""

    def forward(self, x):
        return nn.functional.one_hot(super().forward(x).argmax(1), 4)


NO_GRADIENT = "its logits have no gradient by the picture.*leave torch.no_grad, detach and argmax out"


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (Cut(nn.Identity()).half(), r"its values are float16.* convert it by \.float\(\) first"),
        (Cut(nn.Identity()).double(), r"its values are float64.* convert it by \.float\(\) first"),
        (Cut(nn.Identity()).bfloat16(), r"its values are bfloat16.* convert it by \.float\(\) first"),
        (
            Cut(torch.Tensor.double).double(),
            r"its logits are float64; return them as float32, by \.float\(\)",
        ),
        (Cut(torch.Tensor.detach), NO_GRADIENT),
        (Cut(torch.no_grad()(torch.clone)), NO_GRADIENT),
        (Cut(torch.inference_mode()(torch.clone)), NO_GRADIENT),
        (Decided(nn.Identity()), NO_GRADIENT),
    ],
)
def test_precision_and_gradients_are_asked_for_at_once(module, told):
    with pytest.raises(WeightsError, match=told) as caught:
        adapted(module, {"size": 32})
    assert "size it wants" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_network_may_compute_in_another_precision_within():
    module = Cut(lambda x: x)
    module.body = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 4).double())
    module.through = torch.Tensor.double
    module.register_forward_hook(lambda module, inputs, logits: logits.float())
    network = adapted(module, {"size": 32})
    assert network(torch.rand(2, 3, 32, 32)).dtype == torch.float32
