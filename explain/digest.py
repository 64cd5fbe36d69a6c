"""What tells one network from another, where no file of weights does."""

import sys
from hashlib import sha256
from inspect import getsource
from typing import Any

import torch
from torch import nn

from carmodel.network import Network

PLAIN = (bool, int, float, str, type(None))


def digest_of(network: Network) -> str:
    """SHA-256 of what decides a network's answers, by which surveys and reports know it.

    That is its values, its modules with their settings and functions, and the files of code that define
    them: a change of any of these, be it of a comment, makes it another network.
    """
    digest, files = sha256(), set[str]()
    for name, values in (*network.named_parameters(), *network.named_buffers()):
        digest.update(f"{name}: {values.dtype} {[*values.shape]}\n".encode())
        digest.update(values.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    for name, module in network.named_modules():
        settings = {key: text for key, value in vars(module).items() if (text := _setting(value))}
        classes = [kind for kind in type(module).__mro__ if kind not in nn.Module.__mro__]
        names = [_named(kind) for kind in classes]
        digest.update(f"{name}: {names} {sorted(settings.items())}\n".encode())
        files |= {kind.__module__ for kind in classes}
    for file in sorted(files):
        digest.update(_code(file).encode())
    return digest.hexdigest()


def _setting(value: Any) -> str:  # noqa: ANN401
    """A module's attribute as text that is the same in every process; "" for what else there may be."""
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_setting, value))})"
    return _named(value) if callable(value) and not isinstance(value, nn.Module) else ""


def _named(thing: Any) -> str:  # noqa: ANN401
    return f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', type(thing).__qualname__)}"


def _code(module: str) -> str:
    """The text of a Python module's file; "" where there is none, as for what was typed in."""
    try:
        return getsource(sys.modules[module])
    except (KeyError, OSError, TypeError):
        return ""
