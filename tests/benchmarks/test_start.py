from contextlib import contextmanager

import pytest

from benchmarks import start
from benchmarks.serving import Server, ServingError


def test_a_round_has_every_measure(monkeypatch, tmp_path):
    asked = []

    class Client:
        def __init__(self, url, verbose):
            asked.append(url)

        def predict(self, photo, api_name):
            asked.append((photo["orig_name"], api_name))

    @contextmanager
    def serving(port, weights):
        asked.append((port, weights))
        yield Server("http://here/", 1, 3.0, 2.0)

    monkeypatch.setattr(start, "ALONE", "sum(range(10**6))")
    monkeypatch.setattr(start, "Client", Client)
    monkeypatch.setattr(start, "serving", serving)
    found = start.one_round(7, tmp_path)
    assert asked[:2] == [(7, tmp_path), "http://here/"]
    assert [name for _, name in asked[2:]] == ["/explain"] * 2
    assert asked[2] != asked[3]  # another photo: the first one's answer is kept
    assert (found["served"], found["served_cpu"]) == (3.0, 2.0)
    assert found["alone_cpu"] > 0 and found["alone"] > 0
    assert found.keys() >= {"first", "second"}


def test_ratios_by_hand():
    found = {"alone": 2.0, "served": 5.0, "alone_cpu": 4.0, "served_cpu": 5.0, "first": 3.0, "second": 1.0}
    lines = start.as_text(found).splitlines()[2:]
    assert [line.split(" | ")[3] for line in lines] == ["2.50", "1.25", "3.00"]


def test_the_first_round_warms_up(monkeypatch, capsys):
    seconds = iter([100.0, 1.0, 3.0, 2.0])

    def one_round(port, weights):
        value = next(seconds)
        return dict.fromkeys(("alone", "alone_cpu", "served", "served_cpu", "first", "second"), value)

    monkeypatch.setattr(start, "one_round", one_round)
    assert start.main(["--rounds", "3"]) == 0
    assert "| 2.0 | 2.0 | 1.00 |" in capsys.readouterr().out


def test_a_page_that_does_not_start(monkeypatch, capsys):
    def one_round(port, weights):
        raise ServingError("The page did not start.")

    monkeypatch.setattr(start, "one_round", one_round)
    assert start.main([]) == 2
    assert capsys.readouterr().err == "The page did not start.\n"


@pytest.mark.parametrize("name", ["START", "REQUEST"])
def test_limits_are_printed(name):
    keys = ("alone", "alone_cpu", "served", "served_cpu", "first", "second")
    assert f"| {getattr(start, name)} |" in start.as_text(dict.fromkeys(keys, 1.0))
