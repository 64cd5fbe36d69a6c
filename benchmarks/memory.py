"""How much memory the serving process holds over many mixed requests: `python -m benchmarks.memory`."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gradio_client import Client, handle_file
from tqdm import tqdm

from benchmarks import EXAMPLES
from benchmarks.requests import VISIT, Request, draw, variants
from benchmarks.serving import Server, ServingError, serving
from benchmarks.visitor import VisitError, Visitor
from carmodel.train.data import SPLITS, DataError, read_samples
from carmodel.weights import WEIGHTS

MOST = 1200  # MB that the process may hold at any time
AGAIN = 4  # photos whose requests are asked first and, when all others were, again
DESCRIPTION = """Ask the running page for one thing after the other: all endpoints, both kinds of networks,
many settings, visits of the page with its tabs. Prints the memory of its process, and whether it answers in
the end as it did at first."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code: 0, 1 if a limit is passed, 2 after one sentence."""
    parser = argparse.ArgumentParser("python -m benchmarks.memory", description=DESCRIPTION)
    add = parser.add_argument
    add("--requests", type=int, default=1000, help="how many (default: 1000)")
    add("--photos", type=int, default=100, help="of how many photos (default: 100)")
    add("--data", metavar="DIR", type=Path, help="photos: manifest.csv or class folders (default: examples)")
    add("--split", choices=SPLITS, default="train", help="which photos of the data (default: train)")
    add("--every", type=int, default=25, help="requests between two lines (default: 25)")
    add("--seed", type=int, default=0, help="of what is asked (default: 0)")
    add("--port", type=int, default=7930, help="a free port (default: 7930)")
    add("--weights", metavar="DIR", type=Path, default=WEIGHTS, help="folder of weights")
    options = parser.parse_args(arguments)
    try:
        with TemporaryDirectory() as folder, serving(options.port, options.weights) as page:
            photos = _photos(options.data, options.split, options.photos, Path(folder), options.seed)
            few, many = photos[:AGAIN], photos[AGAIN:]
            first = [asked for asked in draw(few, 5 * AGAIN, options.seed) if asked.endpoint != VISIT]
            others = draw(many, max(0, options.requests - 2 * len(first)), options.seed)
            before = [answer for answer, _ in answered(page, first)]
            for count, (_, held) in enumerate(answered(page, tqdm(others, disable=None)), len(first) + 1):
                if not count % options.every:
                    tqdm.write(f"{count:4d} requests: {held:5.0f} MB, at most {page.peak():5.0f} MB so far")
            after = [answer for answer, _ in answered(page, first)]
            most = page.peak()
    except (DataError, ServingError, VisitError) as error:
        print(error, file=sys.stderr)
        return 2
    changed = [request for request, *pair in zip(first, before, after, strict=True) if pair[0] != pair[1]]
    for request in changed:
        print(f"Another answer than before: {request}")
    print(f"Most: {most:.0f} MB of {MOST}. Of {len(first)} answers {len(changed)} were others in the end.")
    return int(most > MOST or bool(changed))


def answered(page: Server, requests: Iterable[Request]) -> Iterator[tuple[Any, float]]:
    """The answer to each request, None for a visit of the page, and the MB that its process holds then."""
    client, visitor = Client(page.url, verbose=False), Visitor(page.url)
    for request in requests:
        if request.endpoint == VISIT:
            answer = visitor.visit(request.photo, request.settings)
        else:
            photo, name = handle_file(request.photo), f"/{request.endpoint}"
            answer = timeless(client.predict(photo, api_name=name, **request.settings))
        yield answer, page.memory()


def timeless(answer: Any) -> Any:  # noqa: ANN401
    """An answer without the seconds that its parts took."""
    if isinstance(answer, dict):
        return {key: timeless(value) for key, value in answer.items() if key != "seconds"}
    return [timeless(item) for item in answer] if isinstance(answer, list) else answer


def _photos(data: Path | None, split: str, count: int, folder: Path, seed: int) -> list[Path]:
    """So many photos of a data set, of all classes, or else made of the examples."""
    if data is None:
        return variants(sorted(EXAMPLES.glob("*.jpg")), count, folder, seed)
    files = [sample.path for sample in read_samples(data, [split])]
    return files[:: max(1, len(files) // count)][:count]


if __name__ == "__main__":
    sys.exit(main())
