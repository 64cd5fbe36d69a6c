"""Networks of one's own beside those that come along: `python -m carmodel.registry list` and `import`."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from carmodel.card import NAME, Card, WeightsError, brief, read_table
from carmodel.files import shown
from carmodel.network import CLASSES, SIZES
from carmodel.ood import TENSORS
from carmodel.published import NOTES, import_network
from carmodel.weights import REFERENCES, WEIGHTS, available, load


@dataclass(frozen=True)
class NetworkFile:
    """A network in a folder: its card if it can be used, or else a sentence that says why not.

    A name that is none for weights is quoted and short.
    """

    name: str
    card: Card | None
    problem: str = ""


def list_networks(folder: Path = WEIGHTS) -> tuple[NetworkFile, ...]:
    """Every network in a folder, those with both files first; never raises WeightsError.

    Each is loaded to see whether it can be. Also listed are weights without a card, cards without weights,
    and files of PyTorch, which have to be imported first.
    """
    whole = available(folder)
    parts = {path.stem for path in folder.glob("*.safetensors") if path.name not in (REFERENCES, TENSORS)}
    parts |= {path.stem for path in folder.glob("*.json") if _is_card(path)}
    entries = [_entry(name, folder) for name in (*whole, *sorted(parts.difference(whole)))]
    for path in sorted(folder.glob("*.pt")) + sorted(folder.glob("*.pth")):
        reason = (
            f"{brief(path.name)} is a file of PyTorch: convert it with python -m carmodel.registry import."
        )
        entries.append(NetworkFile(brief(path.name), None, reason))
    return tuple(entries)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code: 0, or 2 after one sentence about what does not fit."""
    parser = argparse.ArgumentParser(
        prog="python -m carmodel.registry", description=__doc__.split(":")[0] + "."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("list", help="list the networks in a folder, and what is wrong with them")
    command.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the networks")
    command = commands.add_parser("import", help="convert a state dict of the published code (BGR, [0, 1])")
    command.add_argument("model", type=Path, help="file that torch.save wrote")
    command.add_argument("--size", type=int, choices=SIZES, required=True, help="of the network, in pixels")
    command.add_argument(
        "--classes", nargs=len(CLASSES), choices=CLASSES, default=CLASSES, help="order of the file's outputs"
    )
    command.add_argument("--name", help="of the new files (imported-75 or imported-100)")
    command.add_argument("--out", type=Path, default=WEIGHTS, help="folder to write to")
    options = parser.parse_args(arguments)
    if options.command == "list":
        for entry in list_networks(options.weights):
            print(f"{entry.name}: {entry.problem or 'can be used'}")
        return 0
    try:
        written = import_network(
            options.model, options.size, classes=options.classes, name=options.name, folder=options.out
        )
    except WeightsError as error:
        print(shown(error), file=sys.stderr)
        return 2
    except OSError as error:
        print(shown(f"{options.out} cannot be written: {error.strerror}."), file=sys.stderr)
        return 2
    print("\n".join([f"wrote {shown(written)}", *NOTES]))
    return 0


def _entry(name: str, folder: Path) -> NetworkFile:
    try:
        return NetworkFile(name, load(name, folder)[1])
    except WeightsError as error:
        return NetworkFile(name if NAME.fullmatch(name) else brief(name), None, str(error))


def _is_card(path: Path) -> bool:
    """Whether a file holds a card, damaged or not, rather than another table of the folder."""
    try:
        return {"name", "classes", "sha256"} <= read_table(path).keys()
    except WeightsError:
        return False


if __name__ == "__main__":
    sys.exit(main())
