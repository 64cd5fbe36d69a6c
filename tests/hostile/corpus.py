"""Hostile pictures, the same for the same seed: damaged, disguised, enormous, tiny, odd, badly named."""

import io
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
from PIL import Image

from tests.hostile.bombs import bombs

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")
MODES = (
    *("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV", "LAB"),
    *("I", "F", "I;16", "I;16B", "I;16L", "I;16N"),
)
FLIPS = 45  # damaged copies of each seed
NAMES = (
    "../../../../etc/passwd.jpg",
    "/etc/passwd",
    "..\\..\\windows\\win.ini.jpg",
    "%2e%2e%2f%2e%2e%2fsecret.jpg",
    'quote".jpg',
    "quote'.jpg",
    "back`tick`.jpg",
    "new\nline.jpg",
    "carriage\r\nreturn: 1.jpg",
    "tab\t.jpg",
    "<script>alert(1)</script>.jpg",
    "<img src=x onerror=alert(1)>.png",
    "$(touch owned).jpg",
    "; rm -rf ~.jpg",
    "-rf.jpg",
    ".hidden",
    "..",
    " ",
    "con.jpg",
    "ends with a dot.",
    "car\u202egpj.exe",
    "𝒸𝒶𝓇🚗.jpg",
    "e\u0301\u0301\u0301.jpg",
    "car.jpg.exe",
    "{0.__class__}.jpg",
    "%s%n%x.jpg",
    "n" * 300 + ".jpg",
    "ü" * 300 + ".jpg",
)
NO_PICTURES = {
    "empty.jpg": b"",
    "text.jpg": b"This is no picture.\n" * 50,
    "page.html": b"<!doctype html><title>x</title><script>fetch('//example.org')</script>",
    "page.png": b"<html><body><img src='file:///etc/passwd'></body></html>",
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "entity.svg": b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
    "paper.pdf": b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF",
    "script.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n(/etc/passwd) (r) file\n",
    "archive.zip": b"PK\x03\x04" + bytes(60),
    "program.jpg": b"\x7fELF\x02\x01\x01" + bytes(200),
    "code.png": b"\x80\x04\x95\x1b\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    "zeros.bmp": bytes(5000),
    "ones.tiff": b"\xff" * 5000,
    "icon.ico": b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0",
    "movie.mp4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(100),
    "photo.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
}
BROKEN_EXIF = (
    b"",
    b"Exif\0\0",
    b"Exif\0\0no exif",
    b"Exif\0\0II*\0\xff\xff\xff\xff",
    b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\x63\0\0",  # orientation 99
    b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\2\0\0\0\0016\0\0\0",  # orientation is a text
    b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\5\0\0\0\1\0\0\0\xff",  # a fraction outside the file
    b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(40),  # 65,535 entries
    b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08",  # a table that holds itself
)


@dataclass(frozen=True)
class Hostile:
    """A file to try: what is wrong with it, its name as a browser would send it, and what is in it."""

    kind: str
    name: str
    data: bytes


@cache
def corpus(seed: int) -> tuple[Hostile, ...]:
    """More than 2,000 files, of every kind that this module knows."""
    return (
        *chain(_truncated(), _flipped(seed), _disguised(), _shapes(), modes(), metadata(), _animated()),
        *(Hostile("no picture", name, data) for name, data in NO_PICTURES.items()),
        *(Hostile("name", name, seeds()["JPEG RGB"]) for name in NAMES),
        *(Hostile("bomb", name, data) for name, data in bombs()),
    )


def sample(count: int, seed: int = 0) -> list[Hostile]:
    """`count` files of the corpus, of every kind in turn."""
    kinds: dict[str, list[Hostile]] = {}
    for each in corpus(seed):
        kinds.setdefault(each.kind, []).append(each)
    chance = random.Random(seed)
    for files in kinds.values():
        chance.shuffle(files)
    turns = (files[turn] for turn in range(count) for files in kinds.values() if turn < len(files))
    return [each for each, _ in zip(turns, range(count), strict=False)]


def encode(image: Image.Image, fmt: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, fmt, **options)
    return file.getvalue()


@cache
def picture(width: int = 64, height: int = 48, seed: int = 0) -> Image.Image:
    """A smooth picture with some noise, so that every format has something to store."""
    noise = np.random.default_rng(seed).normal(0, 12, (height, width, 3))
    ramp = np.linspace(0, 255, width)[None, :, None] * np.linspace(0.2, 1, height)[:, None, None]
    return Image.fromarray((ramp + noise).clip(0, 255).astype(np.uint8))


@cache
def seeds() -> dict[str, bytes]:
    """Good pictures, named by format and mode, which the damaged ones are made of."""
    plain = picture()
    found = {f"{fmt} RGB": encode(plain, fmt) for fmt in FORMATS}
    found |= {f"{fmt} L": encode(plain.convert("L"), fmt) for fmt in ("JPEG", "PNG", "BMP", "TIFF")}
    found |= {f"{fmt} RGBA": encode(plain.convert("RGBA"), fmt) for fmt in ("PNG", "WEBP", "TIFF", "AVIF")}
    found |= {f"{fmt} P": encode(plain.quantize(16), fmt) for fmt in ("PNG", "BMP", "TIFF")}
    deep = plain.convert("I").point(lambda value: value * 257).convert("I;16")
    found |= {f"{fmt} I;16": encode(deep, fmt) for fmt in ("PNG", "TIFF")}
    found["TIFF F"] = encode(plain.convert("F"), "TIFF")
    found["JPEG CMYK"] = encode(plain.convert("CMYK"), "JPEG")
    found["JPEG progressive"] = encode(plain, "JPEG", progressive=True)
    found |= {
        f"TIFF {way}": encode(plain, "TIFF", compression=way)
        for way in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits")
    }
    found["TIFF group4"] = encode(plain.convert("1"), "TIFF", compression="group4")
    found["WEBP lossless"] = encode(plain, "WEBP", lossless=True)
    return found


def with_checksums(data: bytes) -> bytes:
    """A PNG with the right checksums again, so that what is in its chunks is looked at; else `data`."""
    if not data.startswith(b"\x89PNG"):
        return data
    mended, place = bytearray(data), 8
    while place + 12 <= len(mended):
        end = place + 8 + int.from_bytes(mended[place : place + 4], "big")
        if end + 4 > len(mended):
            break
        mended[end : end + 4] = struct.pack(">I", zlib.crc32(mended[place + 4 : end]))
        place = end + 4
    return bytes(mended)


def _truncated() -> Iterator[Hostile]:
    for name, data in seeds().items():
        for percent in range(5, 100, 5):
            yield Hostile("truncated", f"{name} {percent}.jpg", data[: len(data) * percent // 100])


def _flipped(seed: int) -> Iterator[Hostile]:
    chance = random.Random(seed)
    for name, data in seeds().items():
        for number in range(FLIPS):
            damaged = bytearray(data)
            for _ in range(chance.choice((1, 4, 16, 64))):
                damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
            yield Hostile("flipped", f"{name} {number}.png", bytes(damaged))


def _disguised() -> Iterator[Hostile]:
    for fmt in FORMATS:
        for ending in ("jpg", "png", "webp", "gif", "tiff", "txt", "html", "svg", "exe", ""):
            yield Hostile("wrong extension", f"car.{ending}", seeds()[f"{fmt} RGB"])
    for head in FORMATS:
        for body in FORMATS:
            if head != body:
                joined = seeds()[f"{head} RGB"][:40] + seeds()[f"{body} RGB"]
                yield Hostile("two formats", f"{head} {body}.jpg", joined)


def _shapes() -> Iterator[Hostile]:
    for width, height in ((1, 1), (1, 20_000), (20_000, 1), (31, 32), (32, 16_000)):
        image = Image.new("RGB", (width, height), (90, 120, 30))
        for fmt in FORMATS:
            if fmt != "WEBP" or max(width, height) < 16_384:
                yield Hostile("shape", f"{width}x{height}.{fmt.lower()}", encode(image, fmt))


def modes() -> Iterator[Hostile]:
    """Good pictures of every mode in every format that has it."""
    plain = picture()
    for mode in MODES:
        if mode == "LAB":
            image = Image.merge("LAB", plain.split())
        elif mode in ("PA", "La", "RGBa") or mode.startswith("I;"):
            through = {"PA": "P", "La": "LA", "RGBa": "RGBA"}.get(mode, "I")
            image = plain.convert(through).convert(mode)
        else:
            image = plain.convert(mode)
        for fmt in FORMATS:
            try:
                yield Hostile("mode", f"{mode}.{fmt.lower()}", encode(image, fmt))
            except (OSError, ValueError, KeyError):
                continue  # the format has no such mode


def metadata() -> Iterator[Hostile]:
    """Good pictures with broken metadata."""
    profiles = (b"", b"no profile", bytes(128), b"\xff" * 4000, random.Random(1).randbytes(60_000))
    for fmt in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
        for number, profile in enumerate(profiles):
            yield Hostile("ICC", f"{number}.{fmt.lower()}", encode(picture(), fmt, icc_profile=profile))
    for fmt in ("JPEG", "PNG", "WEBP"):
        for number, exif in enumerate(BROKEN_EXIF):
            yield Hostile("EXIF", f"{number}.{fmt.lower()}", encode(picture(), fmt, exif=exif))
    text = zlib.compress(bytes(60_000_000))  # 60 MB of text in 60 kB
    body = b"zTXtkey\0\0" + text
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    good = seeds()["PNG RGB"]
    yield Hostile("text bomb", "text.png", good[:33] + chunk + good[33:])


def _animated() -> Iterator[Hostile]:
    frames = [Image.new("L", (40, 40), number % 256) for number in range(1000)]
    for fmt in ("GIF", "WEBP", "PNG", "TIFF"):
        data = encode(frames[0], fmt, save_all=True, append_images=frames[1:])
        yield Hostile("animation", f"1000.{fmt.lower()}", data)
        yield Hostile("animation", f"1000 cut.{fmt.lower()}", data[: len(data) // 2])
