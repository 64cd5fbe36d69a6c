"""What a survey of many photos found about the maps, read from the folder of weights.

`survey.json` is the file of that name that `python -m explain.survey` writes, `survey-maps.npz` its
`maps.npz`: about 140 kB and 600 kB, however many photos there were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from carmodel.card import Card
from carmodel.network import CLASSES
from explain.classification import AVERAGE
from explain.methods.registry import METHODS
from explain.survey.summary import Interval
from page.results.naming import split_name

FILE, MAPS = "survey.json", "survey-maps.npz"
FIGURES = ("gap", "deletion", "insertion", "beats_both_deletion", "beats_both_insertion", "border_ratio")
GROUPS = ("all", *CLASSES)  # of the mean maps that are shown
MapKey = tuple[str, str, str]  # method, network, group


@dataclass(frozen=True, eq=False)
class Survey:
    """Figures of each method, each the mean over photos, and mean maps.

    `current` is False if the networks were changed since. `seconds` are of CPU time a photo; the network ""
    stands for all together with the average of their maps.
    """

    split: str
    photos: int
    current: bool
    figures: Mapping[str, Mapping[str, Mapping[str, Interval]]]  # network -> method -> one of FIGURES
    gaussian: Mapping[str, Mapping[str, Interval]]  # network -> "deletion", "insertion" of the control
    seconds: Mapping[tuple[str, str], Interval]  # method, network
    maps: Mapping[MapKey, NDArray[np.float32]]  # (75, 75), an even share of |map| being 1; may be empty
    missing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # network -> method -> why no map

    @property
    def is_whole(self) -> bool:
        """Whether there is of every network and method what the sections and the Guide take for granted."""
        rows = [row for methods in self.figures.values() for row in methods.values()]
        return (
            bool(self.networks and self.methods)
            and all(
                methods.keys() | self.missing.get(network, {}).keys() >= {*self.methods}
                for network, methods in self.figures.items()
            )
            and all({"deletion", "beats_both_deletion"} <= row.keys() for row in rows)
            and all((method, "") in self.seconds for method in self.methods)
        )

    @property
    def networks(self) -> list[str]:
        """The single networks, without their average."""
        return [network for network in self.figures if network != AVERAGE]

    @property
    def methods(self) -> list[str]:
        """The methods that were surveyed, of those there are."""
        surveyed = {method for methods in self.figures.values() for method in methods}
        return [method for method in METHODS if method in surveyed]

    @property
    def measured_on(self) -> str:
        """What the figures are means over, in words."""
        earlier = "" if self.current else ", by earlier versions of these networks"
        return f"{self.photos:,} {split_name(self.split)}{earlier}"


def read_survey(folder: Path, cards: Sequence[Card], table: Mapping[str, Any]) -> Survey:
    """The survey in the JSON `table` and the mean maps beside it, if there are any.

    Raises KeyError, TypeError or ValueError for a table that is not a survey's.
    """
    groups = {network: kinds["all"]["all"] for network, kinds in table["networks"].items()}
    digests = {card.name: card.sha256 for card in cards}
    surveyed = table["settings"]["networks_sha256"]
    return Survey(
        split=table["settings"]["split"],
        photos=int(table["photos"]["read"]),
        current=all(digests.get(name) == digest for name, digest in surveyed.items()),
        figures={
            network: {
                method: {name: Interval(**row[name]) for name in FIGURES if name in row}
                for method, row in group["methods"].items()
            }
            for network, group in groups.items()
        },
        gaussian={
            network: {
                name: Interval(**group["controls"]["gaussian"][name]) for name in ("deletion", "insertion")
            }
            for network, group in groups.items()
        },
        seconds={
            (method, network): Interval(**table["seconds"][key])
            for method in METHODS
            for network in (*groups, "")
            if (key := f"map, {method}{f', {network}' if network else ''}") in table["seconds"]
        },
        maps=_maps(folder / MAPS),
        missing=dict(table.get("missing", {})),  # earlier surveys ended where a map was missing
    )


def _maps(path: Path) -> dict[MapKey, NDArray[np.float32]]:
    """The mean maps in a file, by key; none if there is no file or it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name].astype(np.float32) for name in file.files}
    except (OSError, ValueError, BadZipFile, EOFError):
        return {}
    maps = {}
    for name, array in arrays.items():
        method = next((candidate for candidate in METHODS if name.startswith(f"{candidate}_")), "")
        network, _, group = name.removeprefix(f"{method}_").partition("_")
        if method and group in GROUPS and array.ndim == 2 and np.isfinite(array).all():
            maps[method, network, group] = array
    return maps
