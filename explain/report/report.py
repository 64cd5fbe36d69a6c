"""All that is known about one photo: what both networks and an ensemble say of it, and why, as data."""

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from carmodel.card import Card
from carmodel.ensemble import Prediction
from carmodel.network import CLASSES
from carmodel.photo import Photo
from explain.attribution import Attribution, difference, mean
from explain.explainer import Classification
from explain.report.palette import shared_scale
from explain.report.text import describe, fails, sentence
from explain.smoothing import DETAILS, at_detail
from explain.target import Target

PACKAGES = ("torch", "captum", "shap", "numpy")  # whose versions may change a map


@dataclass(frozen=True, eq=False)
class Report:
    """A photo, what both networks make of it, and why."""

    name: str  # of the photo's file, without folders
    photo: Photo
    cards: Mapping[str, Card]  # of "75" and "100"
    classification: Classification
    mode: str  # the ensemble shown: "average" or "priority"
    target: Target
    tolerance: float  # the gap allowed, as a fraction
    rows: Mapping[str, Mapping[str, Attribution]]  # method -> column (see `row`) -> map
    detail: str = DETAILS[0]  # of the pictures: the maps themselves are kept pixel by pixel


def row(maps: Mapping[str, Attribution], mode: str, decided_by: int | None) -> dict[str, Attribution]:
    """The columns of a method, from the maps of "75" and "100": these two, the ensemble `mode`, and "75-100".

    The average ensemble's map is the mean of the networks' maps; Priority's is that of the network that
    decided. "75-100" is their difference.
    """
    small, large = maps["75"], maps["100"]
    ensemble = mean([small, large]) if decided_by is None else maps[str(decided_by)]
    return {"75": small, "100": large, mode: ensemble, "75-100": difference(small, large)}


def scale_of(columns: Mapping[str, Attribution]) -> float:
    """The one scale of a row's maps, in logits per frame pixel."""
    return shared_scale([each.map for each in columns.values()])


def as_table(report: Report) -> dict[str, Any]:
    """A report as a table for JSON: scores in logits, gaps as fractions, scales in logits per frame pixel."""
    photo, classification = report.photo, report.classification
    return {
        "photo": photo_table(report.name, photo),
        "networks": {
            name: {"name": card.name, "sha256": card.sha256, "logits": classification.logits[name].tolist()}
            for name, card in report.cards.items()
        },
        "predictions": {name: prediction_table(each) for name, each in classification.predictions.items()},
        "cue": classification.cue and asdict(classification.cue) | {"car": classification.cue.looks_like_car},
        "mode": report.mode,
        "sentence": sentence(classification, report.mode),
        "target": report.target.label,
        "tolerance": report.tolerance,
        "detail": report.detail,
        "maps": {
            f"{method}_{column}": figures
            for method, columns in report.rows.items()
            for column, figures in _row(columns, report).items()
        },
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
    }


def photo_table(name: str, photo: Photo) -> dict[str, Any]:
    """A photo, whose file has this name, as a table for JSON."""
    return {"file": name, "width": photo.width, "height": photo.height, "frame_sha256": photo.digest}


def prediction_table(prediction: Prediction) -> dict[str, Any]:
    """What a network or an ensemble says, as a table for JSON."""
    table = {
        "verdict": prediction.verdict,
        "confidence": prediction.confidence,
        "probabilities": dict(zip(CLASSES, prediction.probabilities, strict=True)),
    }
    if prediction.decided_by is not None:
        table |= {"decided_by": prediction.decided_by, "trace": prediction.trace}
    return table


def _row(columns: Mapping[str, Attribution], report: Report) -> dict[str, dict[str, Any]]:
    """The figures of a row's maps, and of the pictures of them: their scale and where the weight lies."""
    shown = at_detail(columns, report.detail)
    pictures = {
        name: {"scale": scale_of(shown), "description": describe(each)} for name, each in shown.items()
    }
    return {
        name: map_table(each, columns, report.tolerance) | pictures[name] for name, each in columns.items()
    }


def map_table(
    attribution: Attribution, columns: Mapping[str, Attribution], tolerance: float
) -> dict[str, Any]:
    """The figures of one of a row's maps, for JSON; scores in logits, the gap as a fraction."""
    return {
        "method": attribution.method,
        "network": attribution.network,
        "target": attribution.target.label,
        "reference": attribution.reference,
        "score": attribution.score,
        "reference_score": attribution.reference_score,
        "sum": attribution.total,
        "gap": attribution.gap,
        "adds_up": None if attribution.gap is None else not fails(attribution, columns, tolerance),
        "steps": attribution.steps,
        "seconds": round(attribution.seconds, 3),
    }
