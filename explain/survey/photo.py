"""Everything that a survey measures on one photo, in parts that can be made at different times.

Each network, and their average, is asked why it named the class that it named. A row of a record is what
one method answered for one of them. How far the networks agree is measured on their maps for the class that
their average names, where they answer the same question.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import fmean
from time import process_time
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from carmodel.photo import Photo
from carmodel.sampling import area_means
from explain.attribution import Attribution, mean
from explain.classification import AVERAGE
from explain.evidence.agreement import agreements
from explain.evidence.evidence import Evidence, evidence
from explain.evidence.faithfulness import Faithfulness, control_logits, controls
from explain.evidence.sanity import cascade
from explain.evidence.stability import stability
from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.request import missing_columns
from explain.smoothing import SMOOTHINGS, all_smoothed, smoothed
from explain.survey.records import Record, Row
from explain.target import Target

CONTROLS = ("random", "gaussian")
CELLS = 75  # on a side of the maps that are kept, 4 px of the frame each


def survey_maps(explainer: Explainer, photo: Photo) -> Record:
    """Whether maps add up, how faithful they are, where they lie, and whether the networks agree.

    Rows are of each network and then their average, and for each of them of the methods in their order; where
    a method cannot explain a network, "missing" says why. Arrays: "curves" (networks, orders, 2, points),
    probabilities under deletion and insertion, where orders are those of the methods and then of CONTROLS;
    "maps" (networks, methods, 75, 75), |map| as shown, as a density whose mean is 1. What is missing is NaN.
    """
    seconds: defaultdict[str, float] = defaultdict(float)
    predictions = explainer.classify(photo).predictions
    asked = (*explainer.networks, *(name for name in explainer.ensembles if name == AVERAGE))
    targets = {name: Target(predictions[name].verdict) for name in asked}
    common = targets[asked[-1]]
    answers: dict[str, dict[str, Attribution]] = {}
    agreed: dict[str, Row] = {}
    missing: dict[str, dict[str, str]] = {}
    for method in METHODS:
        obstacles = explainer.obstacles(method)
        missing[method] = missing_columns(obstacles, AVERAGE, None, list(explainer.networks))
        able = [name for name in explainer.networks if name not in obstacles]
        if not able:
            continue
        with _timed(seconds, f"map, {method}"):
            for name in able:
                with _timed(seconds, f"map, {method}, {name}"):  # kept by the explainer for those below
                    _maps(explainer, photo, method, common, [name])
            maps = _maps(explainer, photo, method, common, able)
            answers[method] = {
                name: attribution
                if targets[name] == common
                else _maps(explainer, photo, method, targets[name], [name])[name]
                for name, attribution in maps.items()
            }
            if AVERAGE in asked and not obstacles:
                answers[method][AVERAGE] = mean([maps[name] for name in explainer.members])
        with _timed(seconds, "agreement"):
            agreed[method] = _agreement(maps)
    with _timed(seconds, "controls"):
        largest = max(explainer.networks.values(), key=lambda network: network.size)
        # whose pixels are the average's cells too
        shared = {largest.size: control_logits(largest, photo.frame, largest.size)}
    rows, curves, densities = [], [], []
    for name in asked:
        members = explainer.members if name == AVERAGE else (name,)
        networks = [explainer.networks[member] for member in members]
        with _timed(seconds, "controls"):
            against = controls(networks, photo.frame, targets[name], logits=shared)
        measured = []
        for method in METHODS:
            facts: Row = {"network": name, "method": method}
            if reason := missing[method].get(name):
                facts |= {"explained": targets[name].label, "missing": reason}
                rows.append(facts | {"confidence": predictions[name].confidence})
                measured.append(np.full_like(_points(against.random), np.nan))
                densities.append(torch.full((CELLS, CELLS), math.nan))
                continue
            attribution = answers[method][name]
            with _timed(seconds, "curves"):
                tests = evidence(networks, photo.frame, attribution, against=against)
            facts |= _figures(attribution, tests)
            facts |= agreed[method] if name == AVERAGE else dict.fromkeys(agreed[method])
            rows.append(facts | {"confidence": predictions[name].confidence})
            measured.append(_points(tests.faithfulness))
            densities.append(_density(smoothed(attribution, SMOOTHINGS[0]).map))
        curves.append([*measured, _points(against.random), _points(against.gaussian)])
    arrays = {
        "curves": np.array(curves),
        "maps": torch.stack(densities).unflatten(0, (len(asked), len(METHODS))).half().numpy(),
    }
    return Record(tuple(rows), seconds, arrays)


def survey_stability(explainer: Explainer, photo: Photo) -> Record:
    """Max-sensitivity of every method on every network; None where a map that is zero does not stay so."""

    def measure(name: str, method: str, target: Target, references: Tensor) -> Row:
        value = stability(
            explainer.networks[name],
            photo.frame,
            target,
            method,
            references=references,
            engine=explainer.lane(name),
        )
        return {"stability": value if math.isfinite(value) else None}

    return _of_each_network(explainer, photo, "stability", measure)


def survey_sanity(explainer: Explainer, photo: Photo) -> Record:
    """Rank correlation with the original map while the layers of every network are randomised."""

    def measure(name: str, method: str, target: Target, references: Tensor) -> Row:
        steps = cascade(
            explainer.networks[name],
            photo.frame,
            target,
            method,
            references=references,
            engine=explainer.lane(name),
        )
        row: Row = {}
        for step in steps:
            if step.layer:
                row[f"sanity_{step.layer}"] = step.rank_correlation
                row[f"sanity_absolute_{step.layer}"] = step.absolute_rank_correlation
        return row

    return _of_each_network(explainer, photo, "sanity", measure)


PARTS: Mapping[str, Callable[[Explainer, Photo], Record]] = MappingProxyType(
    {"maps": survey_maps, "stability": survey_stability, "sanity": survey_sanity}
)


def _of_each_network(
    explainer: Explainer, photo: Photo, part: str, measure: Callable[[str, str, Target, Tensor], Row]
) -> Record:
    """The rows that `measure` makes of each single network and method that can explain it."""
    seconds: defaultdict[str, float] = defaultdict(float)
    predictions, references = explainer.classify(photo).predictions, explainer.references
    rows: list[Row] = []
    for name in explainer.networks:
        for method in METHODS:
            if name in explainer.obstacles(method):
                continue
            with _timed(seconds, f"{part}, {method}"):
                facts: Row = {"network": name, "method": method}
                rows.append(facts | measure(name, method, Target(predictions[name].verdict), references))
    return Record(tuple(rows), seconds)


def _maps(
    explainer: Explainer, photo: Photo, method: str, target: Target, networks: Sequence[str] | None = None
) -> dict[str, Attribution]:
    """The finished maps of the named networks (all if None)."""
    *_, maps = explainer.refine(photo, method, target, networks=networks)
    return maps


def _agreement(maps: Mapping[str, Attribution]) -> Row:
    """How far maps of networks agree, the mean over every two of them; None of one, and of constant maps."""
    pairs = agreements(all_smoothed(maps, SMOOTHINGS[0])).values()
    ranks = [pair.rank_correlation for pair in pairs if pair.rank_correlation is not None]
    return {
        "agreement_rank": fmean(ranks) if ranks and len(ranks) == len(pairs) else None,
        "agreement_top": fmean(pair.overlap for pair in pairs) if pairs else None,
    }


def _figures(attribution: Attribution, tests: Evidence) -> Row:
    areas: dict[str, float] = {}
    curves = {"": tests.faithfulness} | {f"{name}_": getattr(tests.controls, name) for name in CONTROLS}
    for prefix, both in curves.items():
        for measure in ("deletion", "insertion"):
            curve = getattr(both, measure)
            areas |= {f"{prefix}{measure}": curve.area, f"{prefix}{measure}_logit": curve.logit_area}
    beats: dict[str, bool] = {}
    for name in CONTROLS:
        beats[f"beats_{name}_deletion"] = areas["deletion"] < areas[f"{name}_deletion"]
        beats[f"beats_{name}_insertion"] = areas["insertion"] > areas[f"{name}_insertion"]
    return {
        "explained": attribution.target.label,
        "gap": attribution.gap,
        "steps": attribution.steps,
        **areas,
        **beats,
        "beats_both_deletion": tests.beats.deletion,
        "beats_both_insertion": tests.beats.insertion,
        "border_share": tests.border.attribution,
        "border_ratio": tests.border.ratio,
    }


def _points(both: Faithfulness) -> NDArray[np.float32]:
    """Probabilities under deletion and insertion (2, points)."""
    return np.array([both.deletion.probabilities, both.insertion.probabilities], np.float32)


def _density(map: Tensor) -> Tensor:
    """|map| (75, 75) with mean 1; zeros for a map that is zero everywhere."""
    cells = area_means(map.abs()[None], CELLS)[0]
    return cells / cells.mean().clamp(min=torch.finfo(cells.dtype).tiny)


@contextmanager
def _timed(seconds: defaultdict[str, float], name: str) -> Iterator[None]:
    """Adds the CPU time of this process that a block takes, whatever else the machine is doing."""
    started = process_time()
    yield
    seconds[name] += process_time() - started
