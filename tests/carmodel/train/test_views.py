import numpy as np
import pytest
import torch

from carmodel.train.data import Frames
from carmodel.train.views import Style, Views, _uniforms, pictures, view_of

PLAIN = Style(zoom_out=0.0)


def frames_of(pixels: np.ndarray) -> Frames:
    return Frames(pixels, (), ())


@pytest.fixture(scope="module")
def noise():
    return frames_of(np.random.default_rng(0).integers(0, 256, (6, 3, 160, 160), dtype=np.uint8))


def bare(rows, number=0):
    count = len(rows)
    return Views(np.array(rows), np.full(count, number), np.full(count, -1), np.ones(count, dtype=np.float32))


@pytest.mark.parametrize("size", [75, 100, 144])
def test_views_are_pictures_in_range(noise, size):
    views = view_of(np.arange(6), 2, np.arange(6)[::-1], Style(1.0, 1.0, 1.0), seed=1)
    x = pictures(noise, views, size, Style(1.0, 1.0, 1.0), seed=1)
    assert x.shape == (6, 3, size, size) and x.dtype == torch.float32
    assert x.min() >= 0 and x.max() <= 1


def test_a_view_depends_on_seed_number_and_photo_alone(noise):
    style = Style(0.5, 0.0, 0.5)
    together = pictures(noise, bare([0, 1, 2, 3]), 75, style, seed=1)
    torch.manual_seed(99)
    alone = pictures(noise, bare([2]), 75, style, seed=1)
    assert torch.allclose(together[2], alone[0], atol=1e-6)
    assert not torch.allclose(alone, pictures(noise, bare([2], number=1), 75, style, seed=1), atol=0.01)
    assert not torch.allclose(alone, pictures(noise, bare([2]), 75, style, seed=2), atol=0.01)


def test_teacher_and_students_see_the_same_part():
    # Red grows to the right, green downwards: so mean colours say which part of the photo is shown.
    ramp = torch.linspace(0, 255, 160).expand(160, 160)
    photo = torch.stack([ramp, ramp.T, torch.full((160, 160), 128.0)]).byte().numpy()
    ramps = frames_of(np.repeat(photo[None], 8, 0))
    means = [pictures(ramps, bare(range(8)), size, Style(0.5), 1).mean((2, 3)) for size in (75, 100, 144)]
    assert torch.allclose(means[0], means[2], atol=0.01)
    assert torch.allclose(means[1], means[2], atol=0.01)
    assert means[2][:, 0].std() > 0.03  # and they are parts, not all the same


def test_mixed_views_are_the_mean_of_two_by_their_shares():
    """Photos of one grey each: whatever the geometry, a mixed picture has one colour."""
    greys = np.broadcast_to(np.array([20, 220], dtype=np.uint8)[:, None, None, None], (2, 3, 160, 160))
    single = [pictures(frames_of(greys), bare([row]), 75, PLAIN, 1) for row in (0, 1)]
    views = Views(np.array([0]), np.array([0]), np.array([1]), np.array([0.25], dtype=np.float32))
    mixed = pictures(frames_of(greys), views, 75, PLAIN, 1)
    assert mixed.std(dim=(2, 3)).max() < 1e-5
    # What the second photo adds is three quarters of a picture of it, in its own light.
    second = (mixed - 0.25 * single[0]) / 0.75
    assert second.min() >= -1e-5 and second.max() <= 1 + 1e-5
    assert second.mean() > single[0].mean()


def test_which_views_are_mixed_and_by_how_much():
    rows, partners = np.arange(4000), np.roll(np.arange(4000), 1)
    views = view_of(rows, 3, partners, Style(mixed=0.25), seed=1)
    mixed = views.seconds >= 0
    assert mixed.mean() == pytest.approx(0.25, abs=0.03)
    assert (views.seconds[mixed] == partners[mixed]).all()
    assert (views.shares[~mixed] == 1).all()
    # Beta(½, ½) has mean ½ and variance ⅛.
    assert views.shares[mixed].mean() == pytest.approx(0.5, abs=0.03)
    assert views.shares[mixed].var() == pytest.approx(0.125, abs=0.02)
    assert (
        view_of(rows, 3, rows, Style(mixed=1.0), 1).seconds == -1
    ).all()  # a photo is no partner of its own


def test_half_of_the_pictures_are_mirrored():
    """A photo that is white on the left: its mirror image is white on the right."""
    photo = np.zeros((1, 3, 160, 160), dtype=np.uint8)
    photo[..., :80] = 255
    many = frames_of(np.repeat(photo, 200, 0))
    x = pictures(many, bare(range(200)), 75, Style(zoom_out=1.0), 1).mean(1)
    right = (x[:, :, -10:].mean((1, 2)) > x[:, :, :10].mean((1, 2))).float().mean()
    assert right == pytest.approx(0.5, abs=0.12)


def test_hidden_parts_are_grey_rectangles():
    white = frames_of(np.full((200, 3, 160, 160), 255, dtype=np.uint8))
    seen, whole = (pictures(white, bare(range(200)), 75, Style(0.0, 0.0, hidden), 1) for hidden in (0.5, 0.0))
    grey = (seen - whole).abs().amax(1) > 1e-6
    share = grey.flatten(1).any(1).float().mean()
    assert share == pytest.approx(0.5, abs=0.12)
    assert (seen[grey[:, None].expand_as(seen)] == 0.5).all()
    areas = grey[grey.flatten(1).any(1)].float().mean((1, 2))
    assert areas.min() > 0.13**2 and areas.max() < 0.47**2


def test_random_numbers_are_even_and_unrelated():
    u = _uniforms(1, np.zeros(20000, int), np.arange(20000), 8)
    assert u.shape == (20000, 8) and u.min() >= 0 and u.max() < 1
    # A uniform number has mean 1/2 and variance 1/12; 20,000 of them are 0.002 off.
    assert torch.allclose(u.mean(0), torch.tensor(0.5), atol=0.01)
    assert torch.allclose(u.var(0), torch.tensor(1 / 12), atol=0.005)
    assert torch.corrcoef(u.T).fill_diagonal_(0).abs().max() < 0.03


def test_splitmix64_by_its_published_numbers():
    """The first outputs of the reference implementation from the state 1234567."""
    from carmodel.train.views import _mixed_bits

    golden = 0x9E3779B97F4A7C15
    states = np.array([(1234567 + step * golden) & (2**64 - 1) for step in range(3)], dtype=np.uint64)
    assert _mixed_bits(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]
