"""Runs the steps of a release: in order, each once, again only where what it reads has changed.

A step leaves a stamp in WORK/stamps with the SHA-256 of what it read. While it runs the stamp says "begun",
so that a step that was stopped goes on from its own checkpoint, and one whose photos or teachers have changed
in the meantime begins anew.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from carmodel.card import read_table
from carmodel.files import name_bytes, write_whole
from carmodel.release.steps import COSTS, Step
from carmodel.train.samples import DataError, read_samples

ROOT = Path(__file__).resolve().parents[2]
DONE, BEGUN, STALE, TO_DO = "done", "begun", "out of date", "to do"


@dataclass(frozen=True)
class Places:
    """The folders of a release: photos, pictures of other things, and work."""

    data: tuple[Path, ...]
    others: tuple[Path, ...]
    work: Path

    def filled(self, texts: Sequence[str]) -> list[str]:
        """Arguments or paths with the folders in place of {data}, {others}, {cars}, {name} and {work}."""
        lists = {"{data}": self.data, "{others}": self.others}
        first = self.data[0]
        single = {"{work}": str(self.work), "{cars}": str(first), "{name}": first.resolve().name}
        filled = []
        for text in texts:
            if text in lists:
                filled += [str(path) for path in lists[text]]
                continue
            for name, value in single.items():
                text = text.replace(name, value)
            filled.append(text)
        return filled

    def paths(self, texts: Sequence[str]) -> list[Path]:
        """Files and folders that a step reads or makes."""
        return [Path(text) for text in self.filled(texts)]


def digest(path: Path) -> str:
    """SHA-256 of a file, a data folder's manifest, or the names and contents of a folder; "" if missing."""
    if (path / "manifest.csv").is_file():
        path = path / "manifest.csv"
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    parts = hashlib.sha256()
    files = sorted(part for part in path.rglob("*") if part.is_file())
    for part in files:
        parts.update(name_bytes(f"{part.relative_to(path)}|{digest(part)}\n"))
    return parts.hexdigest() if files else ""


def stamp_of(step: Step, places: Places) -> Path:
    """Where a step's stamp is."""
    return places.work / "stamps" / f"{step.name.replace(' ', '-').replace(',', '')}.json"


def facts_of(step: Step, places: Places) -> dict[str, object]:
    """What a step's result follows from: its command, without the cache, and what it reads."""
    return {
        "command": list(step.command),
        "reads": {str(path): digest(path) for path in places.paths(step.reads)},
    }


def state_of(step: Step, places: Places) -> str:
    """DONE, BEGUN, STALE or TO_DO."""
    stamp = stamp_of(step, places)
    if not stamp.exists():
        return TO_DO
    table = read_table(stamp)
    facts = facts_of(step, places)
    if any(table.get(name) != value for name, value in facts.items()):
        return STALE
    whole = all(path.exists() for path in places.paths(step.makes))
    return DONE if table.get("state") == DONE and whole else BEGUN


def hours(step: Step, photos: int) -> float:
    """Hours of one CPU core that a step takes, as far as it trains or teaches; 0.0 where nobody measured."""
    milliseconds = sum(COSTS[kind] * (count + passes * photos) for kind, count, passes in step.cost)
    return milliseconds / 3_600_000


def plan(steps: Sequence[Step], places: Places) -> str:
    """A table of all steps: their state, cost and what they are."""
    photos = len(read_samples(places.data, ["train"], unlabelled=True))
    rows = [(step.name, state_of(step, places), hours(step, photos), step.what) for step in steps]
    wide = max(len(name) for name, *_ in rows)
    lines = [f"{'step':{wide}}  {'state':11}  {'core-hours':>10}  what it is"]
    for name, state, cost, what in rows:
        lines.append(f"{name:{wide}}  {state:11}  {f'{cost:.1f}' if cost else '–':>10}  {what}")
    left = sum(cost for _, state, cost, _ in rows if state != DONE)
    lines.append(f"{'all that is left':{wide}}  {'':11}  {left:>10.1f}  of {photos} training photos")
    return "\n".join(lines)


def run_command(command: Sequence[str]) -> None:
    """A command of the project in a process of its own. Raises DataError where it fails."""
    ended = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False)
    if ended.returncode:
        raise DataError(f"python -m {command[0]} failed; the same release goes on from there.")


def _put_aside(path: Path) -> None:
    """What was made of something else gets another name, and takes the place of what had it before."""
    if path.exists():
        aside = path.with_name(f"{path.name}.before")
        shutil.rmtree(aside, ignore_errors=True)
        path.replace(aside)


def run_step(step: Step, places: Places, run: Callable[[Sequence[str]], None] = run_command) -> None:
    """Bring one step up to date. Raises DataError where something that it reads is missing, or it fails."""
    state = state_of(step, places)
    if state == DONE:
        return
    if state == STALE:
        if step.final:
            raise DataError(
                f"{step.name} has been looked at for other networks; the test photos are for one look alone "
                f"(delete {stamp_of(step, places)} to look again)."
            )
        for path in places.paths(step.makes):
            _put_aside(path)
    facts = facts_of(step, places)
    reads: Mapping[str, str] = facts["reads"]  # type: ignore[assignment]
    if missing := [path for path, sha256 in reads.items() if not sha256]:
        raise DataError(f"{step.name} needs {missing[0]}; run the steps before it.")
    stamp = stamp_of(step, places)
    write_whole(stamp, json.dumps({"state": BEGUN, **facts}, indent=1) + "\n")
    if step.command:
        run(places.filled(step.command))
    for source, target in step.copies:
        where = places.paths([source, target])
        write_whole(where[1], where[0].read_bytes())
    write_whole(stamp, json.dumps({"state": DONE, **facts}, indent=1) + "\n")
