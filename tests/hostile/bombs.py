"""Pictures of 100 to 400 megapixels in a few kilobytes, and the largest that are still allowed."""

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import ExifTags, Image

LARGE = ((10_000, 10_000), (16_000, 12_500), (20_000, 20_000))  # 100, 200 and 400 megapixels
ALLOWED = (8_000, 5_000)  # 40 megapixels
PIECE = 2**20  # bytes


def bombs() -> Iterator[tuple[str, bytes]]:
    """Names and contents. What says how large it is must be refused; what is just allowed must stay small."""
    for width, height in (*LARGE, ALLOWED):
        size = f"{width}x{height}"
        yield f"grey {size}.png", png(width, height, 1, 0)
        yield f"pages {size}.tiff", tiff(width, height)
        yield f"screen {size}.gif", gif(width, height)
        if width < 16_384:
            yield f"flat {size}.webp", webp(width, height)
    yield f"largest {16_383}.webp", webp(16_383, 16_383)
    yield "colour.png", png(*ALLOWED, 8, 6)
    yield "16 bits.png", png(*ALLOWED, 16, 6)
    yield "deep grey.png", png(*ALLOWED, 16, 0)
    for options in ({}, {"progressive": True}):
        file = io.BytesIO()
        Image.new("RGB", ALLOWED, (90, 120, 30)).save(file, "JPEG", quality=10, subsampling=0, **options)
        yield f"flat {'progressive' if options else 'plain'}.jpg", file.getvalue()
    yield "scans.jpg", scans(file.getvalue(), 4_000)
    yield "ribbon.png", png(32, 1_250_000, 1, 0)
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    for mode, fmt, options in (
        ("RGB", "PNG", {"exif": turned}),
        ("F", "TIFF", {"compression": "tiff_deflate"}),
        ("I", "TIFF", {"compression": "tiff_deflate", "strip_size": 2**30}),
        ("CMYK", "JPEG", {"quality": 10, "exif": turned}),
    ):
        file = io.BytesIO()
        Image.new(mode, (6_000, 4_000)).save(file, fmt, **options)
        yield f"24 megapixels {mode}.{fmt.lower()}", file.getvalue()


def zeros(count: int) -> bytes:
    """So many zero bytes in zlib's format: what a mebibyte is packed into, again and again."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)  # without head and checksum
    piece = packer.compress(bytes(PIECE)) + packer.flush(zlib.Z_FULL_FLUSH)  # refers to nothing before it
    rest = packer.compress(bytes(count % PIECE)) + packer.flush()
    checksum = struct.pack(">HH", count % 65521, 1)  # Adler-32 of zeros
    return b"\x78\xda" + piece * (count // PIECE) + rest + checksum


def png(width: int, height: int, bits: int, colour: int) -> bytes:
    """A black PNG of this bit depth and type of colour (0 grey, 6 RGBA)."""
    row = 1 + width * bits * (4 if colour == 6 else 1) // 8  # bytes, the first says that no filter is used
    pixels = zeros(row * height)
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = (b"IHDR" + header, b"IDAT" + pixels, b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


def tiff(width: int, height: int) -> bytes:
    """A TIFF of one strip of 8-bit grey, deflated."""
    pixels = zeros(width * height)
    fields = {
        256: width,
        257: height,
        258: 8,
        259: 8,
        262: 1,
        273: 122,
        277: 1,
        278: height,
        279: len(pixels),
    }
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields.items())
    return b"II*\0" + struct.pack("<IH", 8, len(fields)) + table + bytes(4) + pixels


def gif(width: int, height: int) -> bytes:
    """A GIF whose screen is this large and whose only frame has one pixel."""
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + screen + b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2D\1\0;"


def webp(width: int, height: int) -> bytes:
    """A lossless WebP of one colour: every prefix code has one symbol, so that a pixel takes no bits."""
    fields = [(width - 1, 14), (height - 1, 14), (0, 1), (0, 3)]  # no alpha, version 0
    fields += [(0, 1), (0, 1), (0, 1)]  # no transform, no colour cache, no meta codes
    fields += [(1, 1), (0, 1), (0, 1), (0, 1)] * 5  # simple code, one symbol, of one bit: 0
    bits = shift = 0
    for value, length in fields:
        bits |= value << shift
        shift += length
    data = b"\x2f" + bits.to_bytes((shift + 7) // 8 + 1, "little")
    data += bytes(len(data) % 2)
    body = b"WEBPVP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def scans(data: bytes, count: int) -> bytes:
    """A progressive JPEG whose last scan comes `count` times: each is another pass over every pixel."""
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]
