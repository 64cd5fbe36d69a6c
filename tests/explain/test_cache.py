import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from random import Random
from threading import Event
from types import MappingProxyType

import numpy as np
import pytest
import torch
from PIL import Image

from explain.cache import ABSENT, OWNED, Cache, size_of

KB = 1024


def block(kilobytes=10):
    """A value of a little more than so many kilobytes."""
    return torch.zeros(kilobytes * KB // 4)


def filled(budget, *keys):
    cache = Cache(budget)
    for key in keys:
        cache.get(key, lambda _: block())
    return cache


def has(cache, *keys):
    return [cache.find(key) is not ABSENT for key in keys]


@dataclass(eq=False)
class Holder:
    photo: object

    def forget(self):
        self.photo = None


def test_a_value_is_computed_once():
    asked = []
    cache = Cache()
    assert [cache.get("a", lambda before: asked.append(before) or "value") for _ in range(2)] == ["value"] * 2
    assert asked == [None]


def test_none_is_a_value():
    cache = filled(KB)
    assert cache.find("a") is ABSENT
    cache.get("a", lambda _: None)
    assert cache.find("a") is None


def test_what_is_not_enough_is_refined_and_counted_anew():
    cache = Cache()
    cache.get("a", lambda _: block(100))
    large = cache.bytes
    assert len(cache.get("a", lambda before: before[:KB].clone(), lambda value: len(value) <= KB)) == KB
    assert 4 * KB < cache.bytes < large - 90 * KB


def test_the_least_recently_used_goes_first():
    cache = filled(35 * KB, "a", "b", "c")
    assert has(cache, "a", "b", "c") == [True] * 3  # this looking made c the last one used
    cache.get("a", lambda _: pytest.fail("a is there"))
    cache.get("d", lambda _: block())
    assert has(cache, "a", "b", "c", "d") == [True, False, True, True]


def test_only_as_much_goes_as_is_needed():
    cache = filled(45 * KB, "a", "b", "c", "d")
    cache.get("e", lambda _: block(15))
    assert has(cache, "a", "b", "c", "d", "e") == [False, False, True, True, True]


def test_what_is_larger_than_the_budget_is_given_and_not_kept():
    cache = filled(35 * KB, "a", "b")
    assert len(cache.get("c", lambda _: block(40))) == 10 * KB
    assert has(cache, "a", "b", "c") == [True, True, False]
    cache.get("a", lambda _: block(40), lambda value: len(value) > 9 * KB)  # refined to be too large
    assert has(cache, "a", "b") == [False, True]


def test_a_failure_leaves_what_was_there():
    cache = filled(KB * KB, "a")
    before = cache.bytes

    def fail(_):
        raise MemoryError

    for key in ("a", "b"):
        with pytest.raises(MemoryError):
            cache.get(key, fail, lambda _: False)
    assert has(cache, "a", "b") == [True, False]
    assert cache.bytes == before
    assert cache.get("b", lambda before: before) is None  # begun anew


def test_a_thread_waits_for_what_another_computes():
    cache, begun, go = Cache(), Event(), Event()

    def slow(_):
        begun.set()
        go.wait(10)
        return "slow"

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(cache.get, "a", slow)
        begun.wait(10)
        second = threads.submit(cache.get, "a", lambda _: pytest.fail("a is on its way"))
        assert cache.find("a") is ABSENT  # without waiting
        assert cache.get("b", lambda _: "quick") == "quick"
        go.set()
        assert first.result(10) == second.result(10) == "slow"


def test_what_was_forgotten_while_it_was_refined_is_kept_again():
    cache = filled(35 * KB, "a")

    def refine(before):
        for key in "bcd":
            cache.get(key, lambda _: block())
        assert not has(cache, "a")[0]
        return before

    cache.get("a", refine, lambda _: False)
    assert has(cache, "a", "b", "c", "d") == [True, False, True, True]
    assert cache.bytes <= cache.budget


def test_budget_holds_whatever_many_threads_do():
    cache = Cache(200 * KB)
    over = []

    def work(seed):
        random = Random(seed)
        for _ in range(300):
            key, size = random.randrange(40), random.randrange(1, 60)
            refined = random.random() < 0.3
            value = cache.get(key, lambda _, size=size: block(size), lambda _, refined=refined: not refined)
            assert len(value)
            over.append(cache.bytes > cache.budget)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert not any(over)
    kept = [cache.find(key) for key in range(40)]
    assert cache.bytes == sum(size_of(value) for value in kept if value is not ABSENT)
    assert cache.bytes > 100 * KB


def test_owners_are_counted_and_have_their_share():
    cache = filled(100 * KB, *range(9))
    first, second = Holder(block(12)), Holder(block(6))
    cache.hold(first)
    assert cache.bytes <= cache.budget and has(cache, 0, 7) == [False, True]  # results make room
    cache.hold(second)
    assert first.photo is not None
    cache.hold(first)  # it is the last one used
    cache.hold(third := Holder(block(4)))
    assert [each.photo is None for each in (first, second, third)] == [False, True, False]
    cache.get("result", lambda _: block(40))
    assert third.photo is not None  # results never cost a photo
    assert cache.bytes <= cache.budget


def test_an_owner_is_counted_once_and_not_kept_alive():
    cache = Cache(100 * KB)
    owner = Holder(block(10))
    for _ in range(20):
        cache.hold(owner)
    assert cache.bytes < 11 * KB and owner.photo is not None
    del owner
    gc.collect()
    cache.hold(Holder(None))
    assert cache.bytes < KB


def test_an_owner_of_more_than_the_share_forgets_at_once():
    cache, owner = Cache(100 * KB), Holder(block(int(100 * OWNED) + 1))
    cache.hold(owner)
    assert owner.photo is None and cache.bytes == 0


@dataclass(frozen=True)
class Pair:
    one: object
    other: object

    @cached_property
    def both(self):
        return torch.zeros(1000)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (torch.zeros(1000), 4000),
        (torch.zeros(1000)[:10], 4000),  # keeps all of the memory
        (np.zeros(1000, np.uint8), 1000),
        (np.zeros((10, 1000), np.uint8)[0], 10_000),
        (Image.new("RGB", (100, 50)), 15_000),
        ("a" * 5000, 5000),
        ({"map": [torch.zeros(1000), (torch.zeros(500),)]}, 6000),
        (MappingProxyType({"map": torch.zeros(1000)}), 4000),
        (Pair(torch.zeros(1000), None), 4000),
        ([1.5] * 1000, 8000),
        ([float(number) for number in range(1000)], 8000 + 24_000),
    ],
)
def test_sizes_by_hand(value, size):
    assert size <= size_of(value) <= size + 1100


def test_what_is_there_twice_is_counted_once():
    values = torch.zeros(1000)
    assert size_of([values, values, values.view(10, 100), Pair(values, values[5:])]) < 4000 + 1500


def test_what_is_cached_beside_the_fields_is_counted():
    pair = Pair(None, None)
    before = size_of(pair)
    assert pair.both is pair.both
    assert size_of(pair) > before + 4000


def test_types_are_not_walked():
    assert size_of([int, torch.Tensor]) < 2 * sys.getsizeof([]) + 200
