"""What the commands that work on labelled photos have in common on their command lines."""

import argparse
from pathlib import Path

from carmodel.dataset import RUNS


def photo_options(command: str, description: str) -> argparse.ArgumentParser:
    """The parser of `python -m carmodel.COMMAND` with --data and --cache; the rest is the command's own."""
    parser = argparse.ArgumentParser(prog=f"python -m carmodel.{command}", description=description)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv or class folders")
    parser.add_argument(
        "--cache", type=Path, default=RUNS / "frames", help="folder for cached frames (%(default)s)"
    )
    return parser
