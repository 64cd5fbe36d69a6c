import numpy as np
import pytest
import torch

from carmodel.photo import Photo
from carmodel.sampling import area_means
from explain.attribution import Attribution
from explain.methods.registry import METHODS
from explain.report.render import overlay, seen, upright
from explain.target import Target

RED_CAR = torch.tensor([0.9, 0.05, 0.05])[:, None, None].expand(3, 300, 300)


def photo_of(frame, width=300, height=300):
    return Photo(frame, width, height)


def attribution_of(map, method="shap"):
    return Attribution(map, map, METHODS[method], "75", Target("suv"), "black", 1.0, 0.0, 0.0, 1, 0.0)


def pixels(image):
    assert image.mode == "RGB"
    return np.asarray(image).astype(int)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (720, 480, (450, 300)),
        (480, 720, (300, 450)),
        (90, 90, (450, 450)),
        (5000, 32, (450, 3)),
        (20000, 32, (450, 1)),
    ],
)
def test_pictures_have_the_proportions_of_the_photo(width, height, size):
    photo = photo_of(torch.rand(3, 300, 300), width, height)
    assert overlay(attribution_of(torch.rand(300, 300)), photo, 1.0).size == size
    assert seen(photo, 75).size == size
    assert upright(photo).size == size


def test_side_is_the_longest_one():
    assert seen(photo_of(RED_CAR, 720, 480), 100, side=90).size == (90, 60)


def test_a_red_car_is_grey_under_an_empty_map():
    picture = pixels(overlay(attribution_of(torch.zeros(300, 300)), photo_of(RED_CAR), 1.0))
    assert (picture.max(axis=2) == picture.min(axis=2)).all()


def test_strength_nought_shows_the_photo_alone():
    photo, map = photo_of(torch.rand(3, 300, 300)), torch.randn(300, 300)
    nothing = overlay(attribution_of(torch.zeros(300, 300)), photo, 1.0)
    assert (pixels(overlay(attribution_of(map), photo, 1.0, strength=0.0)) == pixels(nothing)).all()


def test_colours_by_hand():
    map = torch.zeros(300, 300)
    map[:, :150], map[:, 150:] = 2.0, -2.0
    white, black = photo_of(torch.ones(3, 300, 300)), photo_of(torch.zeros(3, 300, 300))
    # the lightened photo is 255 for white and 127.5 for black; full colour is #a4200f or #12509f, 96 % opaque
    picture = pixels(overlay(attribution_of(map), white, 2.0))
    assert picture[0, 0].tolist() == [168, 41, 25]
    assert picture[0, -1].tolist() == [27, 87, 163]
    picture = pixels(overlay(attribution_of(map), black, 2.0))
    assert picture[0, 0].tolist() == [163, 36, 20]
    # at half strength 48 % opaque
    picture = pixels(overlay(attribution_of(map), white, 2.0, strength=0.5))
    assert picture[0, 0].tolist() == [211, 148, 140]


def test_colour_is_where_the_weight_is():
    map = torch.zeros(300, 300)
    map[:100, 200:] = 1.0  # upper right
    map[200:, :100] = -1.0  # lower left
    picture = pixels(overlay(attribution_of(map), photo_of(torch.rand(3, 300, 300), 600, 300), 1.0, side=300))
    warmth = picture[..., 0] - picture[..., 2]
    assert picture.shape == (150, 300, 3)
    assert (warmth[:50, 200:] > 80).all()
    assert (warmth[100:, :100] < -80).all()
    assert (warmth[50:100] == 0).all()


def test_a_map_is_never_stretched_to_its_range():
    # min-max would paint an all-positive map's smallest values blue, and its zero away
    map = torch.linspace(0.5, 1.0, 300).expand(300, 300)
    picture = pixels(overlay(attribution_of(map), photo_of(torch.ones(3, 300, 300)), 1.0))
    assert (picture[..., 0] > picture[..., 2]).all()


@pytest.mark.parametrize("size", [75, 100])
def test_cells_of_a_network_stay_sharp(size):
    cell = 600 // size
    map = torch.randn(size, size).repeat_interleave(300 // size, 0).repeat_interleave(300 // size, 1)
    picture = pixels(overlay(attribution_of(map), photo_of(torch.ones(3, 300, 300)), 1.0, side=600))
    first = picture[::cell, ::cell]
    assert (picture == first.repeat(cell, 0).repeat(cell, 1)).all()


def test_small_pictures_average_the_map():
    map = torch.tensor([1.0, -1.0]).repeat(150).expand(300, 300)  # stripes that cancel
    picture = pixels(overlay(attribution_of(map), photo_of(torch.ones(3, 300, 300)), 1.0, side=150))
    assert (picture == 255).all()


def test_gradcam_has_a_palette_of_its_own():
    map, photo = torch.ones(300, 300), photo_of(torch.ones(3, 300, 300))
    amber = pixels(overlay(attribution_of(map, "gradcam"), photo, 2.0))[0, 0]
    assert amber.tolist() == [250, 203, 102]  # #f7a800, 60 % opaque on white


@pytest.mark.parametrize("size", [75, 100])
def test_seen_is_what_the_network_gets_unsmoothed(size):
    photo = photo_of(torch.rand(3, 300, 300))
    given = np.rint(255 * area_means(photo.frame, size).permute(1, 2, 0).numpy()).astype(int)
    assert (pixels(seen(photo, size, side=size)) == given).all()
    assert (pixels(seen(photo, size, side=600)) == given.repeat(600 // size, 0).repeat(600 // size, 1)).all()


def test_upright_is_the_frame_in_its_own_size():
    photo = photo_of(torch.rand(3, 300, 300))
    frame = np.rint(255 * photo.frame.permute(1, 2, 0).numpy())
    assert (pixels(upright(photo, side=300)) == frame).all()


def test_drawing_leaves_map_and_photo_alone():
    map, frame = torch.randn(300, 300), torch.rand(3, 300, 300)
    before = map.clone(), frame.clone()
    overlay(attribution_of(map), photo_of(frame), 0.5)
    assert torch.equal(map, before[0])
    assert torch.equal(frame, before[1])
