"""What the endpoints answer: the table of report.json, its part without maps, or what tests found."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import cast

from carmodel.photo import Photo
from explain.evidence.agreement import agreements, least_alike
from explain.evidence.evidence import Evidence, verdict
from explain.evidence.faithfulness import Faithfulness
from explain.explainer import Explainer
from explain.methods.lanes import NoMapError
from explain.networks import Network
from explain.report.agreement import sentence
from explain.report.cards import card_row
from explain.report.report import as_table, map_table, photo_table, prediction_table, report_of
from explain.request import ExplanationRequest, Settings, finished_maps, request
from page.api.answer_types import (
    AgreementAnswer,
    AreasAnswer,
    BeatsAnswer,
    BorderAnswer,
    Classified,
    Compared,
    EvidenceAnswer,
    Examined,
    Explained,
)
from page.evidence import Evidences

PREDICTION = (
    "photo",
    "networks",
    "predictions",
    "cue",
    "mode",
    "sentence",
)  # keys of the table that need no map


def classify(explainer: Explainer, name: str, photo: Photo, settings: Settings) -> Classified:
    """What networks and ensembles say; the sentence is that of the ensemble asked for."""
    table = as_table(report_of(explainer, name, request(explainer, photo, settings), {}))
    return cast(Classified, {key: table[key] for key in PREDICTION})


def explain(
    explainer: Explainer, name: str, photo: Photo, settings: Settings, engine: str | None = None
) -> Explained:
    """The whole table. Raises RequestError."""
    asked = request(explainer, photo, settings, engine)
    return cast(Explained, as_table(report_of(explainer, name, asked, finished_maps(explainer, asked))))


def compare(networks: Mapping[str, Network], name: str, method: str, asked: ExplanationRequest) -> Compared:
    """What each network says, the figures of its map, and how far the maps agree as the page shows them."""
    maps, missing = {}, {}
    for network, member in networks.items():
        try:
            *_, maps[network] = member.refine(asked.photo, method, asked)
        except NoMapError as error:
            missing[network] = str(error)
    titles = {network: (member.title, "") for network, member in networks.items()}
    row = card_row(maps, asked.photo, asked.smoothing, asked.tolerance, titles)
    smoothed_maps = {network: card.shown for network, card in row.cards.items()}
    matrix = agreements(smoothed_maps)
    agreement: dict[str, dict[str, AgreementAnswer]] = {network: {} for network in maps}
    for (first, second), agreed in matrix.items():
        agreement[first][second] = agreement[second][first] = cast(AgreementAnswer, asdict(agreed))
    answer = {
        "photo": photo_table(name, asked.photo),
        "method": method,
        "target": asked.target.label,
        "tolerance": asked.tolerance,
        "detail": asked.smoothing,
        "networks": {
            network: {
                "size": member.card.size,
                "sha256": member.card.sha256,
                **prediction_table(member.classify(asked.photo)),
                "map": map_table(row.cards[network])
                | {"scale": row.scale, "description": row.cards[network].alt}
                if network in maps
                else None,
            }
            for network, member in networks.items()
        },
        "missing": missing,
        "agreement": agreement,
        "differ_most": {
            "networks": least_alike(matrix) if matrix else None,
            "sentence": sentence(smoothed_maps, matrix),
        },
    }
    return cast(Compared, answer)


def evidence(
    explainer: Explainer, evidences: Evidences, name: str, photo: Photo, settings: Settings
) -> Examined:
    """What tests find about every method's map of the networks and, if it is asked for, of their average.

    Raises RequestError.
    """
    asked = request(explainer, photo, settings)
    rows = finished_maps(explainer, asked)
    *_, tests = evidences.test(explainer, asked, rows)
    table = as_table(report_of(explainer, name, asked, rows))
    answer = {key: table[key] for key in ("photo", "mode", "target", "tolerance", "detail", "missing")} | {
        "evidence": {
            f"{method}_{network}": test and _evidence(test)
            for network, row in tests.items()
            for method, test in row.items()
        }
    }
    return cast(Examined, answer)


def _evidence(test: Evidence) -> EvidenceAnswer:
    return {
        "areas": _areas(test.faithfulness),
        "random": _areas(test.controls.random),
        "gaussian": _areas(test.controls.gaussian),
        "beats": cast(BeatsAnswer, asdict(test.beats)),
        "border": cast(BorderAnswer, asdict(test.border) | {"ratio": test.border.ratio}),
        "verdict": verdict(test),
    }


def _areas(curves: Faithfulness) -> AreasAnswer:
    return {"deletion": curves.deletion.area, "insertion": curves.insertion.area}
