"""Hostile pictures through carmodel.photo: a sample of them; all by `python -m tests.hostile files`."""

import zlib
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from carmodel.photo import PhotoError, read_photo
from tests.hostile import bombs
from tests.hostile.corpus import FORMATS, MODES, NAMES, corpus, encode, sample, seeds, with_checksums
from tests.hostile.reading import MEGABYTES, SECONDS, TELLTALE, is_one_sentence, read

MAGIC = [data[:12] for data in seeds().values()]
CHANGES = st.lists(  # place (0 first, 1 last byte), bytes taken away, bytes put there
    st.tuples(st.floats(0, 1), st.integers(0, 64), st.binary(max_size=64)), min_size=1, max_size=8
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def assert_within_limits(data):
    found = read(data)
    assert found.seconds < SECONDS
    assert found.megabytes < MEGABYTES
    return found.sentence


def test_sample_of_the_corpus_ends_in_a_photo_or_a_sentence():
    answers = [bool(assert_within_limits(each.data)) for each in sample(100)]
    assert 20 < sum(answers) < 80


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_are_never_in_an_answer(name, tmp_path):
    path = tmp_path / name.replace("/", "_")
    with suppress(OSError):  # too long for a file system
        path.write_bytes(b"no picture")
    sentence = read(path).sentence
    assert sentence.startswith(("This file cannot be read as", "The picture could not be opened"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (bombs.gif(20_000, 20_000), "This picture has 400 megapixels; the limit is 40, so"),
        (
            bombs.webp(16_383, 16_383),
            "This picture has 269 megapixels; the limit is 15 for a file of this kind",
        ),
        (bombs.webp(8_000, 5_000), "This picture has 40 megapixels; the limit is 15 for a file of this kind"),
        (bombs.tiff(10_000, 10_000), "This picture has 100 megapixels"),
        (
            bombs.png(32, 100_000, 1, 0),
            "This picture has 32 × 100000 pixels; please cut it to at most 30,000",
        ),
        (bombs.scans(seeds()["JPEG progressive"], 300), "This JPEG has too many layers"),
    ],
    ids=["gif", "webp", "webp of a size other files may have", "tiff", "ribbon", "scans"],
)
def test_bombs_are_refused_before_they_go_off(data, sentence):
    assert len(data) < 120_000
    found = read(data)
    assert found.sentence.startswith(sentence)
    assert found.megabytes < 5
    assert found.seconds < 0.2


@pytest.mark.parametrize("count", [0, 1, 70_000, 2**20, 3 * 2**20 + 5])
def test_zeros_are_packed_as_zlib_reads_them(count):
    assert zlib.decompress(bombs.zeros(count)) == bytes(count)  # which checks the checksum too


def test_largest_picture_stays_small():
    """40 megapixels of RGBA: the picture alone takes 160 MB, and is not in memory twice."""
    data = bombs.png(*bombs.ALLOWED, 8, 6)
    assert assert_within_limits(data) == ""
    assert read(data).megabytes < 220


def test_progressive_jpeg_keeps_all_coefficients():
    flat = Image.new("RGB", (6_000, 4_200))
    plain = encode(flat, "JPEG", quality=5, subsampling=0)
    assert assert_within_limits(plain) == ""
    many = encode(flat, "JPEG", quality=5, subsampling=0, progressive=True)
    assert assert_within_limits(many).startswith("This picture has 26 megapixels; the limit is 25 for")


@pytest.mark.filterwarnings("ignore")
@QUICK
@given(st.sampled_from([b"", *MAGIC]), st.binary(max_size=400))
def test_any_bytes(head, body):
    read(head + body)


@pytest.mark.filterwarnings("ignore")
@QUICK
@given(st.sampled_from(sorted(seeds())), CHANGES)
def test_any_change_of_a_good_picture(name, changes):
    data = seeds()[name]
    for place, length, new in changes:
        start = int(place * len(data))
        data = data[:start] + new + data[start + length :]
    read(with_checksums(data))


@QUICK
@given(
    st.sampled_from([mode for mode in MODES if mode != "I;16N"]),
    st.integers(1, 200),
    st.integers(1, 200),
    st.integers(0, 9),
    st.integers(0, 2**16),
)
def test_any_image(mode, width, height, orientation, value):
    image = Image.new("L", (width, height), value % 256)
    if mode.startswith("I;"):
        image = Image.new(mode, (width, height), value)
    elif mode in ("La", "RGBa", "PA"):
        image = image.convert({"La": "LA", "RGBa": "RGBA", "PA": "P"}[mode]).convert(mode)
    elif mode == "LAB":
        image = Image.merge("LAB", [image] * 3)
    else:
        image = image.convert(mode)
    image.getexif()[0x112] = orientation
    try:
        photo = read_photo(image)
    except PhotoError as error:
        assert min(width, height) < 32, error
        return
    assert photo.frame.min() >= 0
    assert photo.frame.max() <= 1
    assert (photo.width, photo.height) == ((height, width) if 5 <= orientation <= 8 else (width, height))


@pytest.mark.parametrize("name", [name for name in seeds() if name.startswith("PNG")])
def test_checksums_are_put_right(name):
    png = seeds()[name]
    last = png.index(b"IEND") - 8  # of the chunk before it
    damaged = png[:29] + b"none" + png[33:last] + b"none" + png[last + 4 :]
    assert with_checksums(damaged) == png
    assert with_checksums(png[:50]) == png[:50]
    assert with_checksums(b"none" + png) == b"none" + png


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("This file is empty; please choose another one.", True),
        ("", False),
        ("no full stop", False),
        ("One sentence. Another one.", False),
        ("[Errno 2] /a/folder/x.", False),
        ("This is a ValueError.", False),
        ("Traceback (most recent call last).", False),
    ],
)
def test_what_a_sentence_is(text, holds):
    assert is_one_sentence(text) == holds


def test_corpus_has_every_format_and_many_files():
    files = [each for each in corpus(0) if each.kind not in ("bomb", "animation", "text bomb")]
    assert len(files) > 2_000
    assert all(any(fmt in each.name for each in files) for fmt in FORMATS)
    assert not TELLTALE.search("This picture has only 31 × 100 pixels; please use one with 32.")
