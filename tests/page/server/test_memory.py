import subprocess
import sys

import gradio as gr
import pytest
from gradio import state_holder
from gradio_client import Client

from explain.cache import size_of
from page.server.memory import ARENAS, keep_small_sessions

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


def test_sessions_hold_states_and_nothing_shown(monkeypatch):
    monkeypatch.setattr(state_holder, "SessionState", state_holder.SessionState)
    keep_small_sessions()
    with gr.Blocks() as page:
        state, count, shown = gr.State([]), gr.Number(), gr.HTML()

        def show(before, number):
            return [*before, number], f"{number:.0f}" * 100_000

        count.submit(show, [state, count], [state, shown], api_name="show")
    page.launch(prevent_thread_lock=True, quiet=True)
    try:
        client = Client(page.local_url, verbose=False)
        assert [len(client.predict(number, api_name="/show")) for number in (1, 2)] == [100_000] * 2
        [session] = page.state_holder.session_data.values()
        assert session[state._id] == [1, 2]
        assert size_of([session.config_values, session.state_data]) < 10_000
    finally:
        page.close()
