import subprocess
import sys

import pytest

from page.server.memory import ARENAS

HEAPS = """
import sys, threading
if sys.argv[1] == "shared":
    from page.server.memory import share_arenas
    share_arenas()
held, gate = [], threading.Barrier(9)
def work():
    held.append([bytes(1000) for _ in range(2000)])
    gate.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[each.start() for each in threads]
gate.wait()
import ctypes
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="arenas are glibc's")
def test_threads_share_few_arenas():
    def arenas(how):
        ran = subprocess.run([sys.executable, "-c", HEAPS, how], capture_output=True, text=True, check=True)
        return ran.stderr.count("Arena ")

    assert arenas("shared") <= ARENAS < arenas("alone")
