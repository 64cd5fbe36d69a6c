import re
from dataclasses import replace

from page.tabs.networks.mistakes import block, disagreements


def test_matrix_counts_recall_and_precision(evaluation):
    matrix = block(evaluation).split("<table")[1].split("</table>")[0]  # 75 px on listings: 4 of 10 sedans
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in matrix.split("<tbody>")[1].split("</tr>")]
    assert rows[0] == ["6", "4", "·", "·", "60&nbsp;%"]
    assert rows[4] == ["100&nbsp;%", "71&nbsp;%", "100&nbsp;%", "–", ""]
    assert 'class="miss" style="--shade:40%"' in matrix


def test_most_common_mistake(evaluation):
    assert "100&nbsp;% of the mistakes on dealer listings are sedans called coupes" in block(evaluation)


def test_first_source_is_open(evaluation):
    assert re.findall(r"<details( open)?>", block(evaluation)) == [" open", ""]


def test_disagreement_in_words_and_shares(evaluation):
    html = disagreements(evaluation)
    assert (
        "On 8 of 40 photos of dealer listings the networks disagree; then 75&nbsp;px is right 2 times" in html
    )
    assert re.findall(r'class="(\w+)" style="flex:(\d+)"', html)[:3] == [
        ("small", "2"),
        ("large", "5"),
        ("none", "1"),
    ]
    assert "20.0 % of the photos" in html
    assert disagreements(replace(evaluation, disagreement={})) == ""
