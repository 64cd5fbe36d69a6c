import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from explain.evidence.regions import PARTS, Share, border, load_parts, parts, share

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def test_share_by_hand():
    map = torch.zeros(300, 300)
    map[0, 0], map[0, 1], map[5, 5] = 3.0, -1.0, -4.0
    mask = torch.zeros(300, 300, dtype=torch.bool)
    mask[0, :90] = True
    found = share(map, mask)
    assert found == Share(attribution=4 / 8, area=90 / 90_000)
    assert found.ratio == pytest.approx(500)


def test_a_flat_map_has_a_ratio_of_one():
    assert share(torch.full((300, 300), -0.1), border()).ratio == pytest.approx(1)


def test_nothing_has_no_share():
    everything = torch.ones(300, 300, dtype=torch.bool)
    assert share(torch.zeros(300, 300), everything) == Share(0.0, 1.0)
    empty = share(torch.ones(300, 300), ~everything)
    assert (empty, empty.ratio) == (Share(0.0, 0.0), 0.0)


@pytest.mark.parametrize(("fraction", "width"), [(0.12, 36), (0.25, 75)])
def test_border(fraction, width):
    mask = border(fraction)
    assert mask.double().mean().item() == pytest.approx(1 - (1 - 2 * fraction) ** 2)
    assert mask[width - 1].all()
    assert mask[:, -width].all()
    assert not mask[width : 300 - width, width : 300 - width].any()


def test_parts_share_the_whole_map():
    labels = torch.zeros(300, 300, dtype=torch.uint8)
    labels[100:200, 100:200], labels[150:200, 100:150] = 1, 2
    map = torch.ones(300, 300)
    map[150:200, 100:150] = -9.0
    found = parts(map, labels)
    assert list(found) == ["background", "body", "wheels"]
    total = 80_000 + 7_500 + 9 * 2_500
    assert found["wheels"] == Share(pytest.approx(22_500 / total), pytest.approx(2_500 / 90_000))
    assert found["body"].attribution == pytest.approx(7_500 / total)
    assert sum(each.attribution for each in found.values()) == pytest.approx(1)
    assert sum(each.area for each in found.values()) == pytest.approx(1)


def test_labels_are_squashed_to_the_frame_and_never_mixed(tmp_path):
    labels = np.zeros((150, 600), dtype=np.uint8)
    labels[:75, 300:] = 9
    picture = Image.fromarray(labels, "P")
    picture.putpalette([255, 0, 0] * 256)
    picture.save(tmp_path / "mask.png")
    found = load_parts(tmp_path / "mask.png")
    assert (found.shape, found.dtype) == ((300, 300), torch.uint8)
    expected = torch.zeros(300, 300, dtype=torch.uint8)
    expected[:150, 150:] = 9
    assert torch.equal(found, expected)


def test_a_picture_that_is_no_mask_is_refused(tmp_path):
    Image.new("RGB", (40, 40)).save(tmp_path / "photo.png")
    with pytest.raises(ValueError, match=r"photo\.png is no mask"):
        load_parts(tmp_path / "photo.png")
    Image.new("L", (40, 40), 10).save(tmp_path / "grey.png")
    with pytest.raises(ValueError, match=r"grey\.png is no mask"):
        load_parts(tmp_path / "grey.png")


def test_every_example_has_a_mask():
    with (EXAMPLES / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 16
    for row in rows:
        found = parts(torch.ones(300, 300), load_parts(EXAMPLES / row["mask_file"]))
        assert {"background", "body", "wheels"} <= found.keys() <= set(PARTS)
        assert 0.01 < found["wheels"].area < 0.2
        if row["label"] == "truck" and row["mask_level"] == "parts":
            assert "bed" in found
