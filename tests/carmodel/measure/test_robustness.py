import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from carmodel.ensemble import PUBLISHED_OWNERS, Rules, ensembles_of
from carmodel.measure.robustness import (
    CLEAN,
    DISTURBANCES,
    as_text,
    disturbed_logits,
    main,
    partners,
    robustness,
    smaller,
)
from carmodel.network import CLASSES, CarNet
from carmodel.train.data import Frames, Sample
from carmodel.weights import Card, save


@pytest.fixture(scope="module")
def frames():
    """Two frames of noise on different greys, and their partners."""
    noise = torch.Generator().manual_seed(0)
    own = torch.randint(0, 100, (2, 3, 300, 300), generator=noise, dtype=torch.uint8)
    return own, torch.randint(150, 256, (2, 3, 300, 300), generator=noise, dtype=torch.uint8)


def border_mask() -> torch.Tensor:
    """True in the outer 36 px, counted from the middle: those further than 114 px from the centre."""
    distance = (torch.arange(300) - 149.5).abs()
    return torch.maximum(distance[:, None], distance[None]) > 114


@pytest.mark.parametrize("name", DISTURBANCES)
def test_disturbances_leave_their_arguments_and_the_shape_alone(frames, name):
    own, others = (each.clone() for each in frames)
    found = DISTURBANCES[name](own, others)
    assert found.shape == own.shape and found.dtype == torch.uint8
    assert torch.equal(own, frames[0]) and torch.equal(others, frames[1])
    assert torch.equal(found, own) == (name == CLEAN)


@pytest.mark.parametrize("name", [name for name in DISTURBANCES if "border" in name])
def test_borders_change_nothing_else(frames, name):
    found = DISTURBANCES[name](*frames)
    assert torch.equal(found[..., ~border_mask()], frames[0][..., ~border_mask()])


def test_borders_are_those_of_the_other_photo_or_grey(frames):
    other, grey = (DISTURBANCES[name](*frames) for name in ("border of another photo", "grey border"))
    assert torch.equal(other[..., border_mask()], frames[1][..., border_mask()])
    assert (grey[..., border_mask()] == 128).all()


def test_blurred_border_is_the_photo_without_its_detail(frames):
    found = DISTURBANCES["blurred border"](*frames)[..., border_mask()].float()
    before = frames[0][..., border_mask()].float()
    assert found.mean() == pytest.approx(before.mean(), abs=1)
    # A Gaussian of 12 px on white noise leaves 1 / (2 · 12 · √π) of its standard deviation; more near edges.
    assert found.std() < 3 * before.std() / (24 * np.sqrt(np.pi))


def test_mirrored_is_left_for_right(frames):
    found = DISTURBANCES["mirrored"](*frames).numpy()
    assert np.array_equal(found, frames[0].numpy()[:, :, :, ::-1])


def test_smaller_by_hand():
    # Black up to column 100, then white; columns 50 to 250 show the photo, and the edges go on.
    frame = torch.zeros(1, 3, 300, 300, dtype=torch.uint8)
    frame[..., 100:] = 255
    found = smaller(frame, 2 / 3)
    edge = 50 + 100 * 2 / 3  # where black becomes white
    assert found.shape == frame.shape
    assert (found[..., : int(edge) - 3] == 0).all()
    assert (found[..., int(edge) + 4 :] == 255).all()


@pytest.mark.parametrize(("name", "factor"), [("brightness × 0.8", 0.8), ("brightness × 1.2", 1.2)])
def test_brightness_of_known_values(name, factor):
    values = torch.arange(256, dtype=torch.uint8).repeat(1, 3, 300, 1)[..., :256]
    found = DISTURBANCES[name](values, values)[0, 0, 0]
    expected = [min(round(value * factor, 6), 255) for value in range(256)]
    assert (found.double() - torch.tensor(expected)).abs().max() <= 0.5


def test_jpeg_is_that_of_a_small_photo():
    # A photo of 144 px that became a frame: compressing the frame is compressing the photo itself.
    ramp = np.linspace(40, 200, 144).astype(np.uint8)
    right, down = np.meshgrid(ramp, ramp)
    photo = Image.fromarray(np.stack([right, down, np.full_like(right, 90)], axis=2))
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=30)

    def frame(image: Image.Image) -> np.ndarray:
        return np.array(image.resize((300, 300), Image.Resampling.BICUBIC)).astype(int)

    own = torch.from_numpy(frame(photo).astype(np.uint8)).permute(2, 0, 1)[None]
    found = DISTURBANCES["JPEG quality 30"](own, own)[0].permute(1, 2, 0).numpy()
    assert abs(found - frame(Image.open(file))).mean() < 1.5


def test_partners_are_of_the_same_source_and_another_class():
    labels = torch.tensor([0, 0, 1, 2, 0, 1, 3, 3])
    sources = ["a", "a", "a", "a", "b", "b", "c", "c"]
    found = partners(labels, sources)
    assert torch.equal(found, partners(labels, sources))
    for photo, other in enumerate(found.tolist()[:6]):
        assert sources[photo] == sources[other] and labels[photo] != labels[other]
    assert found[4:].tolist() == [5, 4, 6, 7]  # source c has one class only
    assert len({tuple(partners(labels, sources, seed).tolist()) for seed in range(20)}) > 1


def test_logits_keep_the_order_of_the_photos_over_chunks(monkeypatch):
    monkeypatch.setattr("carmodel.measure.robustness.CHUNK", 2)
    count = 5  # frames of one grey each, which the network's answers tell apart
    pixels = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None] * 40, (count, 3, 300, 300))
    samples = tuple(Sample(None, index % 4, "val") for index in range(count))
    torch.manual_seed(0)
    network = CarNet(75).eval()
    found = disturbed_logits({"it": network}, Frames(pixels, samples, ()))
    assert found.keys() == DISTURBANCES.keys()
    greys = torch.arange(count)[:, None, None, None].expand(count, 3, 75, 75) * 40 / 255
    with torch.no_grad():
        assert torch.allclose(found[CLEAN]["it"], network(greys), atol=1e-5)
        assert torch.allclose(
            found["brightness × 0.8"]["it"], network((greys * 204).round() / 255), atol=1e-5
        )


def test_changes_by_hand():
    # One source of two photos, sedan and coupe; both networks know them, and call all disturbed ones sedans.
    samples = tuple(Sample(None, label, "val", "a") for label in (0, 1))
    frames = Frames(np.empty((2, 0)), samples, ())
    right, sedans = torch.eye(4)[[0, 1]], torch.eye(4)[[0, 0]]
    logits = {
        name: dict.fromkeys(("final-75", "final-100"), right if name == CLEAN else sedans)
        for name in DISTURBANCES
    }
    pair = ensembles_of({"final-75": 75, "final-100": 100}, Rules(PUBLISHED_OWNERS))
    report = robustness(frames, logits, pair)
    assert report["networks"].keys() == {"final-75", "final-100"}
    assert report["ensembles"].keys() == {"average", "priority"}
    for classifier in [*report["networks"].values(), *report["ensembles"].values()]:
        assert classifier["a"]["n"] == 2
        assert classifier["a"]["accuracy"] == {name: 1.0 if name == CLEAN else 0.5 for name in DISTURBANCES}
        assert classifier["a"]["change"] == {name: -50.0 for name in DISTURBANCES if name != CLEAN}
    text = as_text(report)
    assert text.splitlines()[0].split() == [
        "a,",
        "2",
        "photos",
        "final-75",
        "final-100",
        "average",
        "priority",
    ]
    assert text.count("-50.0") == 4 * (len(DISTURBANCES) - 1)


def test_command_line(class_folders, tmp_path, capsys):
    torch.manual_seed(0)
    save(CarNet(75), Card("final-75", 75, True, CLASSES, 1.0, "", {}, {}, {}), tmp_path)
    places = ["--data", class_folders, "--weights", tmp_path, "--cache", tmp_path / "frames"]
    assert main([*map(str, places), "--split", "val", "--out", str(tmp_path / "out.json")]) == 0
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert report["split"] == "val" and "ensembles" not in report
    assert report["networks"]["final-75"]["photos"]["n"] == 12
    assert "photos, 12 photos" in capsys.readouterr().out


def test_no_networks_is_one_sentence(class_folders, tmp_path, capsys):
    assert main(["--data", str(class_folders), "--weights", str(tmp_path)]) == 2
    assert "no networks" in capsys.readouterr().err
