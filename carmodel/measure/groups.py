"""Accuracy by view and by make: from where the car is seen, and who built it.

Views come from a table of a person who looked at the photos, `views.csv` beside this module, with the columns
photo (its path inside its data folder) and view (one of VIEWS); photos that it does not name have none. Makes
come from the manifest's make_model, "Audi A5 Coupe 2012".
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from carmodel.metrics import wilson
from carmodel.train.samples import DataError, Sample

TABLE = Path(__file__).with_name("views.csv")
VIEWS = ("front", "front-quarter", "side", "rear-quarter", "rear", "interior/close-up")
TWO_WORDS = ("AM General", "Aston Martin", "Land Rover")
FEW = 10  # photos, below which makes are put together
OTHERS = f"makes with fewer than {FEW} photos"


def read_views(path: Path = TABLE) -> dict[str, str]:
    """Photo -> view. Raises DataError for another table or a view that is none."""
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = csv.DictReader(file)
        if list(rows.fieldnames or ()) != ["photo", "view"]:
            raise DataError(f"{path} needs the columns photo and view.")
        views = {row["photo"]: row["view"] for row in rows}
    for view in views.values():
        if view not in VIEWS:
            raise DataError(f'{path} names the view "{view}"; the views are {", ".join(VIEWS)}.')
    return views


def make_of(make_model: str) -> str:
    """The make in "Land Rover LR2 SUV 2012"; "" where nothing is said."""
    two = next((words for words in TWO_WORDS if make_model.startswith(f"{words} ")), "")
    return two or make_model.partition(" ")[0]


def grouped(samples: Sequence[Sample], views: Mapping[str, str]) -> dict[str, list[str]]:
    """Kind of group, "view" or "make" -> the group (n,) of each photo, "" for none.

    A kind in which no photo has a group is left out.
    """
    makes = [make_of(sample.make_model) for sample in samples]
    groups = {
        "view": [views.get(sample.name, "") for sample in samples],
        "make": [make if not make or makes.count(make) >= FEW else OTHERS for make in makes],
    }
    return {name: rows for name, rows in groups.items() if any(rows)}


def accuracy_by_group(
    probabilities: Mapping[str, Tensor], labels: Tensor, groups: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """For JSON: kind of group -> group -> how many photos it has, and classifier -> accuracy and interval.

    probabilities are logits or probabilities (n, 4) by classifier, labels and groups are (n,).
    """
    right = {name: (rows.argmax(dim=1) == labels) for name, rows in probabilities.items()}
    report: dict[str, Any] = {}
    for kind, rows in groups.items():
        names = [name for name in (*VIEWS, *sorted({*rows} - {*VIEWS})) if name in rows and name]
        chosen = {name: torch.tensor([row == name for row in rows]) for name in names}
        report[kind] = {
            name: {
                "n": int(part.sum()),
                "accuracy": {who: float(hits[part].double().mean()) for who, hits in right.items()},
                "ci95": {who: wilson(int(hits[part].sum()), int(part.sum())) for who, hits in right.items()},
            }
            for name, part in chosen.items()
        }
    return report


def as_lines(report: Mapping[str, Any]) -> list[str]:
    """A table for each kind of group: photos, and each classifier's accuracy."""
    lines = []
    for kind, rows in report.items():
        names = list(next(iter(rows.values()))["accuracy"])
        lines.append(f"{f'by {kind}':36}{'photos':>8}" + "".join(f"{name:>14}" for name in names))
        for group, row in rows.items():
            cells = "".join(f"{row['accuracy'][name]:>14.1%}" for name in names)
            lines.append(f"  {group:34}{row['n']:>8}{cells}")
    return lines
