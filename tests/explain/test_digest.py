"""Networks of one's own are told apart by all that decides their answers."""

import importlib
import sys

import pytest
import torch
from torch import nn

from carmodel.architectures import adapted
from explain.digest import digest_of
from explain.source import Source

CODE = """
import torch
from torch import nn

class Own(nn.Module):
    def __init__(self, act, scale):
        super().__init__()
        self.body, self.act, self.scale = nn.Linear(3 * 32 * 32, 4), act, scale

    def forward(self, x):
        return self.scale * self.act(self.body(x.flatten(1)))

def build(act=torch.relu, scale=1.0):
    torch.manual_seed(0)
    return Own(act, scale), {"size": 32}
"""


def of(*modules, **facts):
    """The digest of a chain whose values are always the same."""
    torch.manual_seed(0)
    return digest_of(
        adapted(nn.Sequential(nn.Conv2d(3, 4, 29), *modules, nn.Flatten()), {"size": 32} | facts)
    )


def last(activation=None):
    return *([activation] if activation else []), nn.AdaptiveAvgPool2d(1)


def test_equal_networks_have_one_digest():
    assert of(*last(nn.ReLU())) == of(*last(nn.ReLU()))


@pytest.mark.parametrize(
    ("modules", "facts"),
    [
        (last(nn.Tanh()), {}),
        (last(nn.LeakyReLU(0.1)), {}),
        (last(nn.LeakyReLU(0.2)), {}),
        (last(), {}),
        ((nn.ReLU(), nn.AdaptiveMaxPool2d(1)), {}),
        (last(nn.ReLU()), {"mean": [0.5, 0.5, 0.5]}),  # in no state dict
        (last(nn.ReLU()), {"std": [0.5, 0.5, 0.5]}),
        (last(nn.ReLU()), {"layer": "0"}),
    ],
)
def test_what_has_no_values_counts_too(modules, facts):
    others = {of(*last(nn.ReLU())), of(*last(nn.ELU())), of(*last(nn.LeakyReLU(0.3)))}
    assert of(*modules, **facts) not in others


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes the module `digested` and imports it anew."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(code):
        (tmp_path / "digested.py").write_text(code)
        sys.modules.pop("digested", None)
        importlib.invalidate_caches()
        return importlib.import_module("digested")

    yield write
    sys.modules.pop("digested", None)


def test_settings_functions_and_code_of_ones_own_class_count(written):
    def digest(code=CODE, **settings):
        return digest_of(adapted(*written(code).build(**settings)))

    changed = CODE.replace("self.scale * self.act(", "self.act(self.scale * ")
    digests = [digest(), digest(act=torch.tanh), digest(scale=2.0), digest(changed)]
    assert len(set(digests)) == 4
    assert digest() == digests[0]


def test_cards_of_ones_own_have_it(written, random_weights):
    card = Source(random_weights, "mine", written(CODE).__name__ + ":build").load().cards["32"]
    assert card.sha256 == digest_of(adapted(*written(CODE).build()))
