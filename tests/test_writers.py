"""Files are written whole or not at all: nothing writes in place what somebody may read."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IN_PLACE = {"write_text", "write_bytes", "save_file", "tofile"}
ALLOWED: dict[str, str] = {}


def writes(path):
    """The lines of a module that write a file without the help of carmodel.files."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        modes = [each.value for each in node.args if isinstance(each, ast.Constant)]
        opens = node.func.attr == "open" and any(mode in ("w", "wb", "a", "x") for mode in modes)
        if opens or node.func.attr in IN_PLACE:
            yield node.lineno


def test_nothing_is_written_in_place():
    found = {}
    for folder in ("carmodel", "explain", "page"):
        for path in (ROOT / folder).rglob("*.py"):
            if lines := list(writes(path)):
                found[path.relative_to(ROOT).as_posix()] = lines
    assert found.pop("carmodel/files.py")  # so that the search is known to find something
    assert found.keys() == ALLOWED.keys()
