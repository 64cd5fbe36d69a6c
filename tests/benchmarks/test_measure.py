import time

import pytest
import torch

from benchmarks import measure
from benchmarks.measure import Timing, distance, forward_work, middle, peak_speed, timed


def test_timed():
    result, timing = timed(lambda seconds: time.sleep(seconds) or "done", 0.05)
    assert result == "done"
    assert timing.wall >= 0.05
    assert 0 <= timing.cpu < 0.05


def test_middle_is_of_each_time_by_itself():
    assert middle([Timing(1, 30), Timing(2, 10), Timing(9, 20)]) == Timing(2, 20)


def test_peak_speed(monkeypatch):
    seconds = iter([4.0, 2.0, 8.0, 4.0])
    products = []

    def timed(function, *arguments):
        products.append(function(*arguments))
        return None, Timing(next(seconds), 0)

    monkeypatch.setattr(measure, "SIDE", 32)
    monkeypatch.setattr(measure, "PEAK_RUNS", 2)
    monkeypatch.setattr(measure, "timed", timed)
    assert peak_speed() == 2 * 16 * 32**2 * 32**2 / 2.0
    # Both ways have the same product: pixels are rows, channels are columns.
    torch.testing.assert_close(products[2].movedim(1, -1).reshape(-1, 32), products[0])


def test_forward_work_by_hand(case):
    found = forward_work(case.background)
    # 32 channels of 66 x 66 cells (68 px are seen), each of 3 x 9 products; 514 units of 128 x 4 x 4.
    assert found[0] == 2 * 32 * 66 * 66 * 27
    assert found[1] == 2 * 32 * 64 * 64 * 32 * 9
    assert found[7] == 2 * 514 * 2048
    assert len(found) == 10


def test_distance_by_hand():
    first, second = torch.tensor([[1.0, -1.0], [0.0, 2.0]]), torch.tensor([[1.0, 1.0], [0.0, 2.0]])
    assert distance(first, second) == pytest.approx(2 / 4)
    assert distance(torch.stack([first, second]), torch.stack([second, second])) == pytest.approx(0.5)
    assert distance(torch.zeros(2, 2), torch.zeros(2, 2)) == 0
