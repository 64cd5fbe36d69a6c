import pytest
import torch
from scipy.stats import spearmanr

from explain.attribution import Attribution
from explain.evidence.agreement import Agreement, agreement, agreements, least_alike
from explain.methods.registry import METHODS
from explain.target import Target


def attribution(map):
    record = METHODS["gradcam"]
    return Attribution(map, map, record, "75", Target("suv"), "none", 1.0, None, None, 1, 0.0)


def test_by_hand():
    first = torch.arange(10.0).reshape(2, 5)
    swapped = first.clone()
    swapped[1, 3:] = torch.tensor([9.0, 8.0])  # the two largest change places
    found = agreement(attribution(first), attribution(swapped))
    assert found.rank_correlation == pytest.approx(1 - 6 * 2 / (10 * 99))  # 1 − 6 Σd² / (n (n² − 1))
    assert found.overlap == 0.0  # the top tenth is one pixel, another one in each


def test_a_map_agrees_with_itself_and_not_with_its_opposite():
    map = torch.randn(30, 30, generator=torch.Generator().manual_seed(0))
    same = agreement(attribution(map), attribution(map))
    assert same.rank_correlation == pytest.approx(1)
    assert same.overlap == pytest.approx(1)
    opposite = agreement(attribution(map), attribution(-map))
    assert opposite.rank_correlation == pytest.approx(-1)
    assert opposite.overlap == pytest.approx(1)  # the same pixels matter, the other way round


def test_ties_share_their_ranks_as_in_scipy():
    generator = torch.Generator().manual_seed(1)
    first, second = torch.randint(-4, 5, (2, 40, 40), generator=generator).float()
    expected = spearmanr(first.flatten().numpy(), second.flatten().numpy()).statistic
    assert agreement(attribution(first), attribution(second)).rank_correlation == pytest.approx(expected)


def test_ties_at_the_edge_of_the_tenth_count_in_part():
    first = torch.zeros(100)
    first[:40] = 1.0  # forty pixels compete for ten places: a quarter each
    second = torch.zeros(100)
    second[:4] = 3.0
    second[40:46] = 2.0
    assert agreement(attribution(first), attribution(second)).overlap == pytest.approx(4 * 0.25 / 10)


def test_a_constant_map_has_no_ranking_and_agrees_by_chance():
    flat, map = torch.zeros(30, 30), torch.randn(30, 30, generator=torch.Generator().manual_seed(2))
    found = agreement(attribution(flat), attribution(map))
    assert found.rank_correlation is None
    assert found.overlap == pytest.approx(0.1)


def test_every_two_maps_are_compared_as_by_themselves():
    generator = torch.Generator().manual_seed(3)
    maps = {name: attribution(torch.randn(20, 20, generator=generator)) for name in ("a", "b", "c")}
    found = agreements(maps)
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
    for (first, second), each in found.items():
        pair = maps[first].map.flatten().numpy(), maps[second].map.flatten().numpy()
        assert each.rank_correlation == pytest.approx(spearmanr(*pair).statistic)
        tops = [set((-abs(values)).argsort()[:40]) for values in pair]
        assert each.overlap == pytest.approx(len(tops[0] & tops[1]) / 40)


def test_least_alike_are_those_with_the_lowest_correlation():
    figures = {("a", "b"): 0.5, ("a", "c"): None, ("b", "c"): 0.3}  # None counts as 0
    matrix = {pair: Agreement(correlation, 0.2) for pair, correlation in figures.items()}
    assert least_alike(matrix) == ("a", "c")
    assert least_alike(matrix | {("b", "c"): Agreement(-0.1, 0.9)}) == ("b", "c")
