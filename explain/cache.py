"""One cache for everything that is kept, in bytes: results that can be computed again, and visitors' photos.

Maps, evidence, the references' traces and classifications of all networks share it. What it counts is the
memory of tensors, arrays, pictures and Python objects, not what a computation needs while it runs.
"""

import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass
from threading import Lock
from typing import Any, Protocol
from weakref import ReferenceType, ref

import numpy as np
from PIL import Image
from torch import Tensor

BUDGET = 264 * 2**20  # bytes: 190 MB of SHAP's references for two kinds of networks, and what else is kept
OWNED = 0.2  # share of the budget that owners may take: 59 photos, and the references of two kinds still fit
ABSENT: Any = object()  # in place of a value that is not there, as None may be one


class Owner(Protocol):
    """Keeps something of its own that cannot be computed again."""

    def forget(self) -> None:
        """Lets go of it: there is no room."""


@dataclass(eq=False)
class _Entry:
    """A place in the cache; its lock is held while its value is computed."""

    value: Any = ABSENT
    size: int = 0  # bytes
    lock: Lock = field(default_factory=Lock)


class Cache:
    """Keeps at most `budget` bytes, and forgets what was not used for longest; may be shared by threads."""

    def __init__(self, budget: int = BUDGET) -> None:
        self.budget = budget
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._results = 0  # bytes of all entries
        self._owners: OrderedDict[int, tuple[ReferenceType[Owner], int]] = OrderedDict()  # with their bytes
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """What is kept now."""
        with self._lock:
            return self._results + self._owned

    def get(
        self,
        key: Hashable,
        compute: Callable[[Any], Any],
        enough: Callable[[Any], bool] = lambda _: True,
    ) -> Any:  # noqa: ANN401
        """The value under key. If it is not enough, or not there, compute makes the next of it or of None.

        A thread that asks for what another one computes waits for it. What compute raises is raised, and
        leaves what was there. A value larger than the budget is returned and not kept.
        """
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
        with entry.lock:
            if entry.value is ABSENT or not enough(entry.value):
                try:
                    entry.value = compute(None if entry.value is ABSENT else entry.value)
                finally:
                    self._settle(key, entry, size_of(entry.value))
            return entry.value

    def find(self, key: Hashable) -> Any:  # noqa: ANN401
        """The value under key, or ABSENT; waits for nobody."""
        with self._lock:
            if key not in self._entries:
                return ABSENT
            self._entries.move_to_end(key)
            return self._entries[key].value

    def hold(self, owner: Owner) -> None:
        """Counts what an owner keeps; it is the one used last. Other owners may have to forget theirs.

        The owner is not kept alive, and no longer counted once it is gone.
        """
        size, late = size_of(owner), []
        with self._lock:
            self._owners[id(owner)] = ref(owner), size
            self._owners.move_to_end(id(owner))
            for key, (reference, _) in list(self._owners.items()):
                if reference() is None:
                    del self._owners[key]
            while self._owned > OWNED * self.budget:
                _, (reference, _) = self._owners.popitem(last=False)
                late.append(reference())
            self._make_room()
        for former_owner in late:
            if former_owner is not None:
                former_owner.forget()

    @property
    def _owned(self) -> int:
        return sum(size for _, size in self._owners.values())

    def _settle(self, key: Hashable, entry: _Entry, size: int) -> None:
        """Counts what an entry holds after computing, unless it was forgotten and begun anew meanwhile."""
        with self._lock:
            if self._entries.setdefault(key, entry) is not entry:
                return
            self._results += size - entry.size
            entry.size = size
            if entry.value is ABSENT or size > self.budget:
                self._drop(key)
            self._make_room()

    def _make_room(self) -> None:
        """Forgets results, those first that were not used for longest; what has no size is on its way."""
        excess = self._results + self._owned - self.budget
        if excess > 0:
            for key, entry in list(self._entries.items()):
                if excess > 0 and entry.size:
                    excess -= entry.size
                    self._drop(key)

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key)
        self._results -= entry.size
        entry.size = 0  # it may be refined still, and come back


def size_of(value: Any) -> int:  # noqa: ANN401
    """Bytes of a value and of all that it holds, each object and each tensor's memory counted once.

    What several values share is counted with each of them, so that sums are rather too large than too small.
    """
    counted: set[int] = set()
    waiting, total = [value], 0
    while waiting:
        part = waiting.pop()
        if id(part) in counted or isinstance(part, type):
            continue
        counted.add(id(part))
        total += sys.getsizeof(part)
        if isinstance(part, Tensor):
            storage = part.untyped_storage()
            total += 0 if storage.data_ptr() in counted else storage.nbytes()
            counted.add(storage.data_ptr())
        elif isinstance(part, np.ndarray):
            waiting += [] if part.base is None else [part.base]  # getsizeof has what it holds itself
        elif isinstance(part, Image.Image):
            total += part.width * part.height * len(part.getbands())
        elif not isinstance(part, str | bytes):
            waiting += _held(part)
    return total


def _held(value: Any) -> Iterable[Any]:  # noqa: ANN401
    """The objects that one holds: items of collections, and fields, with what is cached beside them."""
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return value
    return vars(value).values() if is_dataclass(value) else ()
