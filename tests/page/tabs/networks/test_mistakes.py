from dataclasses import replace

from page.tabs.networks.mistakes import block, disagreements
from tests.document import parsed
from tests.page.steps import finding


def test_matrix_counts_recall_and_precision(evaluation):
    matrix = parsed(block(evaluation)).all("table", "matrix")[0]  # 75 px on listings: 4 of 10 sedans
    assert matrix.one("caption").text == "75 px"
    heads, *rows, last = [[cell.replace("\N{NO-BREAK SPACE}", " ") for cell in row] for row in matrix.table()]
    assert heads[1:] == ["Sedan", "Coupe", "SUV", "Truck", "Recall"]
    assert rows[0] == ["Sedan", "6", "4", "·", "·", "60 %"]
    assert last == ["Precision", "100 %", "71 %", "100 %", "–", ""]
    wrong = [cell for cell in matrix.all("td", "miss") if cell.text == "4"]
    assert [cell.attributes["style"] for cell in wrong] == ["--shade:40%"]
    assert [cell.text for cell in matrix.all("td", "hit")] == ["6", "10", "10", "10"]


def test_most_common_mistake(evaluation):
    assert finding(block(evaluation)).startswith(
        "100 % of the mistakes on dealer listings are sedans called coupes"
    )


def test_first_source_is_open(evaluation):
    folded = parsed(block(evaluation)).all("details")
    assert ["open" in part.attributes for part in folded] == [True, False]


def test_disagreement_in_words_and_shares(evaluation):
    html = disagreements(evaluation)
    said = "On 8 of 40 photos of {} the networks disagree; then 75 px is right 2 times, 100 px 5, neither 1."
    sources = ("dealer listings", "Stanford Cars")
    assert finding(html) == " ".join(said.format(source) for source in sources)
    for bar, source in zip(parsed(html).all("div", "stack"), sources, strict=True):
        assert bar.attributes["aria-label"] == said.format(source)
        shares = [(part.attributes["class"], part.attributes["style"]) for part in bar.all("i")]
        assert shares == [("small", "flex:2"), ("large", "flex:5"), ("none", "flex:1")]
    assert [part.text for part in parsed(html).all("small")] == ["20.0 % of the photos"] * 2
    assert disagreements(replace(evaluation, disagreement={})) == ""


def test_disagreement_is_of_the_final_networks_wherever_they_stand(evaluation):
    first = next(iter(evaluation.scores.values()))
    scores = {"baseline-75": first, "baseline-100": first, **evaluation.scores}
    said = finding(disagreements(replace(evaluation, scores=scores)))
    assert "then 75 px is right 2 times, 100 px 5" in said


def test_disagreement_names_the_networks_that_were_compared(evaluation):
    first = next(iter(evaluation.scores.values()))
    three = replace(evaluation, scores={**evaluation.scores, "final-128": first})
    assert "then 75 px is right 2 times, 100 px 5" in finding(disagreements(three))
    others = replace(three, compared=("final-75", "final-128"))
    assert "then 75 px is right 2 times, 128 px 5" in finding(disagreements(others))
