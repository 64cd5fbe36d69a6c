"""All that is known about one photo: what networks and an ensemble say of it, and why, as data."""

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any

from carmodel.card import Card
from carmodel.ensemble import Prediction
from carmodel.network import CLASSES
from carmodel.photo import Photo
from explain.attribution import Attribution
from explain.classification import Classification
from explain.explainer import Explainer
from explain.report.cards import CardRow, MapCard, Titles, card_row, column_titles
from explain.report.text import sentence
from explain.request import ExplanationRequest, MethodMaps, column_names
from explain.smoothing import SMOOTHINGS
from explain.target import Target

PACKAGES = ("torch", "captum", "shap", "numpy")  # whose versions may change a map


@dataclass(frozen=True, eq=False)
class Report:
    """A photo, what networks make of it, and why."""

    name: str  # of the photo's file, without folders
    photo: Photo
    cards: Mapping[str, Card]  # of the networks
    classification: Classification
    ensemble: str  # the one shown: "average" or "priority"
    target: Target
    tolerance: float  # the gap allowed, as a fraction
    rows: Mapping[str, Mapping[str, Attribution]]  # method -> column (see `columns_of`) -> map
    smoothing: str = SMOOTHINGS[0]  # of the pictures: the maps themselves are kept pixel by pixel
    missing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # method -> column -> why it has no map

    @cached_property
    def titles(self) -> Titles:
        """What stands over the columns of every row, whether they have a map or not."""
        columns = column_names(list(self.classification.logits), self.ensemble)
        return column_titles(columns, self.classification.predictions[self.ensemble].decided_by)

    @cached_property
    def card_rows(self) -> Mapping[str, CardRow]:
        """Each method's maps as they are to be shown."""
        return {
            method: card_row(columns, self.photo, self.smoothing, self.tolerance, self.titles)
            for method, columns in self.rows.items()
        }


def report_of(
    explainer: Explainer, name: str, asked: ExplanationRequest, rows: Mapping[str, MethodMaps]
) -> Report:
    """The report of a request about a photo whose file has this name; `rows` are its finished maps."""
    return Report(
        name=name,
        photo=asked.photo,
        cards=explainer.cards,
        classification=explainer.classify(asked.photo),
        ensemble=asked.ensemble,
        target=asked.target,
        tolerance=asked.tolerance,
        rows={method: row.columns for method, row in rows.items()},
        smoothing=asked.smoothing,
        missing={method: row.missing for method, row in rows.items()},
    )


def as_table(report: Report) -> dict[str, Any]:
    """A report as a table for JSON: scores in logits, gaps as fractions, scales in logits per frame pixel."""
    photo, classification = report.photo, report.classification
    return {
        "photo": photo_table(report.name, photo),
        "networks": {
            name: {"name": card.name, "sha256": card.sha256, "logits": classification.logits[name].tolist()}
            for name, card in report.cards.items()
        },
        "predictions": {name: prediction_table(says) for name, says in classification.predictions.items()},
        "cue": classification.cue and asdict(classification.cue) | {"car": classification.cue.looks_like_car},
        "mode": report.ensemble,
        "sentence": sentence(classification, report.ensemble),
        "target": report.target.label,
        "tolerance": report.tolerance,
        "detail": report.smoothing,
        "maps": {
            f"{method}_{column}": figures
            for method, row in report.card_rows.items()
            for column, figures in _row(row).items()
        },
        "missing": {
            f"{method}_{column}": reason
            for method, columns in report.missing.items()
            for column, reason in columns.items()
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


def _row(row: CardRow) -> dict[str, dict[str, Any]]:
    """The figures of a row's maps, and of the pictures of them: their scale and where the weight lies."""
    return {
        column: map_table(card) | {"scale": row.scale, "description": card.alt}
        for column, card in row.cards.items()
    }


def map_table(card: MapCard) -> dict[str, Any]:
    """The figures of a map, for JSON; scores in logits, the gap as a fraction."""
    attribution = card.exact
    return {
        "method": attribution.method.name,
        "network": attribution.network,
        "target": attribution.target.label,
        "reference": attribution.reference,
        "score": attribution.score,
        "reference_score": attribution.reference_score,
        "sum": attribution.total,
        "gap": attribution.gap,
        "adds_up": None if attribution.gap is None else not card.failed,
        "steps": attribution.steps,
        "made_by": attribution.made_by,
        "seconds": round(attribution.seconds, 3),
    }
