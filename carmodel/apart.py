"""A command's work in a process of its own, so that whatever ends it ends in a sentence.

Without memory a library does not always raise an error: it may end the process, and so may the system. A
parent that has loaded next to nothing waits for the one that works, passes on what it is sent, and says what
happened. That needs Linux; elsewhere the work is done in place, and only errors become a sentence.
"""

import ctypes
import importlib
import os
import signal
import sys

from carmodel.memory import ADVICE, NO_MEMORY, wants_memory

PASSED_ON = {signal.SIGINT, signal.SIGTERM}
PR_SET_PDEATHSIG = 1  # of prctl(2): the signal that a process gets when its parent ends


def run_apart(module: str) -> int:
    """Runs `main` of a module and returns its exit code, or 2 after one sentence where memory was wanting."""
    for library in ("OMP", "OPENBLAS"):  # their threads would take memory, and the commands use one each
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    try:
        return _watch(module) if sys.platform == "linux" else importlib.import_module(module).main()
    except Exception as error:
        if not wants_memory(error):
            raise
        print(NO_MEMORY, file=sys.stderr)
        return 2


def _watch(module: str) -> int:
    """Does the work in a process of its own and returns its exit code, or 2 after a sentence."""
    blocked = {*PASSED_ON, signal.SIGHUP, signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    parent, (ended, told) = os.getpid(), os.pipe()
    if not (worker := os.fork()):
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return _work(module, parent, told)
    os.close(told)
    done = status = 0
    while not done:
        sent = signal.sigwaitinfo(blocked)
        if sent.si_signo == signal.SIGCHLD:
            done, status = os.waitpid(worker, os.WNOHANG)  # or it was only stopped, or goes on
        elif sent.si_code <= 0:  # by a process, to this one; what a terminal sends, both of them get
            os.kill(worker, sent.si_signo)
    code = os.waitstatus_to_exitcode(status)
    if -code in blocked:  # somebody ended it: whoever waits for this one shall see the same
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if code >= 0 and os.read(ended, 1):
        return code
    how = "a library" if code >= 0 else signal.Signals(-code).name
    said = f"The command was ended by {how}, which most often means too little memory: {ADVICE}"
    # From the start of the line, where a bar of progress may stand.
    print(f"\r{NO_MEMORY if code == 2 else said}", file=sys.stderr)
    return 2


def _work(module: str, parent: int, told: int) -> int:
    """What the process that works does; it writes into `told` unless it ends for want of memory."""
    real = os.dup(2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries say there without memory is no sentence
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before that
            os._exit(2)
        try:
            work = importlib.import_module(module)
        finally:
            sys.stderr = os.fdopen(real, "w", 1, sys.stderr.encoding, "backslashreplace")
        return work.main()
    except Exception as error:
        if wants_memory(error):
            os._exit(2)  # at once: to tidy up takes memory too, and the parent says why
        raise
    finally:
        os.write(told, b".")
