import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from carmodel.memory import ADVICE, NO_MEMORY

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "import sys; from carmodel.apart import run_apart; sys.exit(run_apart('work'))"
RAISES = "def main(): raise {}\n"
ENDS = "import os, signal, sys, time\ndef main():\n    {}\n"
ENDED = f"The command was ended by {{}}, which most often means too little memory: {ADVICE}"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the work is done in place")


@pytest.fixture
def start(tmp_path):
    """Starts a command whose module `work` has this text."""

    def start(text):
        (tmp_path / "work.py").write_text(text)
        path = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
        command, pipe = [sys.executable, "-c", COMMAND], subprocess.PIPE
        return subprocess.Popen(command, env=os.environ | path, stdout=pipe, stderr=pipe, text=True)

    return start


@pytest.fixture
def run(start):
    def run(text):
        process = start(text)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    return run


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        (ENDS.format("print('done'); return 0"), (0, "done\n", "")),
        (ENDS.format("print('é', file=sys.stderr); return 2"), (2, "", "é\n")),
        (ENDS.format("sys.exit(3)"), (3, "", "")),
        (ENDS.format("sys.exit('no')"), (1, "", "no\n")),
        (ENDS.format("os.write(2, b'of a library'); return 0"), (0, "", "")),
    ],
)
def test_what_a_command_does_is_passed_on(run, text, ended):
    assert run(text) == ended


@pytest.mark.parametrize("text", ["1 / 0", RAISES.format("ZeroDivisionError")])
def test_a_fault_is_not_hidden(run, text):
    code, _, err = run(text)
    assert code == 1 and "Traceback" in err and err.splitlines()[-1].startswith("ZeroDivisionError")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("raise MemoryError", NO_MEMORY),
        (RAISES.format("MemoryError"), NO_MEMORY),
        (RAISES.format("RuntimeError('std::bad_alloc')"), NO_MEMORY),
        ("import os; os.write(2, b'giving up'); os._exit(127)", ENDED.format("a library")),
        (ENDS.format("os.abort()"), ENDED.format("SIGABRT")),
        (ENDS.format("os.kill(os.getpid(), signal.SIGSEGV)"), ENDED.format("SIGSEGV")),
        (ENDS.format("os.kill(os.getpid(), signal.SIGKILL)"), ENDED.format("SIGKILL")),
    ],
)
def test_without_memory_there_is_one_sentence(run, text, sentence):
    code, out, err = run(text)
    assert (code, out, err.strip()) == (2, "", sentence)


WAITS = """
import os, signal, sys, time
def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    try:
        print(os.getpid(), flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        return 130
"""


@pytest.mark.parametrize(
    ("sent", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_what_ends_the_command_ends_its_work(start, sent, code):
    process = start(WAITS)
    worker = int(process.stdout.readline())
    assert worker != process.pid
    process.send_signal(sent)
    assert process.communicate(timeout=60) == ("", "") and process.returncode == code
    until = time.monotonic() + 60
    while Path(f"/proc/{worker}").exists():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_command_that_was_stopped_goes_on(start):
    process = start(WAITS.replace("60", "1").replace("return 130", "pass"))
    worker = int(process.stdout.readline())
    for each in (signal.SIGSTOP, signal.SIGCONT):
        os.kill(worker, each)
    assert process.communicate(timeout=60)[1] == "" and process.returncode == 0
