"""The guard where many ask at once, or one asks for much."""

import asyncio

import httpx

from page.server import guard as module
from page.server.guard import Guard
from page.server.refusals import (
    CROWDED,
    FULL,
    NOT_UNDERSTOOD,
)
from page.server.routes import API, MAX_BODY


def said(answer):
    return answer.status_code, answer.text


def held_up(leave):
    """The guard before an app that answers nobody before an event."""

    async def slow(scope, receive, send):
        await leave.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return Guard(slow)


def asking(guarded, address):
    transport = httpx.ASGITransport(guarded, client=(address, 5))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


def test_one_address_may_hold_so_many_requests_open(run_apart, monkeypatch):
    monkeypatch.setattr(module, "OPEN_REQUESTS", 3)

    async def crowd():
        leave = asyncio.Event()
        guarded = held_up(leave)

        async def get(address):
            async with asking(guarded, address) as http:
                return await http.get("/")

        held = [asyncio.create_task(get("192.0.2.1")) for _ in range(3)]
        await asyncio.sleep(0.1)
        refused, other = await get("192.0.2.1"), asyncio.create_task(get("192.0.2.2"))
        await asyncio.sleep(0.1)
        leave.set()
        answers = [await each for each in (*held, other)]
        return refused, answers, await get("192.0.2.1")

    refused, answers, afterwards = run_apart(crowd())
    assert said(refused) == (503, CROWDED)
    assert {each.status_code for each in (*answers, afterwards)} == {200}


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}


def test_a_large_body_calls_a_tool(ask, behind):
    assert ask("POST", f"{API}/mcp/", CALL | {"params": {"name": "a" * MAX_BODY}}).status_code == 200
    for other in ({"x": "a" * MAX_BODY}, CALL | {"params": "a" * MAX_BODY}, ["a" * MAX_BODY]):
        assert said(ask("POST", f"{API}/mcp/", other)) == (400, NOT_UNDERSTOOD)
    assert behind.seen == 1


def slots(run_apart, count, size, address="192.0.2.1"):
    """What is said to so many requests whose bodies are whole, while none of them is answered."""

    async def crowd():
        leave = asyncio.Event()
        guarded = held_up(leave)

        async def post(number):
            async with asking(guarded, address.format(number)) as http:
                return await http.post(f"{API}/mcp/", json=CALL | {"params": {"name": "a" * size}})

        asked = [asyncio.create_task(post(number)) for number in range(count)]
        await asyncio.sleep(1)
        leave.set()
        return [said(await each) for each in asked]

    return run_apart(crowd())


def test_large_bodies_are_few_in_memory_at_once(run_apart):
    served, full = (200, ""), (503, FULL)
    assert sorted(slots(run_apart, 5, MAX_BODY)) == [served] * 3 + [full] * 2
    assert sorted(slots(run_apart, 10, MAX_BODY, "192.0.2.{}")) == [served] * 8 + [full] * 2
    assert slots(run_apart, 10, MAX_BODY - 100) == [served] * 10
