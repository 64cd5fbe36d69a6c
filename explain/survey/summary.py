"""What a survey found -> what it comes to: each figure's mean over photos with its 95 % interval.

Figures are given for each network and method, of all photos and of groups of them: the class explained, the
source, and whether the network was right. Intervals of means are percentile bootstraps (Efron & Tibshirani
1993), intervals of shares Wilson's scores (1927).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carmodel.metrics import wilson
from carmodel.network import CLASSES
from carmodel.train.data import Sample
from explain.explainer import TOLERANCE
from explain.methods.registry import method_named
from explain.survey.findings import Findings
from explain.survey.photo import CONTROLS
from explain.survey.records import Row

RESAMPLES = 5000
SEED = 0
DIGITS = 5  # significant ones, of every figure in a summary
FACTS = ("number", "class", "source", "network", "method", "explained", "right", "confidence")

# Kind of group -> the group of that kind that a row belongs to.
GROUPS: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {
        "all": lambda row: "all",
        "class": lambda row: str(row["explained"]),
        "source": lambda row: str(row["source"]),
        "verdict": lambda row: "right" if row["right"] else "wrong",
    }
)


@dataclass(frozen=True)
class Interval:
    """The mean over `n` photos and the ends of its 95 % interval."""

    mean: float
    low: float
    high: float
    n: int


def interval(values: Sequence[float]) -> Interval:
    """The interval of the mean of one or more figures, or of the share of True; the same at every call."""
    n = len(values)
    if isinstance(values[0], bool):
        true = sum(map(bool, values))
        return Interval(true / n, *wilson(true, n), n)
    column = np.array(values, dtype=np.float64)
    low, high = np.quantile(_resamples(n) @ column, (0.025, 0.975))
    return Interval(float(column.mean()), float(low), float(high), n)


def summarise(findings: Findings, settings: Mapping[str, Any], photos: Sequence[Sample]) -> dict[str, Any]:
    """The summary, ready for JSON; `photos` are those that were asked for, read or not.

    "networks" → network → kind of group → group → "photos", "right", "controls" and "methods", whose figures
    are intervals; "curves" → network → method or control → "deletion" and "insertion", the mean probability
    at each point; "missing" → network → method → why there are no maps; "seconds" → part → interval of CPU
    time a photo.
    """
    read = {row["number"]: row for row in findings.rows}.values()
    networks = list(dict.fromkeys(network for network, _ in findings.curves))
    curves: dict[str, dict[str, Any]] = {network: {} for network in networks}
    for (network, order), pair in findings.curves.items():
        both = zip(("deletion", "insertion"), _rounded(pair.tolist()), strict=True)
        curves[network][order] = dict(both)
    missing: dict[str, dict[str, str]] = {}
    for row in findings.rows:
        if "missing" in row:
            missing.setdefault(str(row["network"]), {})[str(row["method"])] = str(row["missing"])
    return {
        "settings": dict(settings),
        "photos": {
            "asked": len(photos),
            "read": len(read),
            "classes": {name: sum(row["class"] == name for row in read) for name in CLASSES},
            "sources": {
                name: sum(row["source"] == name for row in read)
                for name in sorted({str(row["source"]) for row in read})
            },
        },
        "networks": {network: _by_group(findings.rows, network) for network in networks},
        "curves": curves,
        "missing": missing,
        "seconds": {name: _figure(spent) for name, spent in findings.seconds.items()},
    }


def _by_group(every: Sequence[Row], network: str) -> dict[str, dict[str, Any]]:
    rows = [row for row in every if row["network"] == network and "missing" not in row]
    kinds: dict[str, dict[str, Any]] = {}
    for kind, group_of in GROUPS.items():
        names = sorted({group_of(row) for row in rows})
        kinds[kind] = {name: _group([row for row in rows if group_of(row) == name]) for name in names}
    return kinds


def _group(rows: Sequence[Row]) -> dict[str, Any]:
    """The figures of some photos and one network."""
    methods = list(dict.fromkeys(str(row["method"]) for row in rows))
    first = [row for row in rows if row["method"] == methods[0]]  # what is the same for all methods
    return {
        "photos": len(first),
        "right": _figure([row["right"] for row in first]),
        "controls": {
            control: {
                measure: _figure([row[f"{control}_{measure}"] for row in first])
                for measure in ("deletion", "insertion", "deletion_logit", "insertion_logit")
            }
            for control in CONTROLS
        },
        "methods": {
            method: _method([row for row in rows if row["method"] == method], method) for method in methods
        },
    }


def _method(rows: Sequence[Row], method: str) -> dict[str, Any]:
    """The figures of one method: every column of `rows` that is not a fact or a control's."""
    columns = dict.fromkeys(name for row in rows for name in row)
    figures: dict[str, Any] = {}
    for name in columns:
        values = [value for row in rows if isinstance(value := row.get(name), int | float)]
        if name in FACTS or name.startswith(CONTROLS) or not values:
            continue
        figures[name] = _figure(values)
        if name == "gap":
            figures["gap_largest"] = _rounded(max(values))
            allowed = method_named(method).allowed_gap(TOLERANCE)
            figures["adds_up"] = _figure([allowed is not None and value <= allowed for value in values])
    return figures


def _figure(values: Sequence[Any]) -> dict[str, float]:
    return {name: _rounded(value) for name, value in asdict(interval(values)).items()}


def _rounded(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_rounded(number) for number in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


@lru_cache(maxsize=8)
def _resamples(n: int) -> NDArray[np.float64]:
    """The weights of n photos in each resample (RESAMPLES, n): how often one was drawn, over n."""
    return np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n
