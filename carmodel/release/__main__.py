"""Makes everything in weights/: `python -m carmodel.release --data CARS MORE --work DIR`.

`--plan` shows the steps, their state and their cost. Test photos are looked at with `--final` alone, once.
`--publish` copies what is in DIR/weights into the project's folder and renews what tests expect of it.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from carmodel.files import write_whole
from carmodel.release.runner import DONE, Places, plan, run_command, run_step, state_of
from carmodel.release.steps import STEPS, Step
from carmodel.train.options import fails_in_a_sentence
from carmodel.train.samples import DataError
from carmodel.weights import WEIGHTS


def chosen(final: bool, others: bool, only: Sequence[str]) -> list[Step]:
    """The steps of a release. Raises DataError for a name in `only` that is none."""
    steps = [step for step in STEPS if (final or not step.final) and (others or "{others}" not in step.reads)]
    names = {step.name for step in steps}
    for name in only:
        if name not in names:
            raise DataError(f"There is no step {name}; there are {', '.join(sorted(names))}.")
    return [step for step in steps if not only or step.name in only]


def publish(work: Path, folder: Path) -> None:
    """Copy all that was made into the folder of weights, and renew what tests expect of it."""
    for path in sorted(path for path in (work / "weights").iterdir() if path.suffix != ".before"):
        write_whole(folder / path.name, path.read_bytes())
    run_command(["tests.golden"])


@fails_in_a_sentence
def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m carmodel.release", description=__doc__.split("\n")[0])
    folder: dict[str, Any] = {"type": Path, "metavar": "DIR"}
    parser.add_argument(
        "--data", **folder, nargs="+", required=True, help="photos; the first folder is measured by"
    )
    parser.add_argument("--others", **folder, nargs="+", default=[], help="pictures without a car, for ood")
    parser.add_argument("--work", **folder, required=True, help="folder for all that is made")
    parser.add_argument("--plan", action="store_true", help="show the steps and stop")
    parser.add_argument("--only", nargs="+", default=[], metavar="STEP", help="steps to run (all)")
    parser.add_argument("--final", action="store_true", help="look at the test photos as well, once")
    parser.add_argument("--publish", action="store_true", help="copy the result into weights/ at the end")
    options = parser.parse_args(arguments)
    folders = [tuple(path.resolve() for path in paths) for paths in (options.data, options.others)]
    places = Places(folders[0], folders[1], options.work.resolve())
    steps = chosen(options.final, bool(options.others), options.only)
    print(plan(steps, places), flush=True)
    if options.plan:
        return
    for step in steps:
        run_step(step, places)
    if options.publish:
        if unfinished := [step.name for step in steps if state_of(step, places) != DONE]:
            raise DataError(f"Nothing was copied: {', '.join(unfinished)} went out of date; run it again.")
        publish(places.work, WEIGHTS)


if __name__ == "__main__":
    sys.exit(main())
