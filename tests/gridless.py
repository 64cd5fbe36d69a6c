"""A network that Grad-CAM cannot explain, beside one that it can."""

from contextlib import contextmanager

import torch
from torch import nn

from carmodel.architectures import adapted
from carmodel.card import Card
from carmodel.ensemble import PUBLISHED_OWNERS, Rules
from carmodel.network import CLASSES, CarNet
from explain.explainer import Explainer
from explain.methods.registry import METHODS

OBSTACLE = (
    "Grad-CAM cannot explain the network of {} px. It has no convolution of one use whose outputs lie on a "
    "grid: nothing to read."
)
WITHOUT = "It cannot be made without the map of {} px."
CODE = """
import torch
from torch import nn

def build():
    torch.manual_seed(0)
    return nn.Sequential(nn.AdaptiveAvgPool2d(5), nn.Flatten(), nn.Linear(75, 4)), {"size": 40}
"""


@contextmanager
def without_method(name):
    """The registry without a method, and afterwards as it was, in its order."""
    every = dict(METHODS)
    del METHODS[name]
    yield
    METHODS.clear()
    METHODS.update(every)


def gridless(size):
    """A classifier without any convolution."""
    torch.manual_seed(0)
    return adapted(nn.Sequential(nn.AdaptiveAvgPool2d(5), nn.Flatten(), nn.Linear(75, 4)), {"size": size})


def explainer_of(*sizes, without=(100,), **settings):
    """Networks of these sizes; those `without` a grid are no CarNets."""
    torch.manual_seed(0)
    networks = {str(size): gridless(size) if size in without else CarNet(size).eval() for size in sizes}
    cards = {name: Card(f"final-{name}", int(name), True, CLASSES, 1.0, "", {}, {}, {}) for name in networks}
    references = torch.rand(1, 3, 300, 300, generator=torch.Generator().manual_seed(1))
    return Explainer(networks, references, cards=cards, rules=Rules(PUBLISHED_OWNERS), **settings)
