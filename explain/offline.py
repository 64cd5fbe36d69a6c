"""The report as one HTML file that needs nothing beside it: to keep, to send, to print."""

import platform
from collections.abc import Mapping
from html import escape
from pathlib import Path

from carmodel.network import CLASSES, SIZES
from explain.detail import at_detail
from explain.evidence import Evidence, verdict
from explain.maps import Attribution
from explain.markup import picture
from explain.palette import is_signed, legend
from explain.render import overlay, seen, upright
from explain.report import Report, as_table, scale_of
from explain.words import (
    COMPARED_WITH,
    METHOD_NAMES,
    column_titles,
    describe,
    fails,
    idea,
    named,
    percent,
    reason,
    receipt,
    sentence,
    target_name,
)

STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")

# Network ("75", "100" or "average") -> method -> what tests found, or None where that failed.
Found = Mapping[str, Mapping[str, Evidence | None]]


def offline(report: Report, found: Found | None = None) -> str:
    """The whole report as HTML: verdict, probabilities, maps with receipts, and how all of it was made.

    What is `found` about maps stands under them. Pictures are data: URIs, so no other file is fetched.
    """
    said = report.classification, report.mode
    cue = report.classification.cue
    doubt = f'<p class="doubt">{escape(cue.sentence)}</p>' if cue and not cue.looks_like_car else ""
    methods = "".join(_method(report, method, found or {}) for method in report.rows)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(f'{report.name}: {sentence(*said)}')}</title><style>{STYLE}</style></head>"
        f"<body><main><header><h1>{escape(sentence(*said))}</h1><p>{escape(reason(*said))}</p>{doubt}"
        f"<p>The maps explain {target_name(report.target)}. Red speaks for it, blue against it.</p></header>"
        f"{_seen(report)}{_probabilities(report)}{methods}{_made(report)}</main></body></html>\n"
    )


def _seen(report: Report) -> str:
    photo = report.photo
    name = escape(report.name)
    cells = [_figure("Photo", picture(upright(photo), f"The photo {name}", "photo"), f"<p>{name}</p>")]
    for size in SIZES:
        alt = f"The photo as the {size} px network sees it, in {size} × {size} pixels"
        image = picture(seen(photo, size), alt, "seen", format="PNG")
        cells.append(_figure(f"What the {size} px network sees", image, f"<p>{size} × {size} pixels</p>"))
    return f'<section><h2>The photo</h2><div class="columns three">{"".join(cells)}</div></section>'


def _probabilities(report: Report) -> str:
    """A row a class, a column each for the networks and the ensembles; what each of them says stands out."""
    predictions = report.classification.predictions
    names = {"75": "75 px", "100": "100 px", "average": "Average", "priority": "Priority"}
    head = "".join(f'<th scope="col">{names[name]}</th>' for name in predictions)
    rows = "".join(
        f'<tr><th scope="row">{named(label)}</th>'
        + "".join(
            f'<td{" class=top" if each.verdict == label else ""} style="--to:{100 * probability:.1f}%">'
            f"{escape(percent(probability))}<i></i></td>"
            for each in predictions.values()
            for probability in [each.probabilities[CLASSES.index(label)]]
        )
        + "</tr>"
        for label in CLASSES
    )
    return (
        f'<section><h2>Probabilities</h2><div class="scroll"><table><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _method(report: Report, method: str, found: Found) -> str:
    columns = report.rows[method]
    shown = at_detail(columns, report.detail)
    scale = scale_of(shown)
    titles = column_titles(report.classification.predictions[report.mode])
    cells = []
    for title, (name, attribution) in zip(titles, columns.items(), strict=True):
        image = picture(overlay(shown[name], report.photo, scale), describe(shown[name]), "map")
        failed = fails(attribution, columns, report.tolerance)
        text = escape(f"Fails: {receipt(attribution)}" if failed else receipt(attribution))
        tests = found.get(attribution.network, {})
        below = f"<p{' class=failed' if failed else ''}>{text}</p>"
        cells.append(_figure(title, image, below + (_tests(tests[method]) if method in tests else "")))
    return (
        f"<section><h2>{METHOD_NAMES[method]}</h2><p>{escape(idea(columns['75']))}</p>"
        f'<div class="legends">{_legends(columns, scale)}</div>'
        f'<div class="columns">{"".join(cells)}</div></section>'
    )


def _legends(columns: Mapping[str, Attribution], scale: float) -> str:
    """One bar; two where the networks' own maps are positive only and their difference is signed."""
    one = [legend(scale, is_signed(columns["75"]))]
    both = one if is_signed(columns["75"]) else [*one, legend(scale, True, ("100 px", "75 px"))]
    return "".join(
        f'<div><i style="background:{each.background}"></i>'
        f"<span>{''.join(f'<b>{escape(label)}</b>' for label in each.labels)}</span>{escape(each.unit)}</div>"
        for each in both
    )


def _tests(known: Evidence | None) -> str:
    if known is None:
        return "<p>This map could not be tested.</p>"
    areas = known.faithfulness.deletion.area, known.faithfulness.insertion.area
    lost = not known.beats.deletion and not known.beats.insertion
    return (
        f"<p>Deletion {areas[0]:.2f} (small is good), insertion {areas[1]:.2f} (large is good).</p>"
        f"<p{' class=failed' if lost else ''}>{verdict(known)}</p>"
        f"<p>{percent(known.border.attribution)} of it lies on the border, "
        f"which is {percent(known.border.area)} of the picture.</p>"
    )


def _made(report: Report) -> str:
    """Everything that the result depends on, to make it again."""
    table = as_table(report)
    references = (each["75"].reference for each in report.rows.values())
    compared = [COMPARED_WITH[each] for each in dict.fromkeys(references) if each != "none"]
    packages = ", ".join(f"{name} {number}" for name, number in table["versions"].items())
    lines = [
        ("Photo", f"{report.photo.width} × {report.photo.height} pixels"),
        ("Its 300 × 300 frame, SHA-256", f"<code>{report.photo.digest}</code>"),
        *(
            (f"{name} px network", f"{escape(card.name)}, weights’ SHA-256 <code>{card.sha256}</code>")
            for name, card in report.cards.items()
        ),
        ("Ensemble shown", report.mode.capitalize()),
        ("Compared with", " and ".join(compared) or "nothing"),
        ("Gap allowed to Integrated Gradients", f"{100 * report.tolerance:g} %"),
        ("Maps shown", "net of each neighbourhood" if report.detail == "regions" else "pixel by pixel"),
        ("Versions", f"{escape(packages)}, on {escape(platform.machine())}"),
    ]
    rows = "".join(f'<tr><th scope="row">{name}</th><td>{value}</td></tr>' for name, value in lines)
    return f"<section><h2>How it was made</h2><table><tbody>{rows}</tbody></table></section>"


def _figure(title: str, image: str, below: str) -> str:
    return f"<figure><h3>{escape(title)}</h3>{image}<figcaption>{below}</figcaption></figure>"
