from dataclasses import replace

import pytest

from carmodel.weights import WEIGHTS
from page.page import build
from page.results.measured import Evaluation
from page.results.reader import read
from page.tabs.networks.tab import SECTIONS, page
from tests.document import parsed
from tests.page.components import component


@pytest.fixture(scope="module")
def shipped():
    return read(WEIGHTS)


def sections(measured):
    """Name of a section -> what it holds."""
    return {
        section.attributes["id"].removeprefix("networks-"): section
        for section in parsed(page(measured)).all("section", "card")
    }


def test_every_section_has_its_link(shipped, survey):
    html = page(replace(shipped, survey=survey))
    links = [link.attributes["href"] for link in parsed(html).one("nav").all("a")]
    assert links == [f"#networks-{name}" for name in SECTIONS]
    assert list(sections(replace(shipped, survey=survey))) == list(SECTIONS)
    for name, section in sections(replace(shipped, survey=survey)).items():
        assert section.all("h3")[0].text == section.attributes["aria-label"] == SECTIONS[name][1]
    assert "Not measured yet" not in parsed(html).text


def test_sections_without_data_say_what_makes_it(tmp_path):
    reasons = {name: section.one("p", "untested").text for name, section in sections(read(tmp_path)).items()}
    assert list(reasons) == list(SECTIONS)
    assert reasons.pop("training").startswith("No card in the folder")
    for reason in reasons.values():
        assert reason.startswith("Not measured yet. What makes it: python -m ")


@pytest.mark.parametrize(
    ("split", "said"), [("val", "expect slightly less"), ("test", "used for nothing else")]
)
def test_split_is_said(shipped, evaluation, split, said):
    measured = replace(shipped, evaluation=replace(evaluation, split=split))
    about = parsed(page(measured)).one("div", "reading").all("p")[0]
    assert about.one("b").text.startswith("80 ")  # 40 of each source
    assert said in about.text


def test_licence_of_the_weights_is_said(shipped):
    def licences(measured):
        lines = parsed(page(measured)).one("div", "reading").all("p")
        return [line.text for line in lines if line.text.startswith("Weights of ")]

    [said] = licences(shipped)
    assert "commercial use: the weights were made from used-car listing photos" in said
    free = replace(shipped, licences={"<free>": ("final-75", "mine")})
    assert licences(free) == ["Weights of 75 px, mine: <free>"]
    assert licences(replace(shipped, licences={})) == []


def test_another_architecture_is_named(shipped):
    def told(architectures):
        lines = parsed(page(replace(shipped, architectures=architectures))).one("div", "reading").all("p")
        return [line.text for line in lines if "is built as" in line.text]

    assert told({"final-128": "torchvision/mnasnet0_5"}) == ["128 px is built as mnasnet0_5 of torchvision."]
    assert told({}) == []


def test_evaluation_without_bins_or_disagreement(shipped, scores):
    old = Evaluation("val", {"mine": {"garage": replace(scores(), bins=())}}, {})
    parts = sections(replace(shipped, evaluation=old))
    assert "holds no bins" in parts["calibration"].one("p", "untested").text
    assert "disagreement" not in parts


def test_survey_of_few_photos_has_no_maps(shipped, survey):
    maps = sections(replace(shipped, survey=replace(survey, maps={})))["maps"]
    assert maps.one("p", "untested").text.startswith("There are no mean maps")


def test_survey_of_a_network_alone(shipped, survey):
    alone = replace(
        survey,
        figures={"75": survey.figures["75"]},
        seconds={key: value for key, value in survey.seconds.items() if key[1] != "100"},
        maps={key: map for key, map in survey.maps.items() if key[1] == "75"},
    )
    parts = sections(replace(shipped, survey=alone))
    assert not any(parts[name].all("p", "untested") for name in ("maps", "costs", "worth"))


def test_page_shows_what_its_folder_holds(built, fake, tmp_path):
    for page_of_folder, folder in ((built, WEIGHTS), (build({"final": fake}, weights=tmp_path), tmp_path)):
        assert component(page_of_folder, elem_id="networks").value == page(read(folder))
