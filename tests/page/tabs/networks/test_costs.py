import re
from dataclasses import replace

import pytest

from page.tabs.networks.costs import costs, worth
from tests.document import parsed
from tests.page.steps import finding


def heads(html):
    return [head.text for head in parsed(html).all("th") if head.attributes["scope"] == "col"]


def bars(html):
    """The lengths of the bars of each method, in per cent."""
    rows = parsed(html).one("tbody").all("tr")
    return {
        row.one("th").text: [
            float(re.fullmatch(r"--to:([\d.]+)%", bar.attributes["style"])[1])
            for bar in row.all("span", "bar")
        ]
        for row in rows
    }


def test_bars_by_network(survey):
    # Integrated Gradients takes 10 · 0.4 = 4 s for both, 1 s and 3 s for each; SHAP a quarter of that
    assert heads(costs(survey)) == ["75 px", "100 px", "Both"]
    assert bars(costs(survey)) == {
        "Grad-CAM": [0.1, 0.2, 0.2],
        "Integrated Gradients": [25, 75, 100],
        "SHAP": [6.2, 18.8, 25],
    }
    assert finding(costs(survey)) == (
        "Grad-CAM takes 10 ms of CPU time a photo for both networks; "
        "Integrated Gradients takes 400 times as long."
    )
    remark = parsed(costs(survey)).one("p", "remark").text
    assert "Integrated Gradients takes as many steps as its accuracy" in remark


@pytest.mark.parametrize(("networks", "word"), [(("75",), "All"), (("64", "75", "128"), "All")])
def test_any_number_of_networks(survey, networks, word):
    figures = dict.fromkeys(networks, survey.figures["75"])
    seconds = {
        (method, network): survey.seconds[method, ""]
        for method in survey.methods
        for network in (*networks, "")
    }
    gaussian = dict.fromkeys(networks, survey.gaussian["75"])
    some = replace(survey, figures=figures, seconds=seconds, gaussian=gaussian)
    assert heads(costs(some)) == [*(f"{network} px" for network in networks), word]
    groups = [head.text for head in parsed(worth(some)).all("th") if head.attributes["scope"] == "rowgroup"]
    assert groups == [f"{network} px" for network in networks]
    assert finding(worth(some)).count("SHAP (deletion area 0.20") == len(networks)


def test_surveys_that_did_not_tell_networks_apart(survey):
    both = {key: value for key, value in survey.seconds.items() if key[1] == ""}
    assert heads(costs(replace(survey, seconds=both))) == ["Both"]


def test_worth_with_intervals_and_control(survey):
    html = worth(survey)
    assert "for 75 px SHAP (deletion area 0.20; centred Gaussian 0.45)" in finding(html)
    groups = parsed(html).all("tbody")
    assert [group.all("th")[0].text for group in groups] == ["75 px", "100 px", "Average"]
    for group in groups:
        rows = {row.all("th")[0].text: [cell.text for cell in row.all("td")] for row in group.all("tr")}
        assert rows["SHAP"][:2] == ["< 0.1\N{NO-BREAK SPACE}%", "0.200.18–0.22"]  # gap 0.0001 %, deletion
        assert rows["Integrated Gradients"][0] == "1.0\N{NO-BREAK SPACE}%0.9–1.1"
        assert rows["Grad-CAM"] == ["–", "0.400.36–0.44", "–", "50\N{NO-BREAK SPACE}%45–55", "–"]
        assert rows["Centred Gaussian"][1] == "0.450.41–0.50"
    intervals = [small.text for small in groups[0].all("small")]
    assert "0.18–0.22" in intervals
