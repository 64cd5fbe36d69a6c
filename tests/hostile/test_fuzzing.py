"""The fuzzer runs, and stops at what is no good answer. An hour: `python -m tests.hostile.fuzzing`."""

import subprocess
import sys

import pytest

pytest.importorskip("atheris", reason="atheris has wheels for Linux on x86-64 only")

PATCHED = """
import sys
from tests.hostile import fuzzing
fuzzing.SECONDS = {seconds}
sys.argv[1:] = ["--runs", "200", "--out", {out!r}]
fuzzing.main()
"""


def fuzz(tmp_path, seconds):
    code = PATCHED.format(seconds=seconds, out=str(tmp_path))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, errors="replace")


def test_fuzzer_ends_with_0_if_every_answer_is_good(tmp_path):
    run = fuzz(tmp_path, 2.0)
    assert run.returncode == 0, run.stderr
    assert "Done 200 runs" in run.stderr
    assert not list(tmp_path.glob("crash-*"))


def test_fuzzer_keeps_the_input_of_a_bad_answer(tmp_path):
    run = fuzz(tmp_path, 0.0)
    assert run.returncode != 0
    assert "AssertionError: 0.0 s" in run.stderr + run.stdout
    [found] = tmp_path.glob("crash-*")
    assert found.is_file()
