import re

from page.results.measured import Disturbed, Robustness
from page.tabs.networks.robustness import block


def row(mirrored, smaller):
    accuracy = {"as they are": 0.9, "mirrored": 0.9 + mirrored / 100, "<small>": 0.9 + smaller / 100}
    return {"truecar": Disturbed(40, accuracy, {"mirrored": mirrored, "<small>": smaller})}


FOUND = Robustness("val", {"final-75": row(0.5, -5.0), "average": row(-1.0, -12.0)})


def test_table_of_changes():
    rows = block(FOUND).split("<tbody>")[1].split("</tr>")
    cells = [re.findall(r"<td[^>]*>([^<]*)</td>", each) for each in rows]
    assert cells[:3] == [["90.0 %", "90.0 %"], ["+0.5", "−1.0"], ["−5.0", "−12.0"]]
    assert "&lt;small&gt;" in rows[2].lower()


def test_colour_says_how_much():
    shades = re.findall(r'class="(worse|better)" style="--shade:(\d+)%"', block(FOUND))
    assert shades == [("better", "5"), ("worse", "10"), ("worse", "50"), ("worse", "100")]


def test_what_costs_most():
    assert "“&lt;small&gt;”, −5.0 to −12.0 points" in block(FOUND)
