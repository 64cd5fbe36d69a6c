from collections import Counter
from pathlib import Path

from PIL import Image

from benchmarks.requests import KINDS, SHARES, draw, variants
from explain.methods.registry import METHODS
from explain.references import REFERENCES

PHOTOS = [Path("one.jpg"), Path("other.jpg")]


def test_everything_is_drawn_in_its_share_and_the_same_again():
    requests = draw(PHOTOS, 2000, 3)
    assert requests == draw(PHOTOS, 2000, 3) != draw(PHOTOS, 2000, 4)
    counts = Counter(request.endpoint for request in requests)
    assert counts.keys() == SHARES.keys() and sum(SHARES.values()) == 100
    assert all(abs(counts[name] / 20 - share) < 4 for name, share in SHARES.items())
    for setting, values in (("networks", KINDS), ("reference", REFERENCES), ("method", METHODS)):
        assert {asked.settings[setting] for asked in requests if setting in asked.settings} == {*values}
    assert {request.photo for request in requests} == {*PHOTOS}


def test_no_class_is_told_from_itself():
    for request in draw(PHOTOS, 500, 0):
        score = request.settings.get("toward"), request.settings.get("against")
        assert score[0] != score[1] or score == (None, None)
        assert "predicted" not in score or score[1] == "nothing"


def test_variants_differ_and_are_the_same_again(tmp_path):
    picture = tmp_path / "car.png"
    Image.effect_noise((90, 60), 80).convert("RGB").save(picture)
    contents = []
    for name in ("first", "again"):
        (tmp_path / name).mkdir()
        files = variants([picture], 5, tmp_path / name, 0)
        contents.append([file.read_bytes() for file in files])
    assert len(set(contents[0])) == 5 and contents[0] == contents[1]
