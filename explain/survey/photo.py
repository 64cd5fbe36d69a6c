"""Everything that a survey measures on one photo, in parts that can be made at different times.

Each of NETWORKS, one network or the average of both, is asked why it named the class that it named. A row of
a record is what one method answered for one of them. How far the two networks agree is measured on their maps
for the ensemble's class, where they answer the same question.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import process_time
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional as F

from carmodel.frame import FRAME
from carmodel.network import SIZES
from carmodel.photo import Photo
from explain.attribution import Attribution, mean
from explain.door import METHODS
from explain.evidence.agreement import Agreement, agreement
from explain.evidence.evidence import Evidence, evidence
from explain.evidence.faithfulness import Faithfulness, control_logits, controls
from explain.evidence.sanity import cascade
from explain.evidence.stability import stability
from explain.explainer import Explainer
from explain.smoothing import DETAILS, at_detail
from explain.survey.records import Record, Row
from explain.target import Target

AVERAGE = "average"
NETWORKS = (*map(str, SIZES), AVERAGE)
CONTROLS = ("random", "gaussian")
ORDERS = (*METHODS, *CONTROLS)  # of the cells, that curves are of
CELLS = 75  # on a side of the maps that are kept, 4 px of the frame each


def survey_maps(explainer: Explainer, photo: Photo) -> Record:
    """Whether maps add up, how faithful they are, where they lie, and whether the two networks agree.

    Arrays: "curves" (networks, orders, 2, points), probabilities under deletion and insertion; "maps"
    (networks, methods, 75, 75), |map| as shown, as a density whose mean is 1.
    """
    seconds: defaultdict[str, float] = defaultdict(float)
    predictions = explainer.classify(photo).predictions
    targets = {name: Target(predictions[name].verdict) for name in NETWORKS}
    answers, agreed = {}, {}
    for method in METHODS:
        with _timed(seconds, f"map, {method}"):
            for name in NETWORKS[:-1]:
                with _timed(seconds, f"map, {method}, {name}"):  # kept by the explainer for those below
                    _maps(explainer, photo, method, targets[AVERAGE], [name])
            both = _maps(explainer, photo, method, targets[AVERAGE])
            answers[method] = {AVERAGE: mean(list(both.values()))}
            for name, same_question in both.items():
                own = targets[name] == targets[AVERAGE]
                answers[method][name] = (
                    same_question if own else _maps(explainer, photo, method, targets[name], [name])[name]
                )
        with _timed(seconds, "agreement"):
            agreed[method] = agreement(*_shown(both).values())
    rows, curves, densities = [], [], []
    shared: dict[int, Tensor] = {}
    for name in NETWORKS:
        networks = list(explainer.networks.values()) if name == AVERAGE else explainer.networks[name]
        with _timed(seconds, "controls"):
            if name == str(max(SIZES)):  # whose pixels are the average's cells too
                shared[max(SIZES)] = control_logits(explainer.networks[name], photo.frame, max(SIZES))
            against = controls(networks, photo.frame, targets[name], known=shared)
        found = []
        for method in METHODS:
            attribution = answers[method][name]
            with _timed(seconds, "curves"):
                known = evidence(networks, photo.frame, attribution, against=against)
            row = _row(name, attribution, known, agreed[method] if name == AVERAGE else None)
            rows.append(row | {"confidence": predictions[name].confidence})
            found.append(known.faithfulness)
            densities.append(_density(*_shown({name: attribution}).values()))
        curves.append([_points(each) for each in (*found, against.random, against.gaussian)])
    arrays = {
        "curves": torch.tensor(curves).numpy(),
        "maps": torch.stack(densities).unflatten(0, (len(NETWORKS), len(METHODS))).half().numpy(),
    }
    return Record(tuple(rows), seconds, arrays)


def survey_stability(explainer: Explainer, photo: Photo) -> Record:
    """Max-sensitivity of every method on both networks; None where a map that is zero does not stay so."""

    def measure(name: str, method: str, target: Target) -> Row:
        references = explainer.references if method == "shap" else None
        found = stability(explainer.networks[name], photo.frame, target, method, references=references)
        return {"stability": found if math.isfinite(found) else None}

    return _each(explainer, photo, "stability", measure)


def survey_sanity(explainer: Explainer, photo: Photo) -> Record:
    """Rank correlation with the original map while the layers of both networks are randomised."""

    def measure(name: str, method: str, target: Target) -> Row:
        references = explainer.references if method == "shap" else None
        steps = cascade(explainer.networks[name], photo.frame, target, method, references=references)
        row: Row = {}
        for step in steps:
            if step.layer:
                row[f"sanity_{step.layer}"] = step.rank_correlation
                row[f"sanity_absolute_{step.layer}"] = step.absolute_rank_correlation
        return row

    return _each(explainer, photo, "sanity", measure)


PARTS: Mapping[str, Callable[[Explainer, Photo], Record]] = MappingProxyType(
    {"maps": survey_maps, "stability": survey_stability, "sanity": survey_sanity}
)


def _each(
    explainer: Explainer, photo: Photo, part: str, measure: Callable[[str, str, Target], Row]
) -> Record:
    """The rows that `measure` makes of each single network and method."""
    seconds: defaultdict[str, float] = defaultdict(float)
    predictions = explainer.classify(photo).predictions
    rows: list[Row] = []
    for name in map(str, SIZES):
        for method in METHODS:
            with _timed(seconds, f"{part}, {method}"):
                facts: Row = {"network": name, "method": method}
                rows.append(facts | measure(name, method, Target(predictions[name].verdict)))
    return Record(tuple(rows), seconds)


def _maps(
    explainer: Explainer,
    photo: Photo,
    method: str,
    target: Target,
    networks: Sequence[str] = NETWORKS[:-1],
) -> dict[str, Attribution]:
    *_, maps = explainer.refine(photo, method, target, networks=networks)
    return maps


def _shown(maps: Mapping[str, Attribution]) -> dict[str, Attribution]:
    return at_detail(maps, DETAILS[0])


def _row(network: str, attribution: Attribution, known: Evidence, agreed: Agreement | None) -> Row:
    areas: dict[str, float] = {}
    curves = {"": known.faithfulness} | {f"{name}_": getattr(known.controls, name) for name in CONTROLS}
    for prefix, found in curves.items():
        for measure in ("deletion", "insertion"):
            curve = getattr(found, measure)
            areas |= {f"{prefix}{measure}": curve.area, f"{prefix}{measure}_logit": curve.logit_area}
    beats: dict[str, bool] = {}
    for name in CONTROLS:
        beats[f"beats_{name}_deletion"] = areas["deletion"] < areas[f"{name}_deletion"]
        beats[f"beats_{name}_insertion"] = areas["insertion"] > areas[f"{name}_insertion"]
    return {
        "network": network,
        "method": attribution.method,
        "explained": attribution.target.label,
        "gap": attribution.gap,
        "steps": attribution.steps,
        **areas,
        **beats,
        "beats_both_deletion": known.beats.deletion,
        "beats_both_insertion": known.beats.insertion,
        "border_share": known.border.attribution,
        "border_ratio": known.border.ratio,
        "agreement_rank": agreed.rank_correlation if agreed else None,
        "agreement_top": agreed.overlap if agreed else None,
    }


def _points(found: Faithfulness) -> tuple[tuple[float, ...], ...]:
    return found.deletion.probabilities, found.insertion.probabilities


def _density(attribution: Attribution) -> Tensor:
    """|map| (75, 75) with mean 1; zeros for a map that is zero everywhere."""
    cells = F.avg_pool2d(attribution.map.abs()[None], FRAME // CELLS)[0]
    return cells / cells.mean().clamp(min=torch.finfo(cells.dtype).tiny)


@contextmanager
def _timed(seconds: defaultdict[str, float], name: str) -> Iterator[None]:
    """Adds the CPU time of this process that a block takes, whatever else the machine is doing."""
    started = process_time()
    yield
    seconds[name] += process_time() - started
