import re

from explain.methods.registry import METHODS
from explain.report.cards import column_titles
from explain.request import columns_of
from page.map_card import Look, MethodRow, method_row
from page.reading import reading
from tests.document import parsed


def told():
    """Term -> what it means."""
    listed = parsed(reading())
    return dict(
        zip((term.text for term in listed.all("dt")), (part.text for part in listed.all("dd")), strict=True)
    )


def test_every_term_of_a_receipt_is_explained(attribution, photo):
    maps = {name: attribution(2.0, 2.0, "integrated_gradients", name) for name in ("75", "100")}
    columns = columns_of(maps, "average", None)
    row = MethodRow(METHODS["integrated_gradients"], column_titles(columns, None), columns)
    page = parsed(method_row(row, photo, Look("pixels", 0.02)))
    terms = {part.strip() for term in page.all("dt") for part in term.text.split("·")}
    words = {re.sub(r"^\d+ steps$", "Steps", term) for term in terms}
    assert words == {"Σ map", "f(x) − f(reference)", "Gap", "Steps"}
    [unit] = [part.text for part in page.one("div", "legends").all("p")]
    assert words | {unit.capitalize()} <= told().keys()


def test_it_says_what_each_method_compares_with():
    assert told()["Reference"] == (
        "What the photo is compared with. Integrated Gradients uses the one you choose; "
        "SHAP compares with frames of the training photos."
    )
    assert told()["Steps"].startswith(
        "Integrated Gradients goes from the reference to the photo in this many"
    )


def test_it_is_folded_away():
    page = parsed(reading())
    assert page.one("summary").text == "How to read the maps"
    assert "open" not in page.one("details", "guide").attributes
