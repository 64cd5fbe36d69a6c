"""Fuzzing of carmodel.photo by atheris, led by coverage: `python -m tests.hostile.fuzzing --seconds 3600`.

Starts from good pictures, of every mode and with broken metadata. What the readers in Python do (Pillow's
and ours) is followed line by line, so that a change that reaches a new line is kept and changed further.
The first answer that is neither a photo nor one sentence, or takes too long or too much, ends the run with
a trace; its input is kept.
"""

import argparse
import sys
import tempfile
from functools import partial
from itertools import chain
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL", "carmodel"]):
    from tests.hostile.corpus import metadata, modes, seeds, with_checksums
    from tests.hostile.reading import MEGABYTES, SECONDS, read

LONGEST = 20_000  # bytes of an input; short ones are tried more often


def one(data: bytes) -> None:
    """Raises AssertionError, or what reading raised, where an input is not answered as it should be."""
    found = read(data)
    assert found.seconds < SECONDS, f"{found.seconds:.1f} s"
    assert found.megabytes < MEGABYTES, f"{found.megabytes:.0f} MB"


def mutated(data: bytes, longest: int, number: int) -> bytes:
    """libFuzzer's own change; three times in four with a PNG's checksums put right."""
    changed = atheris.Mutate(data, longest)
    return with_checksums(changed) if number % 4 else changed


def main() -> None:
    """Runs the command line; libFuzzer ends the process, with 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.fuzzing", description=__doc__)
    add = partial(parser.add_argument, type=int)
    add("--seconds", default=3600)
    add("--runs", default=-1, help="end after so many inputs (default: by time)")
    add("--seed", default=1)
    add("--out", type=Path, help="folder for what is found (default: a temporary one)")
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp())
    inputs = out / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    odd = (each.data for each in chain(modes(), metadata()))
    for number, data in enumerate(chain(seeds().values(), odd)):
        if len(data) <= LONGEST:
            (inputs / str(number)).write_bytes(data)
    settings = {
        "max_total_time": options.seconds,
        "runs": options.runs,
        "seed": options.seed,
        "max_len": LONGEST,
        "artifact_prefix": f"{out}/",
        "print_final_stats": 1,
        "rss_limit_mb": 0,  # read() looks at each input's own memory
    }
    arguments = [f"-{name}={value}" for name, value in settings.items()]
    atheris.Setup([sys.argv[0], *arguments, str(inputs)], one, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
