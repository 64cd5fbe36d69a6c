import os
from pathlib import Path

import pytest

from carmodel.photo import PhotoError
from page.server.paths import check_paths, is_uploaded, uploaded
from page.server.refusals import NOT_UPLOADED


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "files"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "car.jpg").write_bytes(b"car")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (folder / "a" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "out").symlink_to(tmp_path)
    os.mkfifo(folder / "a" / "pipe.jpg")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


def test_an_uploaded_file_is(folder):
    path = folder / "a" / "car.jpg"
    assert uploaded(str(path)) == path
    assert is_uploaded(path)
    check_paths([{"photo": {"path": str(path), "meta": {}}}, "text", 3, None])


@pytest.mark.parametrize(
    "path",
    [
        "a/link.jpg",
        "a/pipe.jpg",
        "out/secret.jpg",
        "a",
        "",
        "a/../../secret.jpg",
        "a/../a/car.jpg",
        "a/none.jpg",
        "a/car.jpg/x",
        "a/./car.jpg/",
        "\x00",
        "a" * 5000,
    ],
)
def test_whatever_else_lies_there_is_not(folder, path):
    for named in (f"{folder}/{path}", path):
        if Path(named) == folder / "a" / "car.jpg":
            continue
        assert not is_uploaded(named), named


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/proc/self/environ", "/dev/zero", "/", "~/x", "car.jpg", 3, None, []]
)
def test_no_other_file_of_the_machine_is(folder, path):
    with pytest.raises(PhotoError) as refused:
        uploaded(path)
    assert str(refused.value) == NOT_UPLOADED


def test_a_path_anywhere_in_a_value_is_found(folder):
    for value in ({"path": "/etc/passwd"}, [[{"a": {"b": [{"path": "/etc/passwd"}]}}]], ({"path": ""},)):
        with pytest.raises(PhotoError):
            check_paths(value)
    check_paths({"path": 3})  # no name of a file
