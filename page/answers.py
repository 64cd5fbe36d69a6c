"""What the endpoints answer: the table of `python -m explain`'s report.json, or its part without maps."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from carmodel.photo import Photo
from explain.attribution import METHODS
from explain.compare import agreements, least_alike
from explain.detail import at_detail
from explain.explainer import Explainer
from explain.members import Member
from explain.report import Report, as_table, map_table, photo_table, prediction_table, row
from explain.target import Target
from explain.words import describe
from page.agreement import finding
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
    table = as_table(_report(explainer, name, photo, Controls(mode), methods=()))
    return {key: table[key] for key in PREDICTION}


def explain(explainer: Explainer, name: str, photo: Photo, controls: Controls) -> dict[str, Any]:
    """The whole table. Raises ControlsError."""
    return as_table(_report(explainer, name, photo, controls, METHODS))


def compare(
    members: Mapping[str, Member], name: str, photo: Photo, method: str, target: Target, controls: Controls
) -> dict[str, Any]:
    """What each network says, the figures of its map, and how far the maps agree as the page shows them."""
    maps = {}
    for network, member in members.items():
        *_, maps[network] = member.refine(photo, method, target, controls.reference, controls.tolerance)
    shown = at_detail(maps, controls.detail)
    matrix = agreements(shown)
    agreement: dict[str, dict[str, Any]] = {network: {} for network in members}
    for (first, second), found in matrix.items():
        agreement[first][second] = agreement[second][first] = asdict(found)
    return {
        "photo": photo_table(name, photo),
        "method": method,
        "target": target.label,
        "tolerance": controls.tolerance,
        "detail": controls.detail,
        "networks": {
            network: {
                "size": member.card.size,
                "sha256": member.card.sha256,
                **prediction_table(member.classify(photo)),
                "map": map_table(maps[network], {}, controls.tolerance)
                | {"description": describe(shown[network])},
            }
            for network, member in members.items()
        },
        "agreement": agreement,
        "differ_most": {"networks": least_alike(matrix), "sentence": finding(shown, matrix)},
    }


def _report(
    explainer: Explainer, name: str, photo: Photo, controls: Controls, methods: tuple[str, ...]
) -> Report:
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
    )
