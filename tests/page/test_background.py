import os
import sys
import threading
import time

import pytest

from page.background import STEP_BACK, Background


def test_every_job_comes_to_an_end():
    run = Background().run({"a": lambda: 1, "b": lambda: 2}, lambda: True)
    results = {name: job.result() for name, job in run}
    assert results == {"a": 1, "b": 2}


def test_failure_is_in_the_future():
    def fail():
        raise ValueError("no luck")

    [(name, job)] = Background().run({"a": fail}, lambda: True)
    assert name == "a"
    with pytest.raises(ValueError, match="no luck"):
        job.result()


def test_what_is_no_longer_wanted_is_left():
    held, begun, later = threading.Event(), threading.Event(), []

    def hold():
        begun.set()
        held.wait(20)

    holds = iter([True, False])
    started = time.monotonic()
    try:
        run = Background(threads=1).run({"a": hold, "b": lambda: later.append("b")}, lambda: next(holds))
        assert list(run) == []
        assert begun.is_set() and time.monotonic() - started < 10
    finally:
        held.set()
    time.sleep(0.1)
    assert later == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads priorities of their own")
def test_threads_step_back():
    def priority():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    [(_, job)] = Background().run({"a": priority}, lambda: True)
    assert job.result() == max(priority(), STEP_BACK)
