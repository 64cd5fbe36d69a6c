import pytest
import torch

from carmodel.sampling import area_means, cell_sums, onto_frame, overlaps, overlaps_between
from tests.area import integrals, means

SIZES = (64, 75, 100, 128, 150, 224, 300)
every_size = pytest.mark.parametrize("size", SIZES)


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@every_size
def test_networks_see_means_over_equal_squares(size):
    frames = random(2, 3, 300, 300)
    seen = area_means(frames, size)
    assert seen.dtype == torch.float32
    torch.testing.assert_close(seen.double(), means(frames, size), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(area_means(frames[1], size), seen[1])
    exact = area_means(frames[0].double(), size)
    torch.testing.assert_close(exact, means(frames[0], size), atol=1e-12, rtol=1e-12)


@every_size
def test_sums_stay_what_they_were(size):
    cells = random(size, size) - 0.3
    map = onto_frame(cells)
    assert map.shape == (300, 300) and map.dtype == torch.float32
    total = cells.sum(dtype=torch.float64).item()
    assert map.sum(dtype=torch.float64).item() == pytest.approx(total, rel=1e-6)
    signed = random(size, size, seed=1) - 0.5  # which cancels
    change = (onto_frame(signed).sum(dtype=torch.float64) - signed.sum(dtype=torch.float64)).abs()
    assert change < 1e-6 * signed.abs().sum()


@every_size
def test_the_way_back_is_the_adjoint(size):
    frame, cells = random(300, 300).double() - 0.5, random(size, size, seed=1).double() - 0.5
    seen = area_means(frame[None], size)[0]
    assert (seen * cells).sum().item() == pytest.approx((frame * onto_frame(cells)).sum().item(), rel=1e-12)


@every_size
def test_a_gradient_of_cells_is_that_of_the_frame(size):
    """What a frame pixel adds to a linear score is what the network's pixels over it add."""
    weights, frame = random(size, size), random(1, 300, 300, seed=2).requires_grad_()
    (weights * area_means(frame, size)[0]).sum().backward()
    torch.testing.assert_close(frame.grad[0], onto_frame(weights), atol=1e-7, rtol=1e-4)


@every_size
def test_sums_over_cells_of_a_map(size):
    map = random(300, 300) - 0.5
    sums = cell_sums(map, size)
    assert sums.dtype == torch.float64
    torch.testing.assert_close(sums, integrals(map, size), atol=1e-9, rtol=1e-9)
    assert sums.sum().item() == pytest.approx(map.sum(dtype=torch.float64).item(), abs=1e-9)


@pytest.mark.parametrize("size", [75, 100, 150, 300])
def test_maps_of_sizes_that_divide_the_frame_are_repeated_cells(size):
    cells, block = random(size, size), 300 // size
    expected = cells.repeat_interleave(block, 0).repeat_interleave(block, 1) / block**2
    torch.testing.assert_close(onto_frame(cells), expected)
    torch.testing.assert_close(cell_sums(onto_frame(cells), size).float(), cells)


@pytest.mark.parametrize("size", [64, 128, 224])
def test_nothing_leaves_the_cell_that_it_is_of(size):
    lit = torch.zeros(size, size)
    lit[0, size - 1] = lit[size // 3, size // 2] = 1.0
    rows, columns = onto_frame(lit).nonzero(as_tuple=True)
    for row, column in zip((0, size // 3), (size - 1, size // 2), strict=True):
        within = (rows + 1 > 300 / size * row) & (rows < 300 / size * (row + 1))
        within &= (columns + 1 > 300 / size * column) & (columns < 300 / size * (column + 1))
        assert within.any()
        rows, columns = rows[~within], columns[~within]
    assert len(rows) == 0


@every_size
def test_every_pixel_is_shared_out_once(size):
    weights = overlaps(size)
    assert weights.dtype == torch.float64
    torch.testing.assert_close(weights.sum(0), torch.ones(300, dtype=torch.float64))
    torch.testing.assert_close(weights.sum(1), torch.full((size,), 300 / size, dtype=torch.float64))


def test_overlaps_by_hand():
    shares = overlaps_between(torch.tensor([0.0, 0.25, 2.5, 3.0]))
    assert shares[:, :4].tolist() == [[0.25, 0, 0, 0], [0.75, 1, 0.5, 0], [0, 0, 0.5, 0]]
    assert not shares[:, 4:].any()


@pytest.mark.parametrize("size", [64, 75])
def test_a_flat_picture_stays_flat(size):
    torch.testing.assert_close(
        area_means(torch.full((3, 300, 300), 0.3), size), torch.full((3, size, size), 0.3)
    )
