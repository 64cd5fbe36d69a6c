"""Whether two checkouts make the same maps: `python -m benchmarks.same_maps OTHER`.

Runs `python -m explain` of this checkout and of OTHER on every example, with both kinds of networks, and
compares all maps, probabilities, scores and sums. For moves of code that must change no figure.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = 1e-6  # of the largest value of a map, or of 1 for other figures
UNLIKE = ("seconds", "versions", "made_by")  # keys of figures that may differ, or be missing
KINDS = ("final", "baseline")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code: 0, or 1 after a line for each difference."""
    parser = argparse.ArgumentParser("python -m benchmarks.same_maps", description=__doc__)
    parser.add_argument("other", metavar="OTHER", type=Path, help="folder of the other checkout")
    parser.add_argument("--photos", nargs="*", type=Path, help="photos (default: all examples)")
    options = parser.parse_args(arguments)
    photos = options.photos or sorted((ROOT / "examples").glob("*.jpg"))
    worst, count = 0.0, 0
    with TemporaryDirectory() as folder:
        for kind in KINDS:
            for photo in tqdm(photos, kind, disable=None):
                made = [_made(checkout, photo, kind, Path(folder)) for checkout in (ROOT, options.other)]
                for name, apart in differences(*made):
                    worst, count = max(worst, apart), count + (apart > ALLOWED)
                    if apart > ALLOWED:
                        tqdm.write(f"{kind}, {photo.name}: {name} is {apart:.2g} apart")
    print(f"{len(photos)} photos, {len(KINDS)} kinds: at most {worst:.2g} apart, {count} beyond {ALLOWED:g}.")
    return int(count > 0)


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """The name of every figure of either side and how far the two are apart; infinity if one is missing."""
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in ours or name not in theirs:
            yield name, float("inf")
            continue
        one, two = ours[name], theirs[name]
        if isinstance(one, np.ndarray):
            yield name, float(np.abs(one - two).max() / (np.abs(two).max() or 1.0))
        elif isinstance(one, float) and isinstance(two, float):
            yield name, abs(one - two) / max(abs(two), 1.0)
        else:
            yield name, 0.0 if one == two else float("inf")


def _made(checkout: Path, photo: Path, kind: str, folder: Path) -> dict[str, Any]:
    """The maps and figures that a checkout makes of a photo, by name."""
    command = [
        sys.executable,
        "-m",
        "explain",
        str(photo.resolve()),
        "--networks",
        kind,
        "--out",
        str(folder),
    ]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True)
    with np.load(folder / "maps.npz") as maps:
        arrays: dict[str, Any] = dict(maps)
    return arrays | dict(_flat("", json.loads((folder / "report.json").read_text(encoding="utf-8"))))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """The figures of a table in a table, by their path."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            if key not in UNLIKE:
                yield from _flat(f"{name}/{key}", part)
    else:
        yield name, value


if __name__ == "__main__":
    sys.exit(main())
