"""How the serving process keeps its memory small."""

import ctypes
from contextlib import suppress
from typing import Any

from page.gradio_patches import SessionState, keep_sessions_as

ARENA_MAX = -8  # of glibc's mallopt
ARENAS = 2  # as many as cores compute; each keeps for itself what its threads have freed


def share_arenas() -> None:
    """Lets all threads share few of glibc's arenas: by default every one keeps its own free memory.

    Without effect where the C library is another one.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(ARENA_MAX, ARENAS)


class SmallSession(SessionState):
    """A session of which gradio keeps the states alone.

    It would keep what every part of the page showed last too, megabytes of pictures a session, for the links
    that its own button makes; ours hold settings only.
    """

    def __init__(self, blocks: Any) -> None:  # noqa: ANN401
        super().__init__(blocks)
        self.config_values = {}

    def __setitem__(self, key: int, value: Any) -> None:  # noqa: ANN401
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None: ...

    def _update_value_in_config(self, key: int, value: Any) -> None: ...  # noqa: ANN401


def keep_small_sessions() -> None:
    """Has gradio hold its visitors' sessions as SmallSession."""
    keep_sessions_as(SmallSession)
