"""Networks of other architectures: one of torchvision's by its name, or a module of one's own.

Whatever a module wants to be given, an `AdaptedNetwork` is asked with pictures in [0, 1], as every network
here is: it normalises them itself. From torchvision come its image classifiers (`MODELS`); their values come
from safetensors, so that no file of weights can hold code.
"""

import importlib
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from carmodel.card import CARNET, Card, InputFacts, WeightsError, brief, input_facts, wrong_input
from carmodel.network import CLASSES, CarNet, Network, last_layer

TORCHVISION = "torchvision/"  # before the name of an architecture
OTHER_OUTPUTS = ("googlenet", "inception_v3")  # give more than logits
NEEDS_MEMORY = ("regnet",)  # cannot be built without their values, so a card could ask for any amount
ONE_SIZE = ("maxvit",)  # are made for one size of pictures alone
USUAL_SIZE = 224  # pixels on a side, of networks that do not say
SIZED = "vit_"  # are told the size of their pictures when they are built
MOMENTUM = 0.1  # of running means: torchvision's 0.0003 for mnasnet is for runs of millions of steps
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pictures, which they are made for


class AdaptedNetwork(Network):
    """A module that gives logits (n, 4) of normalised pictures (n, 3, size, size), asked with plain ones."""

    def __init__(self, module: nn.Module, facts: InputFacts, layer: str = "") -> None:
        super().__init__()
        self.module = module
        self.size = facts.size
        self.layer = layer
        self.mean = nn.Buffer(torch.tensor(facts.mean, device="cpu").view(3, 1, 1), persistent=False)
        self.std = nn.Buffer(torch.tensor(facts.std, device="cpu").view(3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, 4) of pictures (n, 3, size, size) in [0, 1]."""
        return self.module((x - self.mean) / self.std)

    @property
    def stored(self) -> nn.Module:
        return self.module

    @property
    def last_block(self) -> nn.Module | None:
        return self.module.get_submodule(self.layer) if self.layer else None


@cache
def torchvision_models() -> frozenset[str]:
    """The names of torchvision's image classifiers that a card may ask for."""
    from carmodel.vision import models  # takes a second to import: only where one is asked for

    left_out = (*OTHER_OUTPUTS, *NEEDS_MEMORY, *ONE_SIZE)
    return frozenset(name for name in models.list_models(module=models) if not name.startswith(left_out))


def blank(card: Card) -> Network:
    """The network that a card describes, without memory or values; leaves the random generator alone.

    Raises WeightsError, as `random_network` does.
    """
    with torch.device("meta"):
        return random_network(card)


def random_network(card: Card) -> Network:
    """The network that a card describes, with random weights, ready to be trained.

    Raises WeightsError for an architecture, a size or a layer that does not exist.
    """
    if card.architecture == CARNET:
        try:
            return CarNet(card.size, card.batchnorm)
        except ValueError as error:
            raise WeightsError(f"{card.name}.json is wrong: {error}") from error
    name = card.architecture.removeprefix(TORCHVISION)
    if name not in torchvision_models():
        raise WeightsError(
            f"{card.name}.json is wrong: there is no architecture {brief(card.architecture)}; it is "
            f"{CARNET} or {TORCHVISION} and one of torchvision's image classifiers, such as "
            f"{TORCHVISION}resnet18."
        )
    from carmodel.vision import models

    sized = {"image_size": card.size} if name.startswith(SIZED) else {}
    try:
        module = models.get_model(name, weights=None, num_classes=len(CLASSES), **sized)
        if card.layer:
            module.get_submodule(card.layer)
    except (ValueError, RuntimeError, AttributeError) as error:
        raise WeightsError(f"{card.name}.json is wrong: {str(error).splitlines()[0]}") from error
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = MOMENTUM
    last = last_layer(module)
    assert isinstance(last, nn.Conv2d | nn.Linear)
    last.reset_parameters()  # some begin with values for a thousand classes, far too large
    assert card.input is not None  # a card of another architecture has it
    return AdaptedNetwork(module, card.input, card.layer)


def adapted(module: nn.Module, facts: Mapping[str, Any] | None = None) -> Network:
    """A module of one's own as a network, in evaluation mode, ready to be asked.

    facts are those of a card's "input" ("size", "mean", "std"), and "layer" for Grad-CAM; without them it is
    asked with pictures in [0, 1] of `module.size` px or, if it has no such attribute, of 224.

    Raises WeightsError with a sentence that says what to change: facts that are wrong, no four classes,
    logits that are infinite or no numbers.
    """
    if isinstance(module, Network) and facts is None:
        network = module
    else:
        table: dict[str, Any] = {"size": getattr(module, "size", USUAL_SIZE)} | dict(facts or {})
        layer = str(table.pop("layer", ""))
        if wrong := wrong_input(table):
            raise WeightsError(f"The network cannot be used: {wrong}.")
        if layer and layer not in dict(module.named_modules()):
            raise WeightsError(f"The network cannot be used: it has no layer {brief(layer)}.")
        network = AdaptedNetwork(module, input_facts(table), layer)
    network.to(network.device)  # its buffers too
    if wrong := wrong_logits(network.eval()):
        raise WeightsError(f"The network cannot be used: {wrong}.")
    return network.requires_grad_(False)


def wrong_logits(network: Network) -> str:
    """What is wrong with what a network answers to two pictures of noise, in words; "" if nothing is."""
    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(2, 3, network.size, network.size, generator=generator).to(network.device)
    shape = f"({len(pictures)}, 3, {network.size}, {network.size})"
    try:
        with torch.no_grad():
            logits = network(pictures)
    except Exception as error:  # whatever a module of one's own raises
        if other := _other_precision(network):
            return f"its values are {other}, and it is asked in float32; convert it by .float() first"
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return f"it fails for pictures of the shape {shape}: {reason}; say which size it wants"
    if not isinstance(logits, Tensor):
        return f"it returns a {type(logits).__name__}; it has to return a tensor of logits"
    if logits.shape != (len(pictures), len(CLASSES)):
        return (
            f"it returns {list(logits.shape)} for {len(pictures)} pictures; it has to return "
            f"{len(CLASSES)} logits for each: {', '.join(CLASSES)}"
        )
    if not logits.isfinite().all():
        return "its logits are infinite or no numbers; look at its weights and its normalisation"
    if not _has_gradient(network, pictures):
        return (
            "its logits have no gradient by the picture, of which maps are made; leave torch.no_grad, detach "
            "and argmax out of its forward"
        )
    if logits.dtype != torch.float32:
        return f"its logits are {_brief(logits.dtype)}; return them as float32, by .float()"
    return ""


def _other_precision(network: Network) -> str:
    """The first precision of a network's values beside float32, such as "float16"; "" if there is none."""
    values = (*network.parameters(), *network.buffers())
    kinds = (tensor.dtype for tensor in values if tensor.is_floating_point())
    return next((_brief(kind) for kind in kinds if kind != torch.float32), "")


def _brief(kind: torch.dtype) -> str:
    return str(kind).removeprefix("torch.")


def _has_gradient(network: Network, pictures: Tensor) -> bool:
    """Whether torch can follow a network's logits back to the pictures."""
    pictures.requires_grad_()
    try:
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(network(pictures.clone()).sum(), pictures, allow_unused=True)
    except RuntimeError:  # of logits without any, of an operation without, of values changed in place
        return False
    return gradient is not None


def own_network(place: str) -> Network:
    """What a function such as "package.module:build" returns, adapted: a module, or a module and its facts.

    Modules are looked for in the current folder too. Raises WeightsError, as `adapted` does.
    """
    name, colon, function = place.partition(":")
    if not (name and colon and function):
        raise WeightsError(f"{brief(place)} names no function; write package.module:function.")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    try:
        build = getattr(importlib.import_module(name), function, None)
        made = build() if callable(build) else None
    except Exception as error:  # whatever somebody's module raises
        raise WeightsError(f"{place} cannot be used: {type(error).__name__}: {error}") from error
    if not callable(build):
        raise WeightsError(f"{name} has no function {brief(function)}.")
    module, facts = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if not isinstance(module, nn.Module) or not isinstance(facts, Mapping | None):
        raise WeightsError(
            f"{place} returns {type(made).__name__}; it has to return a torch.nn.Module, or one and a table "
            'such as {"size": 128, "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}.'
        )
    try:
        return adapted(module, facts)
    except WeightsError as error:
        raise WeightsError(str(error).replace("The network", place, 1)) from error
