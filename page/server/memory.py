"""How the serving process keeps its memory small."""

import ctypes
from contextlib import suppress

ARENA_MAX = -8  # of glibc's mallopt
ARENAS = 2  # as many as cores compute; each keeps for itself what its threads have freed


def share_arenas() -> None:
    """Lets all threads share few of glibc's arenas: by default every one keeps its own free memory.

    Without effect where the C library is another one.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(ARENA_MAX, ARENAS)
