import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from carmodel.photo import read_photo
from carmodel.sampling import area_means

FLAT = Image.new("RGB", (64, 48), (200, 100, 50))
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8))
PALETTE = Image.new("P", (40, 40), 1)
PALETTE.putpalette([9, 9, 9, 200, 100, 50, 0, 0, 0])


def encode(image, fmt, **options):
    file = io.BytesIO()
    image.save(file, fmt, **options)
    return file.getvalue()


def assert_colour(photo, colour, tolerance=1e-6):
    """Every pixel of the frame has this colour, given in levels from 0 to 255."""
    expected = torch.tensor(colour).reshape(3, 1, 1) / 255
    assert (photo.frame - expected).abs().max() <= tolerance


# Sources


def test_every_source_gives_the_same_photo(tmp_path):
    data = encode(NOISE, "PNG")
    path = tmp_path / "noise.png"
    path.write_bytes(data)
    read_to_its_end = io.BytesIO(data)
    read_to_its_end.read()
    with path.open("rb") as file:
        sources = (path, str(path), data, bytearray(data), read_to_its_end, file, NOISE, Image.open(path))
        photos = [read_photo(source) for source in sources]
        assert not file.closed
    assert len({photo.digest for photo in photos}) == 1
    assert {(photo.width, photo.height) for photo in photos} == {(90, 60)}


def test_frame_is_float32_rgb_from_0_to_1():
    frame = read_photo(NOISE).frame
    assert frame.shape == (3, 300, 300)
    assert frame.dtype == torch.float32
    assert frame.is_contiguous()
    assert frame.min() >= 0
    assert frame.max() <= 1


def test_digest_tells_frames_apart():
    assert read_photo(FLAT).digest == read_photo(FLAT.copy()).digest
    assert read_photo(FLAT).digest != read_photo(NOISE).digest


@pytest.mark.parametrize("mode", ["RGB", "P", "LA", "RGBA", "I;16"])
def test_pil_image_is_left_as_it_is(mode):
    image = Image.fromarray(np.full((40, 40), 700, np.uint16)) if mode == "I;16" else NOISE.convert(mode)
    image.info["transparency" if mode == "P" else "comment"] = 3
    before = image.tobytes(), image.mode, image.size, dict(image.info)
    read_photo(image)
    assert (image.tobytes(), image.mode, image.size, image.info) == before


# Formats and modes


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF"])
def test_formats(fmt):
    photo = read_photo(encode(FLAT, fmt))
    assert_colour(photo, (200, 100, 50), tolerance=4 / 255 if fmt in ("JPEG", "WEBP", "AVIF") else 1e-6)
    assert (photo.width, photo.height) == (64, 48)


@pytest.mark.parametrize("fmt", ["GIF", "PNG", "WEBP", "TIFF"])
def test_first_frame_of_an_animation(fmt):
    lossless = {"lossless": True} if fmt == "WEBP" else {}
    blue = Image.new("RGB", FLAT.size, (0, 0, 255))
    assert_colour(
        read_photo(encode(FLAT, fmt, save_all=True, append_images=[blue], **lossless)), (200, 100, 50)
    )


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "RGBX", "RGBa", "CMYK", "HSV", "YCbCr", "LAB", "P", "PA"])
def test_colour_modes(mode):
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    if mode == "LAB":
        image = ImageCms.profileToProfile(FLAT, srgb, lab, outputMode="LAB")
    elif mode in ("P", "PA"):
        image = FLAT.quantize(4).convert(mode)
    else:
        image = FLAT.convert("RGBA" if mode == "RGBa" else "RGB").convert(mode)
    assert image.mode == mode
    assert_colour(read_photo(image), (200, 100, 50), tolerance=1.1 / 255)


@pytest.mark.parametrize("mode", ["L", "LA", "La", "I", "F"])
def test_grey_modes(mode):
    grey = Image.new("LA" if mode == "La" else "L", (40, 40), (90, 255) if mode == "La" else 90)
    assert_colour(read_photo(grey.convert(mode)), (90, 90, 90))


def test_black_and_white():
    halves = Image.new("1", (64, 64))
    halves.paste(1, (32, 0, 64, 64))
    frame = read_photo(halves).frame
    assert frame[:, 150, 10].tolist() == [0, 0, 0]
    assert frame[:, 150, 290].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("source", "level"),
    [
        (Image.fromarray(np.full((40, 40), 128 * 257, np.uint16)), 128),
        (encode(Image.fromarray(np.full((40, 40), 128 * 257, np.uint16)), "PNG"), 128),
        (encode(Image.fromarray(np.full((40, 40), 128 * 257, np.uint16)), "TIFF"), 128),
        (Image.frombytes("I;16B", (40, 40), np.full(1600, 128 * 257, ">u2").tobytes()), 128),
        (encode(Image.frombytes("I;16B", (40, 40), np.full(1600, 128 * 257, ">u2").tobytes()), "TIFF"), 128),
        (Image.fromarray(np.full((40, 40), 255, np.uint16)), 1),  # almost black, for white is 65535
        (Image.fromarray(np.full((40, 40), 128 * 257, np.int32)), 128),  # I that holds 16 bits
        (Image.fromarray(np.full((40, 40), 2**30, np.int32)), 255),
        (Image.fromarray(np.full((40, 40), 0.2, np.float32)), 51),
        (Image.fromarray(np.full((40, 40), 51.0, np.float32)), 51),
        (Image.fromarray(np.full((40, 40), 51 * 257.0, np.float32)), 51),
        (Image.fromarray(np.full((40, 40), np.nan, np.float32)), 0),
        (Image.fromarray(np.full((40, 40), np.inf, np.float32)), 0),
        (Image.fromarray(np.full((40, 40), -7, np.float32)), 0),
    ],
)
def test_more_than_8_bits_are_scaled(source, level):
    assert_colour(read_photo(source), (level, level, level))


# Transparency


@pytest.mark.parametrize("fmt", ["PNG", "WEBP", "TIFF", None])
def test_alpha_over_white(fmt):
    image = Image.new("RGBA", (40, 40), (200, 100, 50, 51))  # 20 % opaque
    source = image if fmt is None else encode(image, fmt, **({"lossless": True} if fmt == "WEBP" else {}))
    assert_colour(read_photo(source), (244, 224, 214), tolerance=1.1 / 255)  # 0.2 · colour + 0.8 · 255


@pytest.mark.parametrize("mode", ["LA", "La"])
def test_grey_alpha_over_white(mode):
    assert_colour(read_photo(Image.new("LA", (40, 40), (100, 51)).convert(mode)), (224,) * 3, 1.1 / 255)


@pytest.mark.parametrize(
    ("image", "transparency"),
    [
        (FLAT, (200, 100, 50)),
        (Image.new("L", (40, 40), 7), 7),
        (Image.new("1", (40, 40), 1), 1),
        (PALETTE, 1),
        (PALETTE, b"\xff\x00\xff"),
        (Image.fromarray(np.full((40, 40), 700, np.uint16)), 700),
    ],
    ids=lambda value: getattr(value, "mode", ""),
)
def test_transparent_value_is_white(image, transparency):
    assert_colour(read_photo(encode(image, "PNG", transparency=transparency)), (255, 255, 255))


def test_hidden_colours_do_not_bleed():
    image = Image.new("RGBA", (64, 64), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 32, 64))
    red, green, blue = read_photo(image).frame
    assert (red == 1).all()  # red over white is 1 in the red channel, and green and blue fade alike
    assert torch.equal(green, blue)
    assert green[0, 0] == 0
    assert green[0, 299] == 1


# Orientation and frame

UPRIGHT = np.array(NOISE)
STORED = {  # EXIF orientation -> the array that a file with it holds
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.swapaxes(0, 1),
    6: np.rot90(UPRIGHT),
    7: UPRIGHT[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90(UPRIGHT, -1),
}


@pytest.mark.parametrize("fmt", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation(orientation, fmt):
    exif = Image.Exif()
    exif[0x112] = orientation
    lossless = {"lossless": True} if fmt == "WEBP" else {}
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation]))
    photo = read_photo(encode(stored, fmt, exif=exif, **lossless))
    assert (photo.width, photo.height) == (90, 60)
    assert torch.equal(photo.frame, read_photo(NOISE).frame)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0no exif",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\x63\0\0",  # orientation 99
        b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\2\0\0\0\0016\0\0\0",  # a text
        b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\5\0\0\0\1\0\0\0\xff",  # a fraction that lies outside
    ],
)
def test_broken_exif_is_ignored(exif):
    photo = read_photo(encode(FLAT, "JPEG", exif=exif))
    assert (photo.width, photo.height) == (64, 48)


def test_frame_is_antialiased_and_squashed():
    checkered = np.indices((900, 1200)).sum(0) % 2 * 255
    frame = read_photo(Image.fromarray(checkered.astype(np.uint8))).frame
    assert (frame - 0.5).abs().max() < 0.02
    wide = Image.new("L", (640, 32))
    wide.paste(255, (320, 0, 640, 32))
    frame = read_photo(wide).frame
    assert frame[:, :, :148].max() == 0
    assert frame[:, :, 152:].min() == 1


@pytest.mark.parametrize(("size", "block"), [(75, 4), (100, 3)])
def test_block_means(size, block):
    frames = torch.rand(2, 3, 300, 300, generator=torch.Generator().manual_seed(0))
    expected = frames.double().reshape(2, 3, size, block, size, block).mean((3, 5)).float()
    torch.testing.assert_close(area_means(frames, size), expected)
    torch.testing.assert_close(area_means(frames[1], size), expected[1])
