import re

from explain.attribution import METHODS
from explain.words import METHOD_NAMES
from page.key import key


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
