import re

from explain.door import METHODS
from explain.report.text import METHOD_NAMES
from page.chart_legend import key


def test_key_names_every_line():
    html = key([("Random maps", "random", "dotted", "")])
    assert re.findall("</svg>(.*?)</li>", html) == [*(METHOD_NAMES[each] for each in METHODS), "Random maps"]
    assert re.findall(r"var\(--(\w+)\)", html) == [*METHODS, "random"]
    assert [len(re.findall("<circle|<path d=.M1[14]", each)) for each in html.split("</li>")[:-1]] == [
        1,
        1,
        1,
        0,
    ]
