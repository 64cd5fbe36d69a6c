from page.tabs.networks.source_key import source_key


def test_marks_alone_come_with_the_diagonal():
    html = source_key(["truecar", "mine"])
    assert html.count("<li>") == 3 and "As right as it is sure" in html
    assert html.count('<path d="M1 5h26"') == 1


def test_lines_have_their_strokes():
    html = source_key(["truecar", "stanford"], "solid")
    assert html.count("<li>") == html.count('<path d="M1 5h26"') == 2
    assert "--source_1" in html and "--source_2" in html
