import re

import pytest
from PIL import Image

from benchmarks import parts
from benchmarks.parts import KINDS, OTHER, shares


def test_shares_are_of_the_whole(case):
    found = shares(case)
    assert found.keys() == {*KINDS, OTHER}
    assert sum(found.values()) == pytest.approx(1)
    assert all(share > 0 for share in found.values())  # no operation has changed its name


def test_a_column_for_each_network(random_weights, tmp_path, monkeypatch, capsys):
    Image.new("RGB", (60, 40), "red").save(tmp_path / "car.png")
    monkeypatch.setattr(
        parts, "shares", lambda case: dict.fromkeys((*KINDS, OTHER), case.network.size / 1000)
    )
    assert parts.main([str(tmp_path / "car.png"), "--weights", str(random_weights)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| | 75 px | 100 px |"
    assert [re.findall(r"\d+%", line) for line in lines[2:]] == [["8%", "10%"]] * 7
