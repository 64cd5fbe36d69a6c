import csv
import math
import time
from pathlib import Path

import pytest
import torch
from PIL import Image

from carmodel.photo import Photo
from explain.evidence.regions import PARTS, load_parts
from explain.references import reference_frame
from explain.what_if.edits import (
    MOST_MARKS,
    MOST_POINTS,
    WHEELS_ROW,
    WHOLE,
    Box,
    EditError,
    Edits,
    Stroke,
    covered,
    edited,
)

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.fixture
def photo(frame):
    """A landscape photo, 2:1."""
    return Photo(frame, 800, 400)


def test_box_covers_the_pixels_it_touches():
    mask = Box(0.07, 0.1, 0.5, 0.201).mask(800, 400)  # 21 to 150 across, 30 to 60.3 down
    assert mask.sum() == (150 - 21) * (61 - 30)
    assert mask[30:61, 21:150].all()


def test_stroke_is_round_on_the_upright_photo():
    """A dot of radius 30 px on the frame's width; twice as high on the frame, which squashes 2:1."""
    mask = Stroke(((0.5, 0.5),), 0.1).mask(800, 400)
    across, down = mask[150].sum().item(), mask[:, 150].sum().item()
    assert across == pytest.approx(60, abs=2) and down == pytest.approx(120, abs=2)
    assert mask.sum().item() == pytest.approx(math.pi * 30 * 60, rel=0.03)


def test_stroke_joins_its_points():
    mask = Stroke(((0.2, 0.5), (0.8, 0.5)), 0.05).mask(300, 300)
    assert mask.sum().item() == pytest.approx(180 * 30 + math.pi * 15**2, rel=0.03)
    assert not mask[:133].any() and not mask[:, :43].any()


def test_stroke_may_leave_the_picture():
    assert Stroke(((-3.0, 0.5), (2.0, 0.5)), 0.05).mask(300, 300)[150].all()


@pytest.mark.parametrize(
    ("points", "radius"),
    [
        (((0.0, 0.0), (3e6, 1e6)), 0.001),
        (((0.0, 0.0), (math.nan, 1.0)), 0.1),
        (((-9.0, 0.0), (9.0, 0.0)) * 50, 0.001),
        (((0.5, 0.5),) * 2000, 0.5),
        (((0.5, 0.5),), 1e-9),
    ],
)
def test_strokes_that_would_take_long_are_refused(points, radius):
    """Pillow steps through every pixel of a line, also far off the picture, and nothing else runs then."""
    with pytest.raises(EditError):
        Stroke(points, radius)


@pytest.mark.parametrize("points", [((0.0, 0.0), (1.0, 1.0)) * 35, ((0.4, 0.5),) * 2000])
def test_the_longest_strokes_are_drawn_soon(points):
    stroke = Stroke(points, 60 / 2000)
    began = time.thread_time()
    stroke.mask(400, 300)
    assert time.thread_time() - began < 2


def test_so_many_marks(tmp_path):
    mark = Box(0.1, 0.1, 0.2, 0.2)
    assert len(Edits(marks=(mark,) * MOST_MARKS).marks) == MOST_MARKS
    strokes = [Stroke(((0.5, 0.5 + number / 1000),) * MOST_POINTS, 0.01) for number in range(6)]
    Edits(marks=tuple(strokes[:5]))
    with pytest.raises(EditError, match="take some marks back"):
        Edits(marks=tuple(strokes))
    with pytest.raises(EditError, match="take some back"):
        Edits(marks=(mark,) * (MOST_MARKS + 1))


def test_wheels_row_holds_the_wheels_of_every_example():
    mask = WHEELS_ROW.mask(1, 1)
    assert mask[:, 0].nonzero().flatten().tolist() == list(range(156, 264))
    with (EXAMPLES / "manifest.csv").open(encoding="utf-8", newline="") as file:
        labels = [load_parts(EXAMPLES / row["mask_file"]) for row in csv.DictReader(file)]
    wheels = [each == PARTS.index("wheels") for each in labels]
    shares = [(each & mask).sum().item() / each.sum().item() for each in wheels]
    assert len(shares) == 16 and min(shares) >= 0.9
    assert sum(shares) / 16 == pytest.approx(0.97, abs=0.005)


def test_covered_is_all_that_is_hidden(photo):
    mask = covered(photo, Edits(("border", "wheels_row", "mirror", "grey"), (Box(0.4, 0.2, 0.5, 0.3),)))
    # The border, what the row adds within it, and the box, which neither touches.
    assert mask.sum() == (300**2 - 228**2) + 108 * 228 + 30 * 30
    assert not covered(photo, Edits(("mirror", "grey"))).any()


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        ("grey", lambda frame: torch.full_like(frame, 0.5)),
        ("mean", lambda frame: torch.stack([each.mean() for each in frame])[:, None, None].expand_as(frame)),
        ("blur", lambda frame: reference_frame("blur", frame)),
    ],
)
def test_covered_part_is_the_fill_and_the_rest_the_photo(photo, fill, expected):
    box = Box(0.2, 0.4, 0.6, 0.8)
    found = edited(photo, Edits(marks=(box,), fill=fill)).frame
    assert torch.allclose(found[:, 120:240, 60:180], expected(photo.frame)[:, 120:240, 60:180])
    outside = ~box.mask(1, 1)
    assert torch.equal(found[:, outside], photo.frame[:, outside])


def test_grey_is_that_of_pillow(photo):
    found = edited(photo, Edits(("grey",))).frame
    assert torch.equal(found[0], found[1]) and torch.equal(found[0], found[2])
    pixels = (255 * photo.frame).round().byte().permute(1, 2, 0).numpy()
    grey = torch.tensor(list(Image.fromarray(pixels).convert("L").tobytes())).reshape(300, 300)
    assert (255 * found[0] - grey).abs().max() < 1.5


def test_covers_lie_on_the_photo_before_it_is_mirrored(photo):
    found = edited(photo, Edits(("mirror",), (Box(0.0, 0.0, 0.1, 1.0),), "grey")).frame
    assert (found[:, :, 270:] == 0.5).all()
    assert torch.equal(found[:, :, :270], photo.frame[:, :, 30:].flip(-1))


def test_no_edit_changes_nothing(photo):
    same, mirrored = edited(photo, Edits()), edited(photo, Edits(("mirror",)))
    assert same.digest == photo.digest and (same.width, same.height) == (800, 400)
    assert mirrored.digest != photo.digest
    assert edited(mirrored, Edits(("mirror",))).digest == photo.digest


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: Edits(("wheels",)),
            "There is no edit 'wheels'; please use border, wheels_row, mirror, grey.",
        ),
        (lambda: Edits(fill="red"), "There is no fill 'red'; please use blur, grey, mean."),
        (lambda: Box(0.5, 0.1, 0.5, 0.2), "A box needs left below right"),
        (lambda: Box(0.5, 0.1, 1.5, 0.2), "A box needs left below right"),
        (lambda: Box(math.nan, 0.1, 0.5, 0.2), "A box needs left below right"),
        (lambda: Box.of([0.1, 0.2, 0.3]), "A box is a list of four numbers"),
        (lambda: Box.of(["a", "b", "c", "d"]), "A box is a list of four numbers"),
        (lambda: Box.of(7), "A box is a list of four numbers"),
        (lambda: Stroke((), 0.1), "A stroke needs points"),
        (lambda: Stroke(((0.1, math.nan),), 0.1), "A stroke needs points"),
        (lambda: Stroke(((0.1, 0.2),), 0.0), "A stroke needs points"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(make, sentence):
    with pytest.raises(EditError, match=sentence):
        make()


def test_whether_anything_changes():
    assert not Edits(fill="mean").changes_something
    assert all(Edits((name,)).changes_something for name in WHOLE)
    assert Edits(marks=(WHEELS_ROW,)).changes_something
