import re
from dataclasses import replace

from page.tabs.networks.costs import costs, worth


def test_bars_by_network(survey):
    html = costs(survey)
    rows = [re.findall(r"--to:([\d.]+)%", row) for row in html.split("<tbody>")[1].split("</tr>")[:3]]
    # Integrated Gradients takes 10 · 0.4 = 4 s for both, 1 s and 3 s for each
    assert rows[1] == ["25.0", "75.0", "100.0"]
    assert "Grad-CAM takes 10 ms of CPU time a photo" in html and "400 times as long" in html


def test_surveys_that_did_not_tell_networks_apart(survey):
    both = {key: value for key, value in survey.seconds.items() if key[1] == ""}
    html = costs(replace(survey, seconds=both))
    assert re.findall(r'<th scope="col">(.*?)</th>', html) == ["Both"]


def test_worth_with_intervals_and_control(survey):
    html = worth(survey)
    assert (
        "What matters is named best for 75&nbsp;px SHAP (deletion area 0.20; centred Gaussian 0.45)" in html
    )
    assert "<td>0.20<small>0.18–0.22</small></td>" in html
    assert html.count("Centred Gaussian</th>") == 3
    assert "<td>&lt; 0.1&nbsp;%</td>" in html and "<td>1.0&nbsp;%<small>" in html
