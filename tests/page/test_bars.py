import re

from carmodel.ensemble import Prediction
from explain.what_if.effect import Change
from page.tabs.what_if.bars import columns, paired

SEDAN = Prediction((0.9, 0.08, 0.0196, 0.0004), "sedan", 0.9)
COUPE = Prediction((0.1, 0.896, 0.0, 0.004), "coupe", 0.896)


def test_bars_numbers_and_points_by_hand():
    html = paired("75 px", Change(SEDAN, COUPE))
    assert re.findall(r"--before:(.*?);--after:(.*?)\"", html) == [
        *(("90.0%", "10.0%"), ("8.0%", "89.6%"), ("2.0%", "0.0%"), ("0.0%", "0.4%"))
    ]
    assert re.findall(r"<em.*?>(.*?)</em>", html) == ["−80", "+82", "−2", "0"]
    assert re.findall(r'class="before">(.*?)<', html) == ["90 %", "8 %", "2 %", "&lt; 1 %"]


def test_other_verdict_is_highlighted():
    changed, same = paired("75 px", Change(SEDAN, COUPE)), paired("75 px", Change(SEDAN, SEDAN))
    assert '<mark class="other">Sedan → Coupe</mark>' in changed
    assert "<mark" not in same and '<span class="same">Sedan</span>' in same
    assert re.search(r"<li class=top><span>(\w+)", changed)[1] == "Coupe"


def test_columns_of_both_networks_and_the_ensemble_chosen():
    found = dict.fromkeys(("75", "100", "average", "priority"), Change(SEDAN, COUPE))
    assert re.findall("<h4>(.*?) <mark", columns(found, "priority")) == [
        *("75 px", "100 px", "Ensemble: priority")
    ]
