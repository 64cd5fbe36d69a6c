"""The Guide tab's figures, in sentences made of what was measured; what was not measured says nothing."""

from explain.report.text import listed, network_name, percent, signed
from page.results.measured import Measured, Novelty, Robustness
from page.results.naming import LISTINGS, source_name, split_name
from page.results.surveyed import Survey

SMALLER, BORDER = "at two thirds of its size", "border of another photo"  # disturbances


def methods(measured: Measured) -> dict[str, str]:
    """Method -> what the survey found about its maps; empty without a survey."""
    survey = measured.survey
    if not isinstance(survey, Survey):
        return {}
    sentences = {}
    for method in survey.methods:
        figures = {
            name: survey.figures[name][method] for name in survey.networks if method in survey.figures[name]
        }
        beaten = listed(
            f"{percent(row['beats_both_deletion'].mean)} ({network_name(name)})"
            for name, row in figures.items()
        )
        sentences[method] = f"On {survey.measured_on}: beats both controls at deletion for {beaten} of them."
        gaps = [row["gap"].mean for row in figures.values() if "gap" in row]
        if len(gaps) == len(figures):
            largest = max(gaps)
            sentences[method] += f" On average it misses its sum by {_fine(largest)} at most."
    return sentences


def limits(measured: Measured) -> dict[str, str]:
    """Name of a limit -> the figure that shows how much it matters, if it was measured."""
    facts = {}
    if isinstance(measured.novelty, Novelty):
        every, cars = measured.novelty.others["all"], measured.novelty.cars
        share = max(row.flagged for row in cars.values())
        facts["novelty"] = (
            f"A cue flagged {percent(every.flagged)} of {every.n} pictures without a car, and at most "
            f"{percent(share)} of the cars."
        )
    if isinstance(measured.robustness, Robustness):
        for name, disturbance, what in (
            ("size", SMALLER, "At two thirds of its size"),
            ("border", BORDER, "With the border of another photo"),
        ):
            facts[name] = _cost(measured.robustness, disturbance, what)
    return facts


def _cost(robustness: Robustness, disturbance: str, what: str) -> str:
    """ "At two thirds of its size, accuracy changes by −7.5 to −5.7 points (dealer listings, …)." """
    first = next(iter(robustness.rows.values()))
    source = LISTINGS if LISTINGS in first else next(iter(first))
    changes = [row[source].change.get(disturbance) for row in robustness.rows.values()]
    points = sorted(change for change in changes if change is not None)
    if not points:
        return ""
    ends = f"{signed(points[0], 1)} to {signed(points[-1], 1)}"
    where = f"{source_name(source)}, {split_name(robustness.split)}"
    return f"{what}, accuracy changes by {ends} points ({where})."


def _fine(gap: float) -> str:
    return f"{100 * gap:.1f} %" if gap >= 1e-3 else "less than 0.1 %"
