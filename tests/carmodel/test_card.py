import dataclasses
import json
import os

import pytest

from carmodel.card import (
    Card,
    WeightsError,
    brief,
    check_name,
    is_size,
    read_bytes,
    read_card,
    read_table,
    wrong_value,
)
from carmodel.network import CLASSES

TABLE = {
    "name": "mine",
    "size": 75,
    "batchnorm": True,
    "classes": ["sedan", "coupe", "suv", "truck"],
    "temperature": 1.5,
    "sha256": "0" * 64,
    "data": {"photos": 3},
    "training": {},
    "results": {"val": {"accuracy": 0.5}},
}


def refusal(tmp_path, content):
    path = tmp_path / "mine.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(WeightsError) as caught:
        read_card(path)
    return str(caught.value)


def test_card_is_read(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(TABLE))
    assert read_card(path) == Card(
        "mine", 75, True, CLASSES, 1.5, "0" * 64, {"photos": 3}, {}, {"val": {"accuracy": 0.5}}
    )


def test_licence_need_not_be_said(tmp_path):
    path = tmp_path / "mine.json"
    for told, licence in (({}, ""), ({"licence": "For research."}, "For research.")):
        path.write_text(json.dumps(TABLE | told))
        assert read_card(path).licence == licence
    assert refusal(tmp_path, TABLE | {"licence": 3}) == "mine.json is wrong: licence is not a text."


@pytest.mark.parametrize("key", TABLE)
def test_missing_value(tmp_path, key):
    table = {name: value for name, value in TABLE.items() if name != key}
    assert refusal(tmp_path, table) == f"mine.json lacks '{key}'."


def test_unknown_value(tmp_path):
    assert refusal(tmp_path, {**TABLE, "colour": 1}) == "mine.json has an unknown 'colour'."


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", 3, "mine.json is wrong: name is not a text."),
        ("name", "final-75", "mine.json is the card of 'final-75', not of 'mine'."),
        ("size", 31, "mine.json is wrong: size is 31, no whole number from 32 to 300."),
        ("size", 301, "mine.json is wrong: size is 301, no whole number from 32 to 300."),
        ("size", 75.0, "mine.json is wrong: size is 75.0, no whole number from 32 to 300."),
        ("size", "75", "mine.json is wrong: size is '75', no whole number from 32 to 300."),
        ("batchnorm", 1, "mine.json is wrong: batchnorm is not true or false."),
        ("classes", ["sedan"], "mine.json is wrong: classes are not sedan, coupe, suv, truck in this order."),
        (
            "classes",
            ["coupe", "sedan", "suv", "truck"],
            "mine.json is wrong: classes are not sedan, coupe, suv, truck in this order.",
        ),
        ("classes", 4, "mine.json is wrong: classes are not sedan, coupe, suv, truck in this order."),
        ("temperature", 0.049, "mine.json is wrong: temperature is not a number from 0.05 to 20."),
        ("temperature", 21, "mine.json is wrong: temperature is not a number from 0.05 to 20."),
        ("temperature", float("nan"), "mine.json is wrong: temperature is not a number from 0.05 to 20."),
        ("temperature", True, "mine.json is wrong: temperature is not a number from 0.05 to 20."),
        ("temperature", "1", "mine.json is wrong: temperature is not a number from 0.05 to 20."),
        ("temperature", 0, "mine.json is wrong: temperature is not a number from 0.05 to 20."),
        ("temperature", -1.5, "mine.json is wrong: temperature is not a number from 0.05 to 20."),
        ("temperature", float("inf"), "mine.json is wrong: temperature is not a number from 0.05 to 20."),
        ("sha256", None, "mine.json is wrong: sha256 is not 64 hexadecimal digits."),
        ("sha256", "0" * 63, "mine.json is wrong: sha256 is not 64 hexadecimal digits."),
        ("sha256", "A" * 64, "mine.json is wrong: sha256 is not 64 hexadecimal digits."),
        ("data", [], "mine.json is wrong: data is not a table of JSON's values."),
        ("data", {"source": "\ud800"}, "mine.json is wrong: data is not a table of JSON's values."),
        ("training", "SGD", "mine.json is wrong: training is not a table of JSON's values."),
        ("results", 0.9, "mine.json is wrong: results is not a table of JSON's values."),
        ("results", {"val": [float("nan")]}, "mine.json is wrong: results is not a table of JSON's values."),
    ],
)
def test_wrong_value(tmp_path, key, value, message):
    assert refusal(tmp_path, {**TABLE, key: value}) == message


def test_huge_values_are_quoted_in_short(tmp_path):
    for change in ({"size": "7" * 10_000}, {"name": "n" * 10_000}, {"k" * 10_000: 1}):
        message = refusal(tmp_path, {**TABLE, **change})
        assert message.startswith("mine.json ")
        assert "..." in message
        assert len(message) < 150


def test_brief():
    assert brief("mine") == "'mine'"
    assert brief("a\nb\x1b\udcff") == r"'a\nb\x1b\udcff'"
    assert brief(80) == "80"
    assert len(brief("x" * 1000)) == 60
    assert len(brief([["x" * 1000] * 1000] * 1000)) < 3000


@pytest.mark.parametrize("temperature", [0.05, 1, 20])
def test_temperatures_that_are_sane(temperature):
    card = Card(**{**TABLE, "classes": CLASSES})
    assert wrong_value(dataclasses.replace(card, temperature=temperature)) == ""


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_damaged_json(tmp_path, content):
    assert refusal(tmp_path, content) == "mine.json is damaged: it cannot be read as JSON."


@pytest.mark.parametrize("content", [b"[]", b"3", b"null"])
def test_json_that_is_no_table(tmp_path, content):
    assert refusal(tmp_path, content) == "mine.json is damaged: it does not hold a table."


@pytest.mark.parametrize("read", [read_bytes, read_table, read_card])
def test_missing_file_is_named_without_its_folder(tmp_path, read):
    with pytest.raises(WeightsError) as caught:
        read(tmp_path / "mine.json")
    assert str(caught.value) == "mine.json is missing."


def test_folder_and_pipe_cannot_be_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    for path in (tmp_path, tmp_path / "pipe.json"):
        with pytest.raises(WeightsError) as caught:
            read_bytes(path)
        assert str(caught.value) == f"{path.name} cannot be read."


def test_files_that_are_too_large(tmp_path):
    path = tmp_path / "mine.json"
    path.write_bytes(b"12345")
    assert read_bytes(path, 5) == b"12345"
    with pytest.raises(WeightsError, match=r"^mine\.json is too large: it has more than 0 MB\.$"):
        read_bytes(path, 4)
    assert refusal(tmp_path, b'{"name": "' + b"n" * 1_000_000 + b'"}') == (
        "mine.json is too large: it has more than 1 MB."
    )


@pytest.mark.parametrize("name", ["final-75", "a", "My_net.v2", "0"])
def test_names(name):
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../final-75", "a/b", "a\\b", "-a", ".a", "a b", "ä", "a\n", "a\0"]
)
def test_no_names(name):
    with pytest.raises(WeightsError, match="is no name for weights"):
        check_name(name)


def test_sizes():
    values = (31, 32, 75, 100, 224, 300, 301, 75.0, "75", True, None)
    assert [value for value in values if is_size(value)] == [32, 75, 100, 224, 300]
