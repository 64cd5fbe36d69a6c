"""What carmodel.photo refuses, and how."""

import io
import pickle
import random
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from carmodel.photo import PhotoError, PhotoMemoryError, read_photo

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8))
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")


def encode(image, fmt):
    file = io.BytesIO()
    image.save(file, fmt)
    return file.getvalue()


def png_header(width, height):
    """A PNG that claims this size and holds no pixels."""
    chunks = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", b""), (b"IEND", b"")
    body = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def refusal(source):
    with pytest.raises(PhotoError) as caught:
        read_photo(source)
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            png_header(9000, 9000),
            "This picture has 81 megapixels; the limit is 40, so please make it smaller first.",
        ),
        (png_header(60000, 60000), "This picture has 3600 megapixels; the limit is 40"),
        (Image.new("1", (8000, 5001)), "This picture has 41 megapixels; the limit is 40"),
        (png_header(8000, 5000), "This picture is damaged"),  # 40 megapixels are allowed, but none is there
        (png_header(31, 100), "This picture has only 31 × 100 pixels; please use one with at least 32"),
        (Image.new("L", (100, 31)), "This picture has only 100 × 31 pixels"),
        (bytes(20_000_001), "This file is larger than 20 MB; please make the picture smaller first."),
        (io.BytesIO(bytes(20_000_001)), "This file is larger than 20 MB"),
        (bytes(20_000_000), "This file cannot be read as a picture"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,
)
def test_limits(source, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow's own check of the size must not speak
        assert refusal(source).startswith(message)


def test_smallest_and_largest_photo():
    photo = read_photo(NOISE.resize((32, 32)))
    assert (photo.width, photo.height) == (32, 32)
    photo = read_photo(Image.new("L", (8000, 5000)))
    assert (photo.width, photo.height) == (8000, 5000)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "This file is empty; please choose another one."),
        (b"no picture " * 100, "This file cannot be read as a picture"),
        (encode(NOISE, "EPS"), "This file cannot be read as a picture"),
        (encode(NOISE, "PPM"), "This file cannot be read as a picture"),
        (encode(NOISE, "ICO"), "This file cannot be read as a picture"),
        (b"II*\0\x08\0\0\0\0\0", "This picture is damaged"),
    ],
)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_what_is_no_picture(data, message):
    assert refusal(data).startswith(message)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("fmt", FORMATS)
def test_truncated(fmt):
    data = encode(NOISE, fmt)
    for length in (24, len(data) // 2, len(data) - len(data) // 8):
        assert refusal(data[:length]).startswith("This picture is damaged or incomplete; please")


def test_what_cannot_be_opened(tmp_path):
    class Unreadable(io.RawIOBase):
        def seekable(self):
            return False

    for source in (
        tmp_path / "none.jpg",
        tmp_path,
        f"{tmp_path}/\0",
        None,
        3,
        io.StringIO("text"),
        Unreadable(),
    ):
        message = refusal(source)
        assert message == "The picture could not be opened; please choose a file that exists and may be read."


@pytest.mark.parametrize("error", [SyntaxError, struct.error, RecursionError, KeyError, OSError])
def test_whatever_pillow_raises(error):
    class Broken(Image.Image):
        def load(self):
            raise error("/a/path")

        size = (40, 40)

    assert (
        refusal(Broken()) == "This picture is damaged or incomplete; please save it again or use another one."
    )


class Large(Image.Image):
    size = (40, 40)

    def load(self):
        raise MemoryError


class LargeFile(io.BytesIO):
    def read(self, size=-1):
        raise MemoryError


@pytest.mark.parametrize("source", [Large(), LargeFile()])
def test_want_of_memory_is_no_fault_of_the_picture(source):
    with pytest.raises(PhotoMemoryError, match="not enough memory to read this picture") as caught:
        read_photo(source)
    again = pickle.loads(pickle.dumps(caught.value))  # as between processes
    assert str(again) == str(caught.value)


@pytest.mark.filterwarnings("ignore")
def test_damaged_bytes_give_a_photo_or_a_sentence():
    chance = random.Random(0)
    seeds = [encode(NOISE.resize((32, 32)), fmt) for fmt in FORMATS]
    refused = 0
    for _ in range(400):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 2, 8))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            assert read_photo(bytes(data)).frame.isfinite().all()
        except PhotoError as error:
            refused += 1
            assert str(error).startswith("This ")
            assert str(error).count(".") == 1
    assert 0 < refused < 400


def test_nothing_global_changes():
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)
    read_photo(NOISE)
    refusal(png_header(9000, 9000))
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)) == before
