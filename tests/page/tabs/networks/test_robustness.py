from page.results.measured import Disturbed, Robustness
from page.tabs.networks.robustness import block
from tests.document import parsed
from tests.page.steps import finding


def row(mirrored, smaller):
    accuracy = {"as they are": 0.9, "mirrored": 0.9 + mirrored / 100, "<small>": 0.9 + smaller / 100}
    return {"truecar": Disturbed(40, accuracy, {"mirrored": mirrored, "<small>": smaller})}


MEASURED = Robustness("val", {"final-75": row(0.5, -5.0), "average": row(-1.0, -12.0)})


def test_table_of_changes():
    assert parsed(block(MEASURED)).one("table", "changed").table() == [
        ["", "75 px", "Average"],
        ["As they are", "90.0 %", "90.0 %"],
        ["Mirrored", "+0.5", "−1.0"],
        ["<small>", "−5.0", "−12.0"],
    ]


def test_colour_says_how_much():
    cells = [cell.attributes for cell in parsed(block(MEASURED)).all("td") if "style" in cell.attributes]
    assert [(cell["class"], cell["style"]) for cell in cells] == [
        ("better", "--shade:5%"),
        ("worse", "--shade:10%"),
        ("worse", "--shade:50%"),
        ("worse", "--shade:100%"),
    ]


def test_what_costs_most():
    assert finding(block(MEASURED)) == (
        "What costs most: on dealer listings “<small>”, −5.0 to −12.0 points."
    )
