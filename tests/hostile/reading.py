"""Reads a file as the product would and measures what that took."""

import ctypes
import re
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

from carmodel.photo import PhotoError, read_photo

SECONDS, MEGABYTES = 2.0, 300.0  # that one picture may take
# What a visitor must never see: a path, a trace, a class's name, an address in memory.
TELLTALE = re.compile(r"/\w|\\|Traceback|File \"|\w+Error\b|\w+Exception\b|<class|0x[0-9a-f]{4}|\n|PIL|torch")
C = ctypes.CDLL(None)
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Reading:
    """How reading a file ended: `sentence` is that of the PhotoError, "" for a photo."""

    sentence: str
    seconds: float  # of this process's time, which other processes do not lengthen
    megabytes: float  # at the peak, above what there was before; 0 where the system does not tell


def read(source: bytes | Path) -> Reading:
    """Raises whatever is neither a photo nor a PhotoError, and AssertionError for what is no good answer."""
    _memory("VmRSS", reset=True)
    before = _memory("VmRSS")
    started = time.process_time()
    sentence = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of damaged metadata; they go to the log
        try:
            photo = read_photo(source)
            assert photo.frame.shape == (3, 300, 300)
            assert photo.frame.isfinite().all()
            assert photo.frame.min() >= 0
            assert photo.frame.max() <= 1
        except PhotoError as error:
            sentence = str(error)
            assert is_one_sentence(sentence), sentence
    return Reading(sentence, time.process_time() - started, _memory("VmHWM") - before)


def is_one_sentence(text: str) -> bool:
    """Whether a message is one plain sentence that gives nothing away."""
    return text.endswith(".") and text.count(". ") == 0 and not TELLTALE.search(text)


def _memory(name: str, reset: bool = False) -> float:
    """A figure of /proc/self/status in megabytes; `reset` makes the peak begin anew."""
    if not STATUS.exists():
        return 0.0
    if reset:
        if hasattr(C, "malloc_trim"):
            C.malloc_trim(0)  # what was used before would hide what is used now
        CLEAR.write_text("5")
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1000
