"""The block of deletion and insertion: curves and areas of all methods, networks and controls."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from explain.evidence.evidence import Evidence
from explain.evidence.faithfulness import Controls, Curve
from explain.methods.registry import METHODS
from explain.report.tables import AnyRow, Cell, Row, table
from explain.report.text import network_name, percent, target_name
from explain.target import Target
from page.chart_legend import legend_of
from page.charts import Axis, Line, chart
from page.evidence import Found
from page.markup import finding, untested
from page.tabs.trust import findings

CONTROLS = {"random": ("Random maps", "dotted"), "gaussian": ("Centred Gaussian", "dashed")}
MEASURES = {"deletion": "covered", "insertion": "uncovered"}  # -> what happens to the photo
TICKS = (0, 0.5, 1), ("0", "50 %", "100 %")
HEADS = "Area", "Deletion", "Insertion", "Beats both controls"
MARKED = 10  # every so many points
UNTESTED = "The maps of this network could not be tested."


def block(evidence: Found, drawn: Mapping[str, Markup], target: Target, networks: Sequence[str]) -> Markup:
    """The block; `drawn` holds what `network` made of those of `networks` that are finished."""
    halves = (
        Markup("<section><h4>{}</h4>{}</section>").format(
            network_name(name), drawn.get(name) or untested("Being tested …")
        )
        for name in networks
    )
    controls = [(name, control, dashes, "") for control, (name, dashes) in CONTROLS.items()]
    return Markup('{}{}<div class="halves">{}</div>').format(
        finding(findings.faithfulness(evidence, target)), legend_of(controls), Markup().join(halves)
    )


def network(name: str, row: Mapping[str, Evidence | None], target: Target) -> Markup:
    """Both charts of the network `name` and its table of areas."""
    tests = {method: test for method, test in row.items() if test is not None}
    if not tests:
        return untested(UNTESTED)
    against = next(iter(tests.values())).controls
    charts = (
        Markup("<figure><h5>{}</h5>{}</figure>").format(
            measure.capitalize(), _chart(measure, name, tests, against, target)
        )
        for measure in MEASURES
    )
    return Markup('<div class="charts">{}</div>{}').format(
        Markup().join(charts), _areas(name, tests, against)
    )


def _chart(
    measure: str, name: str, tests: Mapping[str, Evidence], against: Controls, target: Target
) -> Markup:
    controls = {control: getattr(getattr(against, control), measure) for control in CONTROLS}
    methods = {method: getattr(test.faithfulness, measure) for method, test in tests.items()}
    lines = [Line(control, curve.probabilities, CONTROLS[control][1]) for control, curve in controls.items()]
    lines += [
        Line(method, curve.probabilities, mark=METHODS[method].mark, every=MARKED)
        for method, curve in methods.items()
    ]
    names = {METHODS[method].title: curve for method, curve in methods.items()}
    names |= {CONTROLS[control][0]: curve for control, curve in controls.items()}
    done = MEASURES[measure]
    return chart(
        _alt(f"{measure.capitalize()}, {network_name(name)}", done, names, target),
        lines,
        against.gaussian.deletion.fractions,
        Axis(*TICKS, f"Share of the photo {done}"),
        Axis(*TICKS),
    )


def _alt(title: str, done: str, curves: Mapping[str, Curve], target: Target) -> str:
    """ "Deletion, 75 px: probability of SUV while the photo is covered. SHAP: 93 %, half-way 4 %, …" """
    said = []
    for name, curve in curves.items():
        first, half_way, last = (
            percent(curve.probabilities[at]) for at in (0, len(curve.fractions) // 2, -1)
        )
        said.append(f"{name}: {first}, half-way {half_way}, at the end {last}")
    return f"{title}: probability of {target_name(target)} while the photo is {done}. {'; '.join(said)}."


def _areas(name: str, tests: Mapping[str, Evidence], against: Controls) -> Markup:
    rows: list[AnyRow] = [_row(METHODS[method].title, tests[method]) for method in METHODS if method in tests]
    for control, (title, _) in CONTROLS.items():
        of = getattr(against, control)
        areas = f"{of.deletion.area:.2f}", f"{of.insertion.area:.2f}"
        rows.append(Row([title, *areas, ""], "control"))
    return table(rows, head=[HEADS], kind="areas", label=f"Areas, {network_name(name)}")


def _row(name: str, test: Evidence) -> list[object]:
    won = [measure for measure in MEASURES if getattr(test.beats, measure)]
    verdict = "at both" if len(won) == 2 else f"at {won[0]}" if won else "at neither"
    areas = (
        Cell(f"{getattr(test.faithfulness, measure).area:.2f}", kind="won" if measure in won else "")
        for measure in MEASURES
    )
    return [name, *areas, Cell(verdict, kind="" if won else "lost")]
