"""What the commands that work on labelled photos have in common: their options, and how they fail."""

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Protocol

from carmodel.card import WeightsError
from carmodel.files import shown
from carmodel.memory import NO_MEMORY, wants_memory
from carmodel.train.data import RUNS, DataError
from carmodel.train.sampling import Mixture


def photo_options(command: str, description: str) -> argparse.ArgumentParser:
    """The parser of `python -m carmodel.COMMAND` with --data and --cache; the rest is the command's own."""
    parser = argparse.ArgumentParser(prog=f"python -m carmodel.{command}", description=description)
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="folders with manifest.csv or class folders",
    )
    parser.add_argument(
        "--cache", type=Path, default=RUNS / "frames", help="folder for cached frames (%(default)s)"
    )
    return parser


def mixture_options(parser: argparse.ArgumentParser) -> None:
    """--share and --leave-out, for `mixture_of`."""
    parser.add_argument(
        "--share",
        type=_share,
        nargs="+",
        default=[],
        metavar="NAME=SHARE",
        help="of all pictures that are drawn, for a source or the folder of this name; "
        "the photos that are not named have what remains",
    )
    parser.add_argument(
        "--leave-out",
        nargs="+",
        default=[],
        metavar="SOURCE[:LABEL]",
        help="sources, or classes of them, that are never drawn",
    )


def mixture_of(options: argparse.Namespace) -> Mixture:
    """What --share and --leave-out say."""
    return Mixture(dict(options.share), tuple(options.leave_out))


def _share(text: str) -> tuple[str, float]:
    name, _, share = text.rpartition("=")
    try:
        return name, float(share)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=SHARE, as in listings=0.25") from error


class Command(Protocol):
    """A command line: takes the arguments, or those of the process, and returns the exit code."""

    def __call__(self, arguments: Sequence[str] | None = None) -> int: ...


def fails_in_a_sentence(main: Callable[[Sequence[str] | None], None]) -> Command:
    """The command line `main`, which takes the arguments, as one that returns its exit code.

    The code is 0, or 2 after one sentence on stderr about photos or weights that cannot be used, a file that
    cannot be read or written, for want of room or permission, or too little memory. What is printed may hold
    any character, whatever the encoding of the output.
    """

    @wraps(main)
    def command(arguments: Sequence[str] | None = None) -> int:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            main(arguments)
        except (DataError, WeightsError) as error:
            print(shown(error), file=sys.stderr)
            return 2
        except OSError as error:
            place, reason = error.filename or "A file", error.strerror or error
            goes_on = "once it can, the same command goes on from here."
            print(shown(f"{place} cannot be read or written: {reason}; {goes_on}"), file=sys.stderr)
            return 2
        except Exception as error:
            if not wants_memory(error):
                raise
            print(NO_MEMORY, file=sys.stderr)
            return 2
        return 0

    return command
