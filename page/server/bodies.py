"""Bodies of requests: no longer than allowed, no slower than people are, and of JSON nothing but JSON."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import IO, Any

from mcp.types import CallToolRequest, JSONRPCRequest
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive

from page.server.refusals import NO_FETCHING, NOT_UNDERSTOOD, TOO_LARGE, TOO_SLOW, Refused
from page.server.uploads import Room

PATIENCE = 15.0  # seconds that a request may take, whatever its length
PACE = 20_000  # bytes a second that a longer one has to reach on average
SILENCE = 15.0  # seconds that may pass between two parts of it
MOST_PARTS = 20_000  # values in a body of JSON; each takes far more memory than it has bytes
MAX_DEPTH = 40  # tables and lists within each other
LONGEST_NUMBER = 40  # characters; a browser writes at most 25
IN_MEMORY = 64 * 1024  # bytes of a body that is not whole yet; the rest is in a file
ADDRESSES = ("http:", "https:", "ftp:", "file:", "//")


def paced(receive: Receive, most: int) -> Receive:
    """`receive` for a body of at most so many bytes that arrives at a bearable pace; raises Refused.

    After the body it is patient: what comes then is the caller's leaving.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    count, over = 0, False

    async def next_part() -> Message:
        nonlocal count, over
        if over:
            return await receive()
        try:
            left = min(SILENCE, begun + PATIENCE + count / PACE - loop.time())
            message = await asyncio.wait_for(receive(), max(0.0, left))
        except TimeoutError:
            raise Refused(TOO_SLOW, 408) from None
        count += len(message.get("body", b""))
        if count > most:
            raise Refused(TOO_LARGE, 413)
        over = not message.get("more_body", False)
        return message

    return next_part


async def whole(receive: Receive, file: IO[bytes], room: Room) -> int:
    """Writes all of a body into a file; its length. Raises Refused, also where the caller leaves.

    What is still coming takes no memory, and on the disk it has a share as uploads have.
    """
    count, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Refused(NOT_UNDERSTOOD, 400)
        part, more = message.get("body", b""), message.get("more_body", False)
        count += len(part)
        if count > IN_MEMORY:
            room.take(len(part))
            await run_in_threadpool(file.write, part)
        else:
            file.write(part)
    file.seek(0)
    return count


def replayed(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read already, and after it whatever else comes."""
    delivered = False

    async def again() -> Message:
        nonlocal delivered
        if delivered:
            return await receive()
        delivered = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def parsed(body: bytes) -> Any:  # noqa: ANN401
    """What a body of JSON says. Raises Refused for another one, a deep one, and one that names an address.

    UTF-8 alone is read, without a zero: other encodings would be looked at in one way and read in another. A
    long number takes a time that grows with its square, and half a character cannot be sent back.
    """
    try:
        if b"\0" in body or sum(map(body.count, (b",", b"[", b"{"))) > MOST_PARTS:
            raise ValueError
        value = json.loads(body.decode(), parse_int=_short(int), parse_float=_short(float))
        if _names_an_address(value):
            raise Refused(NO_FETCHING, 403)
    except (RecursionError, ValueError):
        raise Refused(NOT_UNDERSTOOD, 400) from None
    return value


def check_tool_call(value: Any) -> None:  # noqa: ANN401
    """Raises Refused for what calls no tool: nothing else is large, and mcp takes a second to say why."""
    try:
        JSONRPCRequest.model_validate(value)
        CallToolRequest.model_validate(value)
    except ValidationError:
        raise Refused(NOT_UNDERSTOOD, 400) from None


def _short(kind: type) -> Callable[[str], Any]:
    """Reads a number of this kind. Raises ValueError for a long one."""

    def number(text: str) -> Any:  # noqa: ANN401
        if len(text) > LONGEST_NUMBER:
            raise ValueError
        return kind(text)

    return number


def _names_an_address(value: Any, depth: int = 0) -> bool:  # noqa: ANN401
    """Whether a file in a value from JSON is to be fetched.

    Raises RecursionError for a deep one, and ValueError for text that is none: halves of characters.
    """
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, str):
        value.encode()
    if isinstance(value, Mapping):
        "".join(value).encode()
        path = value.get("path")
        if isinstance(path, str) and path.strip().lower().startswith(ADDRESSES):
            return True
        return any(_names_an_address(entry, depth + 1) for entry in value.values())
    return isinstance(value, list) and any(_names_an_address(entry, depth + 1) for entry in value)
