"""How far maps agree, in words."""

from collections.abc import Mapping

from explain.attribution import Attribution, difference
from explain.evidence.agreement import Agreement, Matrix, least_alike
from explain.report.text import differ, percent, signed

ALIKE = 0.8  # the rank correlation from which two maps count as much the same


def sentence(maps: Mapping[str, Attribution], matrix: Matrix) -> str:
    """Which two of the maps, by the name of their network, differ most, and where; "" of one map."""
    if not matrix:
        return ""
    first, second = least_alike(matrix)
    least = matrix[first, second]
    names = f"{maps[first].network} and {maps[second].network}"
    where = differ(difference(maps[first], maps[second]))
    figures = f"{_correlation(least)}, {percent(least.overlap)} overlap"
    if len(matrix) == 1:
        return f"{names} ({figures}): {where}."
    if (least.rank_correlation or 0.0) >= ALIKE:
        return f"All maps are much alike; even in {names}, which differ most ({figures}), {where}."
    return f"{names} differ most ({figures}): {where}."


def figure(agreement: Agreement) -> str:
    """A rank correlation in print."""
    if agreement.rank_correlation is None:
        return "–"
    return signed(agreement.rank_correlation).removeprefix("+")


def _correlation(agreement: Agreement) -> str:
    if agreement.rank_correlation is None:
        return "one map is the same everywhere"
    return f"rank correlation {figure(agreement)}"
