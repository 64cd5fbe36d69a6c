"""How far a map can be trusted: the lines under its receipt, and the tests behind them, kept for all."""

import logging
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from explain.attribution import mean
from explain.cache import ABSENT, Cache
from explain.classification import AVERAGE
from explain.evidence.evidence import Evidence, evidence, verdict
from explain.evidence.faithfulness import Controls, control_logits, controls
from explain.explainer import Explainer
from explain.methods.registry import METHODS
from explain.request import ExplanationRequest, MethodMaps
from page.background import Background

log = logging.getLogger(__name__)

FAILED = "This map could not be tested."
DELETION = "Area under the probability while the photo is covered in this map’s order. Small is good."
INSERTION = (
    "Area under the probability while a blurred photo is uncovered in this map’s order. Large is good."
)

# Network, or "average" -> method -> what was found, or None if that failed.
Found = Mapping[str, Mapping[str, Evidence | None]]


def tested_networks(explainer: Explainer, asked: ExplanationRequest) -> list[str]:
    """The networks whose maps are tested, and the average where the ensemble's map is the mean of theirs."""
    average = explainer.members and asked.decided_by is None
    return [*explainer.networks, *([AVERAGE] if average else [])]


def tested_methods(rows: Mapping[str, MethodMaps], network: str) -> list[str]:
    """The methods whose maps of a network, or of the average, are tested: those that have one."""
    return [method for method, row in rows.items() if network not in row.missing]


class Evidences:
    """Tests maps in the background, computing nothing twice; what is found is kept in `cache`."""

    def __init__(self, background: Background, cache: Cache | None = None) -> None:
        self.background = background
        self.cache = cache or Cache()

    def test(
        self,
        explainer: Explainer,
        asked: ExplanationRequest,
        rows: Mapping[str, MethodMaps],
        still_wanted: Callable[[], bool] = lambda: True,
    ) -> Iterator[Found]:
        """What is known of finished maps by method, each time another network is finished.

        First what was known before, which may be all.
        """
        networks = tested_networks(explainer, asked)
        tests = self.known(asked, networks, tuple(rows))
        yield tests
        jobs = {
            network: partial(self._tested, asked, explainer, network, rows, still_wanted)
            for network in networks
            if tests[network].keys() != {*tested_methods(rows, network)}
        }
        for network, job in self.background.run(jobs, still_wanted):
            tests = {**tests, network: job.result()}
            yield tests

    def known(self, asked: ExplanationRequest, networks: Sequence[str], methods: Sequence[str]) -> Found:
        """What needs no computing any more."""
        cached = {
            network: {method: self.cache.find(_key(asked, network, method)) for method in methods}
            for network in networks
        }
        return {
            network: {method: test for method, test in row.items() if test is not ABSENT}
            for network, row in cached.items()
        }

    def _tested(
        self,
        asked: ExplanationRequest,
        explainer: Explainer,
        network: str,
        rows: Mapping[str, MethodMaps],
        still_wanted: Callable[[], bool],
    ) -> dict[str, Evidence | None]:
        """What is found about every method's map of a network, until it is no longer wanted."""
        names = explainer.members if network == AVERAGE else (network,)
        networks = [explainer.networks[name] for name in names]
        side = max(network.size for network in networks)  # of the frame, in cells
        frame = asked.photo.frame

        def against() -> Controls:
            logits = {}
            for name, network in zip(names, networks, strict=True):
                key = "controls", asked.digest, asked.kind, name, side  # of any target, for the average too
                compute = partial(control_logits, network, frame, side)
                logits[network.size] = self._kept(key, compute)
            return controls(networks, frame, asked.target, logits=logits)

        tests: dict[str, Evidence | None] = {}
        for method in tested_methods(rows, network):
            if not still_wanted():
                break
            try:
                maps = rows[method].maps
                together = [maps[name] for name in names]
                attribution = mean(together) if network == AVERAGE else maps[network]
                compare = partial(evidence, networks, frame, attribution, smoothing=asked.smoothing)
                tests[method] = self._kept(_key(asked, network, method), partial(_compared, compare, against))
            except Exception:
                log.exception("%s of %s could not be tested.", method, network)
                tests[method] = None
        return tests

    def _kept(self, key: Hashable, compute: Callable[[], Any]) -> Any:  # noqa: ANN401
        """What is kept under a key, or else computed and kept."""
        return self.cache.get(key, lambda _: compute())


def _compared(compare: Callable[..., Evidence], against: Callable[[], Controls]) -> Evidence:
    return compare(against=against())


def _key(asked: ExplanationRequest, network: str, method: str) -> Hashable:
    """What the evidence of a map depends on; the same for settings that the method has no use for."""
    record = METHODS[method]
    reference = record.reference(asked.reference)
    tolerance = asked.tolerance if record.refines else None
    smoothing = None if record.coarse else asked.smoothing
    return (
        "evidence",
        asked.digest,
        asked.kind,
        asked.target,
        network,
        method,
        reference,
        tolerance,
        smoothing,
    )


def evidence_lines(tests: Found, method: str, asked: ExplanationRequest) -> dict[str, Markup]:
    """What stands under the receipts of a method's finished maps, by column of the row."""
    columns = {network: network for network in tests if network != AVERAGE}
    if len(columns) > 1:
        columns[asked.ensemble] = asked.decided_by or AVERAGE
    return {
        column: evidence_line(tests[network][method])
        if method in tests.get(network, {})
        else _lines("…", "…", "Being tested …")
        for column, network in columns.items()
    }


def evidence_line(test: Evidence | None) -> Markup:
    """The areas of a map and whether it beats the controls, in words; None says that the test failed."""
    if test is None:
        return Markup('<p class="tests">{}</p>').format(FAILED)
    deletion, insertion = test.faithfulness.deletion.area, test.faithfulness.insertion.area
    random, gaussian = test.controls.random, test.controls.gaussian
    hint = (
        f"Deletion and insertion: random maps {random.deletion.area:.2f} and {random.insertion.area:.2f}, "
        f"centred Gaussian {gaussian.deletion.area:.2f} and {gaussian.insertion.area:.2f}."
    )
    lost = "" if test.beats.deletion or test.beats.insertion else " lost"
    return _lines(f"{deletion:.2f}", f"{insertion:.2f}", verdict(test), hint, f"beats{lost}")


def _lines(
    deletion: str, insertion: str, sentence: str, hint: str = "", kind: str = "beats pending"
) -> Markup:
    return Markup(
        '<dl class="tests"><div title="{}"><dt>Deletion</dt><dd>{}</dd></div>'
        '<div title="{}"><dt>Insertion</dt><dd>{}</dd></div></dl><p class="{}" title="{}">{}</p>'
    ).format(DELETION, deletion, INSERTION, insertion, kind, hint, sentence)
