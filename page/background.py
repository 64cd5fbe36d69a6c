"""Work that may take its time: in threads of its own that step back behind those that make maps."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

THREADS = 2  # for all visitors together
STEP_BACK = 5  # of niceness: about a quarter of a core as long as maps are being made
LOOK_UP = 0.25  # seconds between looks whether the work is still wanted


class Background:
    """Runs jobs behind everything else; the visitor's request merely waits, and can leave at any time."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, "background", initializer=_step_back)

    def run(
        self, jobs: Mapping[str, Callable[[], Any]], still_wanted: Callable[[], bool]
    ) -> Iterator[tuple[str, Future[Any]]]:
        """Each job's name and its future as it comes to an end; returns early once `still_wanted` says no.

        Jobs that have not begun by then never will; one that has goes on, and nobody waits for it.
        """
        futures = {self._threads.submit(job): name for name, job in jobs.items()}
        pending = set(futures)
        while pending:
            done, pending = wait(pending, LOOK_UP, FIRST_COMPLETED)
            if not still_wanted():
                for future in pending:
                    future.cancel()
                return
            yield from ((futures[future], future) for future in done)


def _step_back() -> None:
    with suppress(AttributeError, OSError):  # where the system knows no priorities of threads
        thread = os.PRIO_PROCESS, threading.get_native_id()
        os.setpriority(*thread, max(STEP_BACK, os.getpriority(*thread)))  # it may be further back already
