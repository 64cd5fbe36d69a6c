from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from carmodel.network import CLASSES
from carmodel.train.data import Sample
from explain.methods.registry import METHODS
from explain.survey.photo import CONTROLS
from explain.survey.records import Record

NETWORKS = ("75", "100", "average")


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with val/ of three small photos of each class, each one plain grey."""
    folder = tmp_path_factory.mktemp("photos")
    for place, label in enumerate(CLASSES):
        (folder / "val" / label).mkdir(parents=True)
        for number in range(3):
            grey = 10 + 20 * (3 * place + number)
            Image.new("RGB", (40, 40), (grey, grey, grey)).save(folder / "val" / label / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def samples() -> list[Sample]:
    """Four photos of two sources: two sedans, a coupe and a truck."""
    facts = enumerate(((0, "a"), (0, "b"), (1, "a"), (3, "b")))
    return [Sample(Path(f"{number}.jpg"), label, "val", source) for number, (label, source) in facts]


@pytest.fixture(scope="session")
def maps_record() -> Callable[..., Record]:
    """Makes records like those of survey_maps, from the class explained, an area, and a map's value."""
    return _maps_record


def _maps_record(explained: str, deletion: float, density: float = 1.0) -> Record:
    measured = {"explained": explained, "confidence": 0.9, "steps": 1}
    for prefix, shift in (("", 0.0), ("random_", 0.3), ("gaussian_", 0.2)):
        for measure in ("deletion", "insertion"):
            measured[f"{prefix}{measure}"] = deletion + shift
            measured[f"{prefix}{measure}_logit"] = 10 * deletion + shift
    for control in ("random", "gaussian", "both"):
        measured |= {f"beats_{control}_deletion": deletion < 0.5, f"beats_{control}_insertion": False}
    measured |= {"border_share": 0.21, "border_ratio": 0.5}
    rows = tuple(
        {"network": name, "method": method, "gap": deletion / 20 if METHODS[method].complete else None}
        | measured
        | dict.fromkeys(("agreement_rank", "agreement_top"), 0.3 if name == "average" else None)
        for name in NETWORKS
        for method in METHODS
    )
    arrays = {
        "curves": np.full((len(NETWORKS), len(METHODS) + len(CONTROLS), 2, 51), deletion, np.float32),
        "maps": np.full((len(NETWORKS), len(METHODS), 75, 75), density, np.float16),
    }
    return Record(rows, {"curves": 2.0 + deletion}, arrays)
