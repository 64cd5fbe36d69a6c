from explain.report.tables import Cell, Row, scrolled, table
from tests.document import parsed


def test_heads_have_scopes_and_cells_do_not():
    html = table(
        [["SUV", 1, Cell(2, "most", "--to:9%", "two")]], head=[["", "75 px", "100 px"]], kind="areas"
    )
    assert str(html) == (
        '<table class="areas"><thead><tr><td></td><th scope="col">75 px</th><th scope="col">100 px</th></tr>'
        '</thead><tbody><tr><th scope="row">SUV</th><td>1</td>'
        '<td class="most" style="--to:9%" title="two">2</td></tr></tbody></table>'
    )


def test_groups_foot_and_caption():
    group = Row([Cell("75 px", scope="rowgroup", columns=2)], "group")
    html = parsed(table([group, ["IG", 1]], [["SHAP", 2]], foot=[["all", 3]], caption="Gaps", label="Gaps"))
    assert html.one("table").attributes == {"aria-label": "Gaps"}
    assert html.one("caption").text == "Gaps"
    assert not html.all("thead")
    assert [len(body.all("tr")) for body in html.all("tbody")] == [2, 1]
    head = html.one("tr", "group").one("th")
    assert head.attributes == {"scope": "rowgroup", "colspan": "2"}
    assert [cell.text for cell in html.one("tfoot").all("td")] == ["3"]


def test_whatever_is_written_is_text():
    html = parsed(table([["<b>", Cell("<i>", title='"><s>')]], head=[["<u>"]], kind='"x'))
    assert not html.all("b") and not html.all("i") and not html.all("s") and not html.all("u")
    assert html.one("td").attributes["title"] == '"><s>'


def test_what_is_said_elsewhere_is_hidden_from_readers():
    html = parsed(table([["SUV", Cell("bar", hidden=True)]]))
    assert html.one("td").attributes == {"aria-hidden": "true"}


def test_region_can_be_reached_and_is_named():
    region = parsed(scrolled(table([["a", 1]]), "A <b>")).one("div", "scroll")
    assert region.attributes == {"class": "scroll", "tabindex": "0", "role": "group", "aria-label": "A <b>"}
    assert region.one("td").text == "1"
