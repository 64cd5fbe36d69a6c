"""The long forms: `python -m tests.hostile files`, `page` and `load`. Each prints what it found."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

from tests.hostile.client import classify
from tests.hostile.corpus import corpus, sample
from tests.hostile.load import main as load
from tests.hostile.load import running_page
from tests.hostile.reading import MEGABYTES, SECONDS, is_one_sentence, read


def files(seed: int) -> int:
    """Every file of the corpus through carmodel.photo; returns how many took too long or too much."""
    kinds: Counter[str] = Counter()
    photos = worse = 0
    slowest, largest = (0.0, ""), (0.0, "")
    with tempfile.TemporaryDirectory() as folder:
        for each in corpus(seed):
            path = Path(folder) / each.name.replace("/", "_")
            try:
                path.write_bytes(each.data)
            except OSError:  # a name that no file can have: there is nothing to read at it
                path = Path(folder) / each.name
            found = read(path)
            kinds[each.kind] += 1
            photos += not found.sentence
            slowest = max(slowest, (found.seconds, f"{each.kind}: {each.name}"))
            largest = max(largest, (found.megabytes, f"{each.kind}: {each.name}"))
            if found.seconds > SECONDS or found.megabytes > MEGABYTES:
                worse += 1
                print(f"{each.kind}: {each.name}: {found.seconds:.2f} s, {found.megabytes:.0f} MB")
    print(f"{kinds.total()} files: {photos} photos, {kinds.total() - photos} sentences; {dict(kinds)}")
    print(f"slowest {slowest[0]:.2f} s ({slowest[1]}), largest {largest[0]:.0f} MB ({largest[1]})")
    return worse


def page(count: int) -> int:
    """So many files of the corpus through upload and /classify; returns how many had no good answer."""
    endings: Counter[str] = Counter()
    slowest = (0.0, "")
    worse = 0
    with running_page() as (url, _), httpx.Client(base_url=url, timeout=120) as http:
        for each in sample(count):
            started = time.monotonic()
            status, event, content = classify(http, each.name, each.data)
            slowest = max(slowest, (time.monotonic() - started, f"{each.kind}: {each.name}"))
            endings[f"{status} {event}"] += 1
            good = event == "complete" or (event == "error" and is_one_sentence(content["error"]))
            if not good and not 400 <= status < 500:
                worse += 1
                print(f"{each.kind}: {each.name}: {status} {event} {content}")
    print(f"{count} files through the page: {dict(endings)}; slowest {slowest[0]:.2f} s ({slowest[1]})")
    return worse


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("files", help="every hostile picture through carmodel.photo")
    command.add_argument("--seed", type=int, default=0)
    command = commands.add_parser("page", help="hostile pictures through the running page's HTTP API")
    command.add_argument("--files", type=int, default=240)
    command = commands.add_parser("load", help="1, 4, 16 and 64 users at once")
    command.add_argument("--requests", type=int, default=128, help="for each number of users")
    options = parser.parse_args()
    if options.command == "files":
        return int(files(options.seed) > 0)
    if options.command == "page":
        return int(page(options.files) > 0)
    return int(load(options.requests) > 0)


if __name__ == "__main__":
    sys.exit(main())
