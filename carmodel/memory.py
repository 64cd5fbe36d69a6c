"""Which errors are for want of memory, whatever their kind, and what to say of them."""

import errno
import mmap

ADVICE = "close other programs or raise its limit (ulimit -v), then give the same command again."
NO_MEMORY = f"There is not enough memory: {ADVICE}"
SIGNS = ("allocate memory", "bad_alloc", "failed to map segment", "out of memory", "start new thread")
PLENTY = 300_000_000  # bytes: what reading a photo may take, and more than any other step asks for at once


def wants_memory(error: BaseException) -> bool:
    """Whether an error, or one that it came from, is for want of memory.

    Libraries that get none raise errors of any kind: one that comes while there is not PLENTY counts as well.
    """
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, MemoryError) or getattr(link, "errno", None) == errno.ENOMEM:
            return True
        if any(sign in str(link) for sign in SIGNS):
            return True
        link = link.__cause__ or link.__context__
    try:
        mmap.mmap(-1, PLENTY).close()
    except OSError:
        return True
    return False
