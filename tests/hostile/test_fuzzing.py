"""The fuzzer runs until an answer is bad, and keeps its input. An hour: `python -m tests.hostile.fuzzing`."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

# Looked for, not imported: it would bring libFuzzer into this process.
pytestmark = pytest.mark.skipif(not find_spec("atheris"), reason="atheris is for Linux on x86-64")

# Each answer is measured as it was, but the 200th takes too long.
PATCHED = """
import sys
from dataclasses import replace
from itertools import count
from tests.hostile import fuzzing
numbers, read = count(1), fuzzing.read
fuzzing.read = lambda data: replace(read(data), seconds=3.0 if next(numbers) == 200 else 0.0)
sys.argv[1:] = ["--runs", {runs!r}, "--out", {out!r}]
fuzzing.main()
"""


@pytest.mark.parametrize(("runs", "found"), [("199", 0), ("300", 1)])
def test_runs_until_an_answer_is_bad(tmp_path, runs, found):
    code = PATCHED.format(runs=runs, out=str(tmp_path))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, errors="replace")
    said = run.stdout + run.stderr
    assert (run.returncode != 0) == found, said
    assert ("AssertionError: 3.0 s" in said) == found
    assert (f"Done {runs} runs" in said) == (not found)
    assert len(list(tmp_path.glob("crash-*"))) == found
