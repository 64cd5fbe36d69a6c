"""What the endpoints answer: the table of `python -m explain`'s report.json, or its part without maps."""

from collections.abc import Sequence
from typing import Any

from carmodel.photo import Photo
from explain.attribution import METHODS
from explain.explainer import Explainer
from explain.report import Report, as_table, row
from page.stream import Controls

PREDICTION = (
    "photo",
    "networks",
    "predictions",
    "cue",
    "mode",
    "sentence",
)  # keys of the table that need no map


def classify(explainer: Explainer, name: str, photo: Photo, mode: str) -> dict[str, Any]:
    """What both networks and both ensembles say; the sentence is that of the ensemble `mode`."""
    table = as_table(report(explainer, name, photo, Controls(mode), methods=()))
    return {key: table[key] for key in PREDICTION}


def explain(explainer: Explainer, name: str, photo: Photo, controls: Controls) -> dict[str, Any]:
    """The whole table. Raises ControlsError."""
    return as_table(report(explainer, name, photo, controls))


def report(
    explainer: Explainer, name: str, photo: Photo, controls: Controls, methods: Sequence[str] = METHODS
) -> Report:
    """The report of a photo whose file has this name. Raises ControlsError."""
    classification = explainer.classify(photo)
    decided_by = classification.predictions[controls.mode].decided_by
    target = controls.target(classification)
    rows = {}
    for method in methods:
        *_, last = explainer.refine(photo, method, target, controls.reference, controls.tolerance)
        rows[method] = row(last, controls.mode, decided_by)
    return Report(
        name=name,
        photo=photo,
        cards=explainer.cards,
        classification=classification,
        mode=controls.mode,
        target=target,
        tolerance=controls.tolerance,
        rows=rows,
        detail=controls.detail,
    )
