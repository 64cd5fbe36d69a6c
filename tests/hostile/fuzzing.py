"""A mutation fuzzer for carmodel.photo: damaged copies of good pictures, the same for the same number."""

import random
import struct
import time
import zlib
from collections.abc import Iterator

from tests.hostile.corpus import seeds
from tests.hostile.reading import SECONDS, read

VALUES = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\0\0",
    b"\xff\xff",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
)


def mutated(number: int) -> bytes:
    """The input of this number: one to eight changes to a good picture, or to two of them joined."""
    chance = random.Random(number)
    pictures = list(seeds().values())
    data = bytearray(chance.choice(pictures))
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        place = (
            chance.randrange(len(data)) if chance.random() < 0.5 else chance.randrange(min(len(data), 200))
        )
        length = chance.choice((1, 2, 4, 16, 64))
        match chance.randrange(7):
            case 0:
                data[place] ^= 1 << chance.randrange(8)
            case 1:
                data[place : place + 1] = chance.randbytes(1)
            case 2:
                value = chance.choice(VALUES)
                data[place : place + len(value)] = value
            case 3:
                del data[place : place + length]
            case 4:
                data[place:place] = data[place : place + length] * chance.choice((1, 2, 50))
            case 5:
                other = chance.choice(pictures)
                start = chance.randrange(len(other))
                data[place : place + length] = other[start : start + length]
            case 6:
                value = chance.choice((1, 2, 31, 32, 255, 256, 5000, 65535))
                data[place : place + 4] = struct.pack(chance.choice("<>") + "I", value)
        if not data:
            break
    return _with_checksums(data) if data.startswith(b"\x89PNG") and chance.random() < 0.7 else bytes(data)


def fuzz(seconds: float, first: int = 0) -> Iterator[tuple[int, float, float]]:
    """Reads inputs from number `first` on; yields each number, its seconds and its megabytes.

    Raises what reading raises, with the input's number as a note.
    """
    number, ends = first, time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            found = read(mutated(number))
            assert found.seconds < SECONDS, f"{found.seconds:.1f} s"
        except BaseException as error:
            error.add_note(f"Input number {number}.")
            raise
        yield number, found.seconds, found.megabytes
        number += 1


def _with_checksums(data: bytearray) -> bytes:
    """A PNG whose chunks have the right checksums again, so that what is in them is looked at."""
    place = 8
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        end = place + 8 + length
        if end + 4 > len(data):
            break
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return bytes(data)
