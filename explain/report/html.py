"""The report as one HTML file that needs nothing beside it: to keep, to send, to print."""

import platform
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from carmodel.network import CLASSES, SIZES
from explain.attribution import Attribution
from explain.evidence.evidence import Evidence, verdict
from explain.report.markup import CELL, COLUMN_HEAD, doubt, picture, repeated
from explain.report.palette import is_signed, legend
from explain.report.render import overlay, seen, upright
from explain.report.report import Report, as_table, scale_of
from explain.report.text import (
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
from explain.smoothing import at_detail

STYLE = Markup(Path(__file__).with_suffix(".css").read_text(encoding="utf-8"))  # noqa: S704 - our own
ROW, CODE = Markup('<tr><th scope="row">{}</th>{}</tr>'), Markup("<code>{}</code>")

# Network ("75", "100" or "average") -> method -> what tests found, or None where that failed.
Found = Mapping[str, Mapping[str, Evidence | None]]


def offline(report: Report, found: Found | None = None) -> Markup:
    """The whole report as a page: verdict, probabilities, maps with receipts, and how all of it was made.

    What is `found` about maps stands under them. Pictures are data: URIs, so no other file is fetched.
    """
    said = report.classification, report.mode
    methods = (_method(report, method, found or {}) for method in report.rows)
    return Markup(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>{name}: {says}</title><style>{style}</style></head>"
        "<body><main><header><h1>{says}</h1><p>{reason}</p>{doubt}"
        "<p>The maps explain {target}. Red speaks for it, blue against it.</p></header>"
        "{parts}</main></body></html>\n"
    ).format(
        name=report.name,
        says=sentence(*said),
        style=STYLE,
        reason=reason(*said),
        doubt=doubt(report.classification.cue),
        target=target_name(report.target),
        parts=Markup().join((_seen(report), _probabilities(report), *methods, _made(report))),
    )


def _seen(report: Report) -> Markup:
    photo = report.photo
    whole = picture(upright(photo), f"The photo {report.name}", "photo")
    cells = [_figure("Photo", whole, _line(report.name))]
    for size in SIZES:
        alt = f"The photo as the {size} px network sees it, in {size} × {size} pixels"
        image = picture(seen(photo, size), alt, "seen", format="PNG")
        cells.append(_figure(f"What the {size} px network sees", image, _line(f"{size} × {size} pixels")))
    return Markup('<section><h2>The photo</h2><div class="columns three">{}</div></section>').format(
        Markup().join(cells)
    )


def _probabilities(report: Report) -> Markup:
    """A row a class, a column each for the networks and the ensembles; what each of them says stands out."""
    predictions = report.classification.predictions
    names = {"75": "75 px", "100": "100 px", "average": "Average", "priority": "Priority"}
    rows = Markup()
    for number, label in enumerate(CLASSES):
        cells = (
            Markup('<td{} style="--to:{:.1f}%">{}<i></i></td>').format(
                " class=top" if says.verdict == label else "", 100 * probability, percent(probability)
            )
            for says in predictions.values()
            for probability in [says.probabilities[number]]
        )
        rows += ROW.format(named(label), Markup().join(cells))
    return Markup(
        '<section><h2>Probabilities</h2><div class="scroll"><table><thead><tr><td></td>{}</tr></thead>'
        "<tbody>{}</tbody></table></div></section>"
    ).format(repeated(COLUMN_HEAD, (names[name] for name in predictions)), rows)


def _method(report: Report, method: str, found: Found) -> Markup:
    columns = report.rows[method]
    shown = at_detail(columns, report.detail)
    scale = scale_of(shown)
    titles = column_titles(report.classification.predictions[report.mode])
    cells = []
    for title, (name, attribution) in zip(titles, columns.items(), strict=True):
        image = picture(overlay(shown[name], report.photo, scale), describe(shown[name]), "map")
        failed = fails(attribution, columns, report.tolerance)
        tests = found.get(attribution.network, {})
        below = _line(f"Fails: {receipt(attribution)}" if failed else receipt(attribution), failed)
        cells.append(_figure(title, image, below + (_tests(tests[method]) if method in tests else "")))
    return Markup(
        '<section><h2>{}</h2><p>{}</p><div class="legends">{}</div><div class="columns">{}</div></section>'
    ).format(METHOD_NAMES[method], idea(columns["75"]), _legends(columns, scale), Markup().join(cells))


def _line(text: str, failed: bool = False) -> Markup:
    return Markup("<p{}>{}</p>").format(" class=failed" if failed else "", text)


def _legends(columns: Mapping[str, Attribution], scale: float) -> Markup:
    """One bar; two where the networks' own maps are positive only and their difference is signed."""
    one = [legend(scale, is_signed(columns["75"]))]
    both = one if is_signed(columns["75"]) else [*one, legend(scale, True, ("100 px", "75 px"))]
    return Markup().join(
        Markup('<div><i style="background:{}"></i><span>{}</span>{}</div>').format(
            bar.background, repeated(Markup("<b>{}</b>"), bar.labels), bar.unit
        )
        for bar in both
    )


def _tests(known: Evidence | None) -> Markup:
    if known is None:
        return _line("This map could not be tested.")
    areas = known.faithfulness.deletion.area, known.faithfulness.insertion.area
    lost = not known.beats.deletion and not known.beats.insertion
    return (
        _line(f"Deletion {areas[0]:.2f} (small is good), insertion {areas[1]:.2f} (large is good).")
        + _line(verdict(known), lost)
        + _line(
            f"{percent(known.border.attribution)} of it lies on the border, "
            f"which is {percent(known.border.area)} of the picture."
        )
    )


def _made(report: Report) -> Markup:
    """Everything that the result depends on, to make it again."""
    table = as_table(report)
    references = (each["75"].reference for each in report.rows.values())
    compared = [COMPARED_WITH[each] for each in dict.fromkeys(references) if each != "none"]
    packages = ", ".join(f"{name} {number}" for name, number in table["versions"].items())
    lines = [
        ("Photo", f"{report.photo.width} × {report.photo.height} pixels"),
        ("Its 300 × 300 frame, SHA-256", CODE.format(report.photo.digest)),
        *(
            (
                f"{name} px network",
                Markup("{}, weights’ SHA-256 {}").format(card.name, CODE.format(card.sha256)),
            )
            for name, card in report.cards.items()
        ),
        ("Ensemble shown", report.mode.capitalize()),
        ("Compared with", " and ".join(compared) or "nothing"),
        ("Gap allowed to Integrated Gradients", f"{100 * report.tolerance:g} %"),
        ("Maps shown", "net of each neighbourhood" if report.detail == "regions" else "pixel by pixel"),
        ("Versions", f"{packages}, on {platform.machine()}"),
    ]
    rows = (ROW.format(name, CELL.format(value)) for name, value in lines)
    return Markup("<section><h2>How it was made</h2><table><tbody>{}</tbody></table></section>").format(
        Markup().join(rows)
    )


def _figure(title: str, image: Markup, below: Markup) -> Markup:
    return Markup("<figure><h3>{}</h3>{}<figcaption>{}</figcaption></figure>").format(title, image, below)
