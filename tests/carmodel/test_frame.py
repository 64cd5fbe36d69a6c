import numpy as np
import pytest
import torch
from PIL import Image

from carmodel import frame
from carmodel.frame import TURNS, to_frame

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (61, 97, 3), dtype=np.uint8))
DEEP = Image.fromarray(np.random.default_rng(1).integers(0, 65536, (61, 97), dtype=np.uint16))
IMAGES = {
    "RGB": NOISE,
    "L": NOISE.convert("L"),
    "P": NOISE.quantize(16),
    "RGBA": Image.merge("RGBA", (*NOISE.split(), NOISE.getchannel(0))),
    "I;16": DEEP,
    "F": Image.fromarray(np.array(DEEP, np.float32) / 70_000),
}


@pytest.mark.parametrize("orientation", [1, *TURNS])
@pytest.mark.parametrize("mode", IMAGES)
def test_bands_change_nothing(monkeypatch, mode, orientation):
    whole = to_frame(IMAGES[mode], orientation)
    monkeypatch.setattr(frame, "BAND", 400)  # bands of 4 or 6 rows, and a shorter one at the end
    assert torch.equal(to_frame(IMAGES[mode], orientation), whole)


@pytest.mark.parametrize("orientation", TURNS)
def test_turned_like_pillow_turns(orientation):
    assert torch.equal(to_frame(NOISE, orientation), to_frame(NOISE.transpose(TURNS[orientation]), 1))


def test_resized_like_pillow_resizes():
    small = np.array(NOISE.resize((300, 300), Image.Resampling.BICUBIC), np.float32) / 255
    assert torch.equal(to_frame(NOISE, 1), torch.from_numpy(small).permute(2, 0, 1))


def test_white_is_looked_for_in_the_whole_picture(monkeypatch):
    """One bright pixel in the last band decides what white is in all of them."""
    monkeypatch.setattr(frame, "BAND", 100)
    values = np.full((300, 300), 51.0, np.float32)
    values[-1, -1] = 255.0
    assert to_frame(Image.fromarray(values), 1)[0, 0, 0] == pytest.approx(0.2)
