"""How much memory the serving process holds after many photos: `python -m page.bench.memory --data DIR`."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gradio_client import Client, handle_file
from tqdm import tqdm

from carmodel.dataset import SPLITS, DataError, read_samples
from carmodel.weights import WEIGHTS
from page.bench.serving import Server, ServingError, serving

MOST, GROWTH = 1200, 50  # MB that the process may hold, and may gain over the last four fifths of the photos
DESCRIPTION = "Explain many photos, one after the other, through the running page and print its memory."


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code: 0, 1 if a limit is passed, 2 after one sentence."""
    parser = argparse.ArgumentParser("python -m page.bench.memory", description=DESCRIPTION)
    add = parser.add_argument
    add("--data", metavar="DIR", type=Path, required=True, help="folder with manifest.csv or class folders")
    add("--split", choices=SPLITS, default="train", help="which of its photos (default: train)")
    add("--photos", type=int, default=500, help="how many of them (default: 500)")
    add("--every", type=int, default=25, help="photos between two lines (default: 25)")
    add("--port", type=int, default=7930, help="a free port (default: 7930)")
    add("--weights", metavar="DIR", type=Path, default=WEIGHTS, help="folder of weights")
    options = parser.parse_args(arguments)
    try:
        files = [sample.path for sample in read_samples(options.data, [options.split])]
        files = files[:: max(1, len(files) // options.photos)][: options.photos]  # of all classes
        with serving(options.port, options.weights) as page:
            found = {}
            for count, held in after_each(page, tqdm(files, disable=None)):
                if not count % options.every or count == len(files):
                    found[count] = held
                    tqdm.write(f"{count:4d} photos: {held:5.0f} MB")
    except (DataError, ServingError) as error:
        print(error, file=sys.stderr)
        return 2
    most, growth = max(found.values()), grown(found)
    print(f"Most: {most:.0f} MB of {MOST}. Growth over the last four fifths: {growth:.0f} MB of {GROWTH}.")
    return int(most > MOST or growth > GROWTH)


def after_each(page: Server, files: Iterable[Path]) -> Iterator[tuple[int, float]]:
    """Has each photo explained by all methods and both networks; yields their number and MB held."""
    client = Client(page.url, verbose=False)
    for count, file in enumerate(files, start=1):
        client.predict(handle_file(file), api_name="/explain")
        yield count, page.memory()


def grown(found: dict[int, float]) -> float:
    """MB gained since the first count that is at least a fifth of all photos; found is by count, rising."""
    first = next(count for count in found if count >= max(found) / 5)
    return found[max(found)] - found[first]


if __name__ == "__main__":
    sys.exit(main())
