import json
import time
from tempfile import TemporaryFile

import pytest

from page.server import bodies
from page.server.bodies import check_tool_call, paced, parsed, replayed, whole
from page.server.refusals import NO_FETCHING, NO_ROOM, NOT_UNDERSTOOD, TOO_LARGE, TOO_SLOW, Refused
from page.server.uploads import Uploads


def parts(*contents, wait=0.0):
    """A request's receive: these parts, with a pause before each, and then silence."""
    left = list(contents)

    async def receive():
        import asyncio

        await asyncio.sleep(wait if left else 60)
        content = left.pop(0)
        return {"type": "http.request", "body": content, "more_body": bool(left)}

    return receive


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path, most_of_one=3_000_000)


@pytest.fixture
def read(run_apart, uploads):
    """What is read of parts; or the sentence and status of the refusal."""

    def read(receive, most=10):
        async def once():
            try:
                with TemporaryFile() as file, uploads.room("192.0.2.1") as room:
                    length = await whole(paced(receive, most), file, room)
                    read = file.read()
                    assert len(read) == length
                    return read
            except Refused as refused:
                return refused.sentence, refused.status

        return run_apart(once())

    return read


def test_a_body_is_read_whole_within_its_limit(read):
    assert read(parts(b"12345", b"67890")) == b"1234567890"
    assert read(parts(b"12345", b"67890", b"1")) == (TOO_LARGE, 413)
    assert read(parts(b"")) == b""


def test_a_body_that_trickles_is_refused_and_a_steady_one_is_not(read, monkeypatch):
    monkeypatch.setattr(bodies, "PATIENCE", 0.3)
    monkeypatch.setattr(bodies, "PACE", 10)
    assert read(parts(*[b"1"] * 3, wait=0.05)) == b"111"
    assert read(parts(*[b""] * 30, wait=0.05)) == (TOO_SLOW, 408)
    assert read(parts(*[b"1"] * 10, wait=0.08)) == b"1" * 10  # 0.8 s, but 10 bytes a second and more


def test_what_came_early_buys_no_silence(read, monkeypatch):
    """A body that came at once but for its end would have had minutes."""
    monkeypatch.setattr(bodies, "SILENCE", 0.2)

    def receive():
        slow = parts(b"", wait=5.0)
        first = [{"type": "http.request", "body": bytes(2_000_000), "more_body": True}]

        async def next_part():
            return first.pop() if first else await slow()

        return next_part

    assert read(receive(), 3_000_000) == (TOO_SLOW, 408)


def test_what_is_still_coming_shares_the_disk_and_not_memory(read, uploads, run_apart):
    """From 64 kB on."""
    uploads.take("192.0.2.1", 2_000_000)
    assert len(read(parts(*[bytes(100_000)] * 9), 2_000_000)) == 900_000
    assert read(parts(*[bytes(100_000)] * 12), 2_000_000) == (NO_ROOM, 507)
    assert read(parts(bytes(60_000)), 2_000_000) == bytes(60_000)
    uploads.take("192.0.2.1", 1_000_000)  # others of the address
    assert read(parts(bytes(60_000)), 2_000_000) == bytes(60_000)
    assert read(parts(bytes(70_000)), 2_000_000) == (NO_ROOM, 507)


def test_a_caller_who_leaves_in_the_middle_is_over(read):
    async def receive():
        return {"type": "http.disconnect"}

    assert read(receive) == (NOT_UNDERSTOOD, 400)


def test_a_body_is_given_once_and_then_what_comes(run_apart):
    async def leaving():
        return {"type": "http.disconnect"}

    async def both():
        receive = replayed(b"body", leaving)
        return [await receive(), await receive()]

    first, second = run_apart(both())
    assert (first["body"], first["more_body"]) == (b"body", False)
    assert second["type"] == "http.disconnect"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        bytes(range(256)),
        b'{"data": "\xff"}',
        b"{}\x00",
        b"[" * 60 + b"]" * 60,
        b"[" * 100000 + b"]" * 100000,
        '{"a": ""}'.encode("utf-16"),
        '{"a": ""}'.encode("utf-16-le"),
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-32-be"),
    ],
)
def test_only_json_in_utf_8_is_read(body):
    """json.loads reads bytes in any UTF, and so does gradio: what was looked at must be what is used."""
    with pytest.raises(Refused) as refused:
        parsed(body)
    assert (refused.value.sentence, refused.value.status) == (NOT_UNDERSTOOD, 400)


def test_a_body_of_very_many_values_is_refused():
    for many in ("[" + "[]," * 20_000 + "0]", "[" + "0," * 20_000 + "0]", '{"a": [' + "{}," * 20_000 + "0]}"):
        with pytest.raises(Refused):
            parsed(many.encode())
    assert len(parsed(("[" + "0," * 5_000 + "0]").encode())) == 5_001


@pytest.mark.parametrize("number", ["1" * 4_299, "-" + "1" * 50, "1." + "1" * 50, "1e" + "0" * 50])
def test_long_numbers_are_refused(number):
    """Python takes a time for them that grows with the square of their length."""
    with pytest.raises(Refused):
        parsed(f'{{"x": [{number}]}}'.encode())


def test_very_many_digits_hold_nobody_up():
    body = ('{"x": [' + ",".join(["1" * 4_299] * 6_000) + "]}").encode()
    began = time.process_time()
    with pytest.raises(Refused):
        parsed(body)
    assert time.process_time() - began < 0.3


def test_numbers_as_browsers_write_them_are_read():
    numbers = [0, -1, 2**53, 0.1, -1.7976931348623157e308, 5e-324, 1e21]
    assert parsed(json.dumps(numbers).encode()) == numbers


@pytest.mark.parametrize("body", [rb'{"a": "\ud800"}', rb'{"\udfff": 1}', rb'["a", ["\udc00\ud800"]]'])
def test_half_a_character_is_refused(body):
    with pytest.raises(Refused):
        parsed(body)
    assert parsed(rb'"\ud83d\ude00"') == "😀"


@pytest.mark.parametrize(
    "changed",
    [
        {"jsonrpc": "1.0"},
        {"id": 0.5},
        {"id": None},
        {"method": "tools/list"},
        {"params": None},
        {"params": {"name": 3}},
        {"params": {"name": "a", "arguments": []}},
        {"params": {"name": "a", "_meta": {"progressToken": []}}},
    ],
)
def test_what_calls_no_tool_is_refused(changed):
    """As the MCP specification says what a call is."""
    params = {"name": "classify", "arguments": {"photo": ""}, "_meta": {"progressToken": 3}}
    call = {"jsonrpc": "2.0", "id": "a", "method": "tools/call", "params": params}
    check_tool_call(call)
    with pytest.raises(Refused):
        check_tool_call(call | changed)


def test_what_json_says():
    value = {"data": [1, "ü", None, {"path": "car.jpg"}]}
    assert parsed(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "address", ["http://a.b/c.jpg", " HTTPS://a.b", "ftp://a.b", "file:///etc/passwd", "//a"]
)
def test_files_named_by_an_address_are_refused(address):
    with pytest.raises(Refused) as refused:
        parsed(json.dumps({"data": [1, [{"photo": {"path": address}}]]}).encode())
    assert (refused.value.sentence, refused.value.status) == (NO_FETCHING, 403)
