"""What the endpoints answer: the table of report.json, its part without maps, or what tests found."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from carmodel.photo import Photo
from explain.door import METHODS
from explain.evidence.agreement import agreements, least_alike
from explain.evidence.evidence import Evidence, verdict
from explain.evidence.faithfulness import Faithfulness
from explain.explainer import Explainer
from explain.networks import Member
from explain.report.report import Report, as_table, map_table, photo_table, prediction_table, row, scale_of
from explain.report.text import describe
from explain.smoothing import at_detail
from explain.target import Target
from page.api.answer_types import (
    AgreementAnswer,
    AreasAnswer,
    Classified,
    Compared,
    EvidenceAnswer,
    Examined,
    Explained,
)
from page.tabs.compare.agreement import finding
from page.tabs.explain.evidence import AVERAGE, Evidences
from page.tabs.explain.stream import Controls

PREDICTION = (
    "photo",
    "networks",
    "predictions",
    "cue",
    "mode",
    "sentence",
)  # keys of the table that need no map


def classify(explainer: Explainer, name: str, photo: Photo, mode: str) -> Classified:
    """What both networks and both ensembles say; the sentence is that of the ensemble `mode`."""
    table = as_table(report(explainer, name, photo, Controls(mode), methods=()))
    return {key: table[key] for key in PREDICTION}


def explain(explainer: Explainer, name: str, photo: Photo, controls: Controls) -> Explained:
    """The whole table. Raises ControlsError."""
    return as_table(report(explainer, name, photo, controls))


def compare(
    members: Mapping[str, Member], name: str, photo: Photo, method: str, target: Target, controls: Controls
) -> Compared:
    """What each network says, the figures of its map, and how far the maps agree as the page shows them."""
    maps = {}
    for network, member in members.items():
        *_, maps[network] = member.refine(photo, method, target, controls.reference, controls.tolerance)
    shown = at_detail(maps, controls.detail)
    matrix = agreements(shown)
    agreement: dict[str, dict[str, AgreementAnswer]] = {network: {} for network in members}
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
                | {"scale": scale_of(shown), "description": describe(shown[network])},
            }
            for network, member in members.items()
        },
        "agreement": agreement,
        "differ_most": {"networks": least_alike(matrix), "sentence": finding(shown, matrix)},
    }


def evidence(
    explainer: Explainer, evidences: Evidences, name: str, photo: Photo, controls: Controls
) -> Examined:
    """What tests find about every method's map of both networks and, if it is asked for, of their average.

    Raises ControlsError.
    """
    made = report(explainer, name, photo, controls)
    maps = {method: {network: row[network] for network in ("75", "100")} for method, row in made.rows.items()}
    subject = controls.subject(photo, made.target)
    *_, found = evidences.test(subject, explainer, maps, controls.mode == AVERAGE, lambda: True)
    table = as_table(made)
    return {key: table[key] for key in ("photo", "mode", "target", "tolerance", "detail")} | {
        "evidence": {
            f"{method}_{network}": known and _evidence(known)
            for network, row in found.items()
            for method, known in row.items()
        }
    }


def _evidence(known: Evidence) -> EvidenceAnswer:
    return {
        "areas": _areas(known.faithfulness),
        "random": _areas(known.controls.random),
        "gaussian": _areas(known.controls.gaussian),
        "beats": asdict(known.beats),
        "border": asdict(known.border) | {"ratio": known.border.ratio},
        "verdict": verdict(known),
    }


def _areas(found: Faithfulness) -> AreasAnswer:
    return {"deletion": found.deletion.area, "insertion": found.insertion.area}


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
