"""Bodies of requests: no longer than allowed, no slower than people are, and of JSON nothing but JSON."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.types import Message, Receive

from page.server.refusals import NO_FETCHING, NOT_UNDERSTOOD, TOO_LARGE, TOO_SLOW, Refused

PATIENCE = 15.0  # seconds that a request may take, whatever its length
PACE = 20_000  # bytes a second that a longer one has to reach on average
SILENCE = 15.0  # seconds that may pass between two parts of it
MOST_PARTS = 20_000  # values in a body of JSON; each takes far more memory than it has bytes
MAX_DEPTH = 40  # tables and lists within each other
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


async def whole(receive: Receive) -> bytes:
    """All of a body. Raises Refused, also where the caller leaves in its middle."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Refused(NOT_UNDERSTOOD, 400)
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


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

    UTF-8 alone is read, without a zero: other encodings would be looked at in one way and read in another.
    """
    try:
        if b"\0" in body or sum(map(body.count, (b",", b"[", b"{"))) > MOST_PARTS:
            raise ValueError
        value = json.loads(body.decode())
        if _names_an_address(value):
            raise Refused(NO_FETCHING, 403)
    except (RecursionError, ValueError):
        raise Refused(NOT_UNDERSTOOD, 400) from None
    return value


def _names_an_address(value: Any, depth: int = 0) -> bool:  # noqa: ANN401
    """Whether a file in a value from JSON is to be fetched. Raises RecursionError for a deep one."""
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, Mapping):
        path = value.get("path")
        if isinstance(path, str) and path.strip().lower().startswith(ADDRESSES):
            return True
        return any(_names_an_address(entry, depth + 1) for entry in value.values())
    return isinstance(value, list) and any(_names_an_address(entry, depth + 1) for entry in value)
