"""The block of deletion and insertion: curves and areas of all methods, networks and controls."""

from collections.abc import Mapping

from explain.attribution import METHODS
from explain.evidence import Evidence
from explain.faithfulness import Controls, Curve
from explain.target import Target
from explain.words import METHOD_NAMES, percent, target_name
from page.charts import Axis, Line, chart
from page.explain_tab.evidence import Found
from page.key import MARKS, key
from page.markup import finding, untested
from page.trust_tab import findings
from page.trust_tab.blocks import NETWORKS

CONTROLS = {"random": ("Random maps", "dotted"), "gaussian": ("Centred Gaussian", "dashed")}
MEASURES = {"deletion": "covered", "insertion": "uncovered"}  # -> what happens to the photo
TICKS = (0, 0.5, 1), ("0", "50 %", "100 %")
MARKED = 10  # every so many points
UNTESTED = "The maps of this network could not be tested."


def block(found: Found, drawn: Mapping[str, str], target: Target) -> str:
    """The block; `drawn` holds what `network` made of the networks that are finished."""
    halves = "".join(
        f"<section><h4>{name} px</h4>{drawn.get(name) or untested('Being tested …')}</section>"
        for name in NETWORKS
    )
    controls = [(name, control, dashes, "") for control, (name, dashes) in CONTROLS.items()]
    return f'{finding(findings.faithfulness(found, target))}{key(controls)}<div class="halves">{halves}</div>'


def network(name: str, known: Mapping[str, Evidence | None], target: Target) -> str:
    """Both charts of the network `name` and its table of areas."""
    tests = {method: each for method, each in known.items() if each is not None}
    if not tests:
        return untested(UNTESTED)
    against = next(iter(tests.values())).controls
    charts = "".join(
        f"<figure><h5>{measure.capitalize()}</h5>{_chart(measure, name, tests, against, target)}</figure>"
        for measure in MEASURES
    )
    return f'<div class="charts">{charts}</div>{_areas(name, tests, against)}'


def _chart(measure: str, name: str, tests: Mapping[str, Evidence], against: Controls, target: Target) -> str:
    controls = {control: getattr(getattr(against, control), measure) for control in CONTROLS}
    methods = {method: getattr(each.faithfulness, measure) for method, each in tests.items()}
    lines = [Line(control, curve.probabilities, CONTROLS[control][1]) for control, curve in controls.items()]
    lines += [
        Line(method, curve.probabilities, mark=MARKS[method], every=MARKED)
        for method, curve in methods.items()
    ]
    names = {METHOD_NAMES[method]: curve for method, curve in methods.items()}
    names |= {CONTROLS[control][0]: curve for control, curve in controls.items()}
    done = MEASURES[measure]
    return chart(
        _alt(f"{measure.capitalize()}, {name} px", done, names, target),
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


def _areas(name: str, tests: Mapping[str, Evidence], against: Controls) -> str:
    rows = "".join(_row(METHOD_NAMES[method], tests[method]) for method in METHODS if method in tests)
    for control, (title, _) in CONTROLS.items():
        of = getattr(against, control)
        rows += (
            f'<tr class="control"><th scope="row">{title}</th><td>{of.deletion.area:.2f}</td>'
            f"<td>{of.insertion.area:.2f}</td><td></td></tr>"
        )
    heads = "".join(
        f'<th scope="col">{each}</th>' for each in ("Area", "Deletion", "Insertion", "Beats both controls")
    )
    return (
        f'<table class="areas" aria-label="Areas, {name} px"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _row(name: str, test: Evidence) -> str:
    won = {measure: getattr(test.beats, measure) for measure in MEASURES}
    cells = "".join(
        f"<td{' class=won' if won[measure] else ''}>{getattr(test.faithfulness, measure).area:.2f}</td>"
        for measure in MEASURES
    )
    at = [measure for measure in MEASURES if won[measure]]
    verdict = "at both" if len(at) == 2 else f"at {at[0]}" if at else "at neither"
    return f'<tr><th scope="row">{name}</th>{cells}<td{"" if at else " class=lost"}>{verdict}</td></tr>'
