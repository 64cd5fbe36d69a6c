import re
from pathlib import Path

import pytest

from page import gradio_patches
from page.gradio_patches import TESTED, USED, GradioChangedError, check

ROOT = Path(__file__).resolve().parents[2]
INTERNAL = re.compile(r"^\s*(?:from|import) gradio(?:_client)?\.(?!components\b)", re.MULTILINE)


def test_this_gradio_is_the_one_that_the_page_was_tested_with():
    check()
    assert f"gradio=={TESTED}" in re.sub(r"\[.*?\]", "", (ROOT / "requirements.txt").read_text())


@pytest.mark.parametrize(
    ("name", "parameters", "was"),
    [
        ("gradio.queueing:Queue.push", "self body", "takes self, body, request, username"),
        ("gradio.queueing:Queue.vanished", "self", "is gone"),
        ("gradio.queueing:Vanished.push", "self", "is gone"),
    ],
)
def test_another_gradio_is_refused_in_a_sentence(monkeypatch, name, parameters, was):
    monkeypatch.setitem(USED, name, parameters)
    place = name.replace(":", ".")
    with pytest.raises(GradioChangedError, match=re.escape(f"{place} {was}. Please install gradio {TESTED}")):
        check()


def test_nothing_else_imports_what_gradio_does_not_document():
    files = [*(ROOT / "page").rglob("*.py"), ROOT / "dashboard.py"]
    own = Path(gradio_patches.__file__)
    assert INTERNAL.search(own.read_text(encoding="utf-8"))  # so that the search is known to find something
    assert [file.name for file in files if file != own and INTERNAL.search(file.read_text("utf-8"))] == []
