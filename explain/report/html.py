"""The report as one HTML file that needs nothing beside it: to keep, to send, to print."""

import platform
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from carmodel.ensemble import Prediction
from carmodel.network import CLASSES
from explain.evidence.evidence import Evidence, verdict
from explain.methods.method import NOTHING
from explain.methods.registry import METHODS
from explain.references import phrase_of
from explain.report.cards import CardRow
from explain.report.markup import doubt, picture, repeated
from explain.report.palette import legend
from explain.report.render import seen, upright
from explain.report.report import Report, as_table
from explain.report.tables import Cell, table
from explain.report.text import (
    named,
    network_name,
    percent,
    reason,
    receipt,
    sentence,
    target_name,
)

STYLE = Markup(Path(__file__).with_suffix(".css").read_text(encoding="utf-8"))  # noqa: S704 - our own
CODE = Markup("<code>{}</code>")

# Network, or "average" -> method -> what tests found, or None where that failed.
Found = Mapping[str, Mapping[str, Evidence | None]]


def offline(report: Report, evidence: Found | None = None) -> Markup:
    """The whole report as a page: verdict, probabilities, maps with receipts, and how all of it was made.

    The `evidence` for maps stands under them. Pictures are data: URIs, so no other file is fetched.
    """
    methods = (_method(report, method, evidence or {}) for method in report.rows)
    return Markup(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>{name}: {says}</title><style>{style}</style></head>"
        "<body><main><header><h1>{says}</h1><p>{reason}</p>{doubt}"
        "<p>The maps explain {target}. Red speaks for it, blue against it.</p></header>"
        "{parts}</main></body></html>\n"
    ).format(
        name=report.name,
        says=sentence(report.classification, report.ensemble),
        style=STYLE,
        reason=reason(report.classification, report.ensemble),
        doubt=doubt(report.classification.cue),
        target=target_name(report.target),
        parts=Markup().join((_seen(report), _probabilities(report), *methods, _made(report))),
    )


def _seen(report: Report) -> Markup:
    photo = report.photo
    whole = picture(upright(photo), f"The photo {report.name}", "photo")
    cells = [_figure("Photo", whole, _line(report.name))]
    for card in report.cards.values():
        size = card.size
        alt = f"The photo as the {size} px network sees it, in {size} × {size} pixels"
        image = picture(seen(photo, size), alt, "seen", format="PNG")
        cells.append(_figure(f"What the {size} px network sees", image, _line(f"{size} × {size} pixels")))
    return Markup('<section><h2>The photo</h2><div class="columns three">{}</div></section>').format(
        Markup().join(cells)
    )


def _probabilities(report: Report) -> Markup:
    """A row a class, a column each for the networks and the ensembles; what each of them says stands out."""
    predictions = report.classification.predictions
    rows = [
        [named(label), *(_probability(says, number) for says in predictions.values())]
        for number, label in enumerate(CLASSES)
    ]
    head = [["", *(network_name(name).capitalize() for name in predictions)]]
    return Markup('<section><h2>Probabilities</h2><div class="scroll">{}</div></section>').format(
        table(rows, head=head)
    )


def _probability(says: Prediction, number: int) -> Cell:
    probability, top = says.probabilities[number], CLASSES[number] == says.verdict
    content = Markup("{}<i></i>").format(percent(probability))
    return Cell(content, "top" if top else "", f"--to:{100 * probability:.1f}%")


def _method(report: Report, method: str, evidence: Found) -> Markup:
    row, missing = report.card_rows[method], report.missing.get(method, {})
    cells = []
    for column, (name, _) in report.titles.items():
        if column not in row.cards:
            cells.append(_figure(name, Markup("<div></div>"), _line(missing[column])))
            continue
        card = row.cards[column]
        tests = evidence.get(card.exact.network, {})
        below = _line(f"Fails: {receipt(card.exact)}" if card.failed else receipt(card.exact), card.failed)
        title = f"{card.title} ({card.hint})" if card.hint else card.title
        image = picture(card.picture(), card.alt, "map")
        cells.append(_figure(title, image, below + (_tests(tests[method]) if method in tests else "")))
    return Markup(
        '<section><h2>{}</h2><p>{}</p><div class="legends">{}</div><div class="columns">{}</div></section>'
    ).format(METHODS[method].title, row.idea, _legends(row), Markup().join(cells))


def _line(text: str, failed: bool = False) -> Markup:
    return Markup("<p{}>{}</p>").format(" class=failed" if failed else "", text)


def _legends(row: CardRow) -> Markup:
    """A bar for each meaning of colours in a row."""
    bars = [legend(row.scale, signed, ends) for signed, ends in row.meanings]
    return Markup().join(
        Markup('<div><i style="background:{}"></i><span>{}</span>{}</div>').format(
            bar.background, repeated(Markup("<b>{}</b>"), bar.labels), bar.unit
        )
        for bar in bars
    )


def _tests(test: Evidence | None) -> Markup:
    if test is None:
        return _line("This map could not be tested.")
    areas = test.faithfulness.deletion.area, test.faithfulness.insertion.area
    lost = not test.beats.deletion and not test.beats.insertion
    return (
        _line(f"Deletion {areas[0]:.2f} (small is good), insertion {areas[1]:.2f} (large is good).")
        + _line(verdict(test), lost)
        + _line(
            f"{percent(test.border.attribution)} of it lies on the border, "
            f"which is {percent(test.border.area)} of the picture."
        )
    )


def _made(report: Report) -> Markup:
    """Everything that the result depends on, to make it again."""
    facts = as_table(report)
    references = (map.reference for columns in report.rows.values() for map in columns.values())
    compared = [phrase_of(name) for name in dict.fromkeys(references) if name != NOTHING]
    refined = [METHODS[method].title for method in report.rows if METHODS[method].refines]
    packages = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    lines = [
        ("Photo", f"{report.photo.width} × {report.photo.height} pixels"),
        ("Its 300 × 300 frame, SHA-256", CODE.format(report.photo.digest)),
        *(
            (
                f"{network_name(name)} network",
                Markup("{}, weights’ SHA-256 {}").format(card.name, CODE.format(card.sha256)),
            )
            for name, card in report.cards.items()
        ),
        ("Ensemble shown", network_name(report.ensemble).capitalize()),
        ("Compared with", " and ".join(compared) or "nothing"),
        *((f"Gap allowed to {title}", f"{100 * report.tolerance:g} %") for title in refined),
        ("Maps shown", "net of each neighbourhood" if report.smoothing == "regions" else "pixel by pixel"),
        ("Versions", f"{packages}, on {platform.machine()}"),
    ]
    return Markup("<section><h2>How it was made</h2>{}</section>").format(table(lines))


def _figure(title: str, image: Markup, below: Markup) -> Markup:
    return Markup("<figure><h3>{}</h3>{}<figcaption>{}</figcaption></figure>").format(title, image, below)
