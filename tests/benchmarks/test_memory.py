from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import memory
from benchmarks.memory import timeless
from benchmarks.requests import VISIT
from carmodel.network import CLASSES


@pytest.fixture
def page(monkeypatch, tmp_path):
    """A page whose memory and answers are what a test says; lists what it was asked for."""
    asked = []

    class Page:
        url = "http://here/"
        most = 900.0

        def memory(self):
            return 800.0

        def peak(self):
            return self.most

        def answer(self, count):
            return {"seconds": count}

    found = Page()

    class Client:
        def __init__(self, url, verbose=False):
            assert url == Page.url

        def predict(self, photo, api_name, **settings):
            asked.append((Path(photo["path"]).name, api_name, settings))
            return found.answer(len(asked))

    class Visitor(Client):
        def visit(self, photo, settings):
            asked.append((photo.name, VISIT, settings))

    @contextmanager
    def serving(port, weights):
        yield found

    for i in range(12):
        file = tmp_path / "train" / CLASSES[i % 4] / f"{i}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    monkeypatch.setattr(memory, "Client", Client)
    monkeypatch.setattr(memory, "Visitor", Visitor)
    monkeypatch.setattr(memory, "serving", serving)
    found.asked = asked
    found.data = ["--data", str(tmp_path), "--photos", "12", "--requests", "80", "--every", "10"]
    return found


def test_everything_is_asked_and_the_first_requests_again(page, capsys):
    assert memory.main(page.data) == 0
    assert len(page.asked) == 80
    first = next(n for n in range(1, 21) if page.asked[:n] == page.asked[-n:])
    assert first > 10  # but those of them that were visits
    few, many = ({name for name, *_ in some} for some in (page.asked[:first], page.asked[first:-first]))
    assert not few & many and len(few) <= memory.AGAIN
    out = capsys.readouterr().out
    assert "  30 requests:   800 MB, at most   900 MB so far" in out
    assert f"Most: 900 MB of 1200. Of {first} answers 0 were others in the end." in out


def test_too_much_memory_fails(page, capsys):
    page.most = 1201
    assert memory.main(page.data) == 1
    assert "Most: 1201 MB of 1200." in capsys.readouterr().out


def test_another_answer_fails(page, capsys):
    page.answer = lambda count: {"score": 1.0 if count < 80 else 1.1}
    assert memory.main(page.data) == 1
    out = capsys.readouterr().out
    assert out.count("Another answer than before: Request(") == 1 and "1 were others" in out


def test_missing_photos_are_one_sentence(page, tmp_path, capsys):
    assert memory.main(["--data", str(tmp_path / "nowhere")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_seconds_do_not_count():
    answer = {"seconds": 1, "maps": [{"seconds": 2, "gap": 0.1}], "of": "shap"}
    assert timeless(answer) == {"maps": [{"gap": 0.1}], "of": "shap"}
