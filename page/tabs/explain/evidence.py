"""How far a map can be trusted: the lines under its receipt, and the tests behind them, kept for all."""

import logging
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import partial

from markupsafe import Markup

from explain.attribution import Attribution, mean
from explain.cache import ABSENT, Cache
from explain.evidence.evidence import Evidence, evidence, verdict
from explain.evidence.faithfulness import Controls, control_logits, controls
from explain.explainer import Explainer
from page.background import Background
from page.session import Subject

log = logging.getLogger(__name__)

AVERAGE = "average"
NETWORKS = ("75", "100", AVERAGE)
FAILED = "This map could not be tested."
DELETION = "Area under the probability while the photo is covered in this map’s order. Small is good."
INSERTION = (
    "Area under the probability while a blurred photo is uncovered in this map’s order. Large is good."
)

# Network ("75", "100" or "average") -> method -> what was found, or None if that failed.
Found = Mapping[str, Mapping[str, Evidence | None]]


class Evidences:
    """Tests maps in the background, computing nothing twice; what is found is kept in `cache`."""

    def __init__(self, background: Background, cache: Cache | None = None) -> None:
        self.background = background
        self.cache = cache or Cache()

    def test(
        self,
        subject: Subject,
        explainer: Explainer,
        maps: Mapping[str, Mapping[str, Attribution]],
        average: bool,
        wanted: Callable[[], bool],
    ) -> Iterator[Found]:
        """What is known of maps (method -> "75" and "100" -> map), each time another network is finished.

        First what was known before, which may be all. The average ensemble is tested if `average` says so.
        """
        networks = NETWORKS if average else NETWORKS[:-1]
        found = self.known(subject, networks, tuple(maps))
        yield found
        jobs = {
            network: partial(self._tested, subject, explainer, network, maps, wanted)
            for network in networks
            if found[network].keys() != maps.keys()
        }
        for network, job in self.background.run(jobs, wanted):
            found = {**found, network: job.result()}
            yield found

    def known(self, subject: Subject, networks: Sequence[str], methods: Sequence[str]) -> Found:
        """What needs no computing any more."""
        found = {
            network: {method: self.cache.find(_key(subject, network, method)) for method in methods}
            for network in networks
        }
        return {
            network: {method: each for method, each in row.items() if each is not ABSENT}
            for network, row in found.items()
        }

    def _tested(
        self,
        subject: Subject,
        explainer: Explainer,
        network: str,
        maps: Mapping[str, Mapping[str, Attribution]],
        wanted: Callable[[], bool],
    ) -> dict[str, Evidence | None]:
        """What is found about every method's map of a network, until it is no longer wanted."""
        names = list(explainer.networks) if network == AVERAGE else [network]
        side = max(map(int, names))  # of the frame, in cells
        asked = [explainer.networks[name] for name in names]
        frame = subject.photo.frame

        def against() -> Controls:
            known = {
                int(name): self.cache.get(
                    (
                        "controls",
                        subject.digest,
                        subject.kind,
                        name,
                        side,
                    ),  # of any target, for the average too
                    lambda _, network=explainer.networks[name]: control_logits(network, frame, side),
                )
                for name in names
            }
            return controls(asked, frame, subject.target, known=known)

        found: dict[str, Evidence | None] = {}
        for method, pair in maps.items():
            if not wanted():
                break
            try:
                attribution = mean(list(pair.values())) if network == AVERAGE else pair[network]
                compare = partial(evidence, asked, frame, attribution, detail=subject.detail)
                found[method] = self.cache.get(
                    _key(subject, network, method), lambda _, compare=compare: compare(against=against())
                )
            except Exception:
                log.exception("%s of %s could not be tested.", method, network)
                found[method] = None
        return found


def _key(subject: Subject, network: str, method: str) -> Hashable:
    """What the evidence of a map depends on; the same for settings that the method has no use for."""
    made = (subject.reference, subject.tolerance) if method == "integrated_gradients" else None
    shown = subject.detail if method != "gradcam" else None
    return "evidence", subject.digest, subject.kind, subject.target, network, method, made, shown


def lines(found: Found, method: str, mode: str, decided_by: int | None) -> dict[str, Markup]:
    """What stands under the receipts of a method's finished maps, by column of the row."""
    columns = {"75": "75", "100": "100", mode: str(decided_by) if decided_by else AVERAGE}
    return {
        column: line(found[network][method])
        if method in found.get(network, {})
        else _lines("…", "…", "Being tested …")
        for column, network in columns.items()
    }


def line(known: Evidence | None) -> Markup:
    """The areas of a map and whether it beats the controls, in words; None says that the test failed."""
    if known is None:
        return Markup('<p class="tests">{}</p>').format(FAILED)
    deletion, insertion = known.faithfulness.deletion.area, known.faithfulness.insertion.area
    random, gaussian = known.controls.random, known.controls.gaussian
    hint = (
        f"Deletion and insertion: random maps {random.deletion.area:.2f} and {random.insertion.area:.2f}, "
        f"centred Gaussian {gaussian.deletion.area:.2f} and {gaussian.insertion.area:.2f}."
    )
    lost = "" if known.beats.deletion or known.beats.insertion else " lost"
    return _lines(f"{deletion:.2f}", f"{insertion:.2f}", verdict(known), hint, f"beats{lost}")


def _lines(
    deletion: str, insertion: str, sentence: str, hint: str = "", kind: str = "beats pending"
) -> Markup:
    return Markup(
        '<dl class="tests"><div title="{}"><dt>Deletion</dt><dd>{}</dd></div>'
        '<div title="{}"><dt>Insertion</dt><dd>{}</dd></div></dl><p class="{}" title="{}">{}</p>'
    ).format(DELETION, deletion, INSERTION, insertion, kind, hint, sentence)
