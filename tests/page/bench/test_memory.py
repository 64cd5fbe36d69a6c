from contextlib import contextmanager
from pathlib import Path

import pytest

from carmodel.network import CLASSES
from page.bench import memory
from page.bench.memory import grown


def test_growth_is_counted_from_a_fifth_on():
    assert grown({25: 100, 75: 180, 100: 200, 125: 205, 500: 240}) == 40
    assert grown({1: 5.0}) == 0


@pytest.fixture
def page(monkeypatch, tmp_path):
    """A page whose memory is what a test says, and ten photos; lists the files that it explained."""
    asked = []

    class Client:
        def __init__(self, url, verbose):
            pass

        def predict(self, photo, api_name):
            asked.append((Path(photo["path"]).name, api_name))

    class Page:
        url = "http://here/"
        held: object

        def memory(self):
            return self.held(len(asked))

    found = Page()

    @contextmanager
    def serving(port, weights):
        yield found

    for i in range(10):
        file = tmp_path / "train" / CLASSES[i % 4] / f"{i}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    monkeypatch.setattr(memory, "Client", Client)
    monkeypatch.setattr(memory, "serving", serving)
    found.asked, found.data = asked, ["--data", str(tmp_path), "--photos", "10", "--every", "2"]
    return found


@pytest.mark.parametrize(
    ("held", "code", "sentence"),
    [
        (
            lambda count: 500 + 4 * count,
            0,
            "Most: 540 MB of 1200. Growth over the last four fifths: 32 MB of 50.",
        ),
        (lambda count: 500 + 7 * count, 1, "Growth over the last four fifths: 56 MB"),
        (lambda count: 1300, 1, "Most: 1300 MB"),
    ],
)
def test_limits_decide(page, held, code, sentence, capsys):
    page.held = held
    assert memory.main(page.data) == code
    assert sentence in capsys.readouterr().out
    assert len(set(page.asked)) == 10  # every photo once
    assert {name for _, name in page.asked} == {"/explain"}


def test_missing_photos_are_one_sentence(tmp_path, capsys):
    assert memory.main(["--data", str(tmp_path / "nowhere")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
