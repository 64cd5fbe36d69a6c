"""How far maps have come that get better step by step, and how often that is drawn."""

import logging
from collections.abc import Mapping

from explain.methods.lanes import NoMapError
from explain.report.text import network_name
from explain.request import MethodMaps
from page.evidence import Found, tested_methods

log = logging.getLogger(__name__)

FAILED = "This could not be computed; the other methods are not affected."
WAITING = "Waiting"
PACE = 0.4  # seconds between pictures of a map that is being refined: more would only be drawn, not seen


def so_far(row: MethodMaps) -> str:
    """How far a method that refines its maps has come; "" for others, which take one step."""
    if not row.method.refines or row.finished:
        return ""
    gap = max(attribution.gap or 0.0 for attribution in row.maps.values())
    steps = max(attribution.steps for attribution in row.maps.values())
    return f"Refining: {steps} steps, gap {100 * gap:.2g} %"


def failure(title: str, error: Exception) -> str:
    """Why a method has no map, for its place: what it cannot do, or that it failed, which is logged."""
    if isinstance(error, NoMapError):
        return str(error)
    log.error("%s failed.", title, exc_info=error)
    return FAILED


def computing(title: str) -> str:
    """What is being computed, of a method or a network with this title."""
    return f"Computing {title} …"


def still_tested(evidence: Found, rows: Mapping[str, MethodMaps]) -> str:
    """Which networks' maps, of those in `rows`, are being tested still; "" once all are done."""
    waiting = [
        network for network, tests in evidence.items() if len(tests) < len(tested_methods(rows, network))
    ]
    names = [network_name(name) if name.isdigit() else "the ensemble" for name in waiting]
    return f"Testing the maps of {', '.join(names)} …" if names else ""
