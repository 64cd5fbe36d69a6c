import base64
import json
from pathlib import Path

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from pydantic import TypeAdapter

from page.api.answer_types import Classified, Explained
from page.server.refusals import NO_FETCHING

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "suv_1.jpg"


@pytest.fixture(scope="module")
def picture():
    return f"data:image/jpeg;base64,{base64.b64encode(EXAMPLE.read_bytes()).decode()}"


@pytest.fixture
def talk(page_url, run_apart):
    """Runs a conversation with the page's MCP server, properties as a function of the session."""

    def talk(conversation):
        async def run():
            async with (
                streamablehttp_client(f"{page_url}gradio_api/mcp/") as (read, write, _),
                ClientSession(read, write) as session,
            ):
                await session.initialize()
                return await conversation(session)

        return run_apart(run())

    return talk


def test_tools_say_what_they_need(talk):
    tools = {tool.name: tool for tool in talk(lambda session: session.list_tools()).tools}
    assert tools.keys() == {"classify", "explain", "evidence", "compare", "what_if"}
    for tool in tools.values():
        assert tool.inputSchema["required"] == ["photo"]
        properties = tool.inputSchema["properties"]
        assert all(parameter["description"] for parameter in properties.values())
        # Of what is to be changed, nothing is the default, which the schema does not say.
        assert all("default" in properties[name] for name in properties.keys() - {"photo", "edits", "box"})
    assert tools["explain"].inputSchema["properties"]["reference"]["enum"] == ["blur", "mean", "black"]


def test_tools_answer_in_typed_json(talk, picture):
    async def ask(session):
        return [
            await session.call_tool("classify", {"photo": picture}),
            await session.call_tool("explain", {"photo": picture, "toward": "suv", "tolerance": 0.4}),
        ]

    for kind, answer in zip((Classified, Explained), talk(ask), strict=True):
        assert not answer.isError
        (text,) = (part.text for part in answer.content)
        assert TypeAdapter(kind).validate_json(text, strict=True) == json.loads(text)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"photo": "data:image/jpeg;base64,AAAA"}, "please use JPEG, PNG"),
        ({"toward": "suv", "against": "suv"}, "please choose another one"),
        ({"toward": "lorry"}, "'lorry' is not one of ['predicted', 'sedan', 'coupe', 'suv', 'truck']"),
        ({"tolerance": 1e300}, "“tolerance” must be a number from 0.001 to 0.5."),
        ({"photo": 3}, "3 is not of type 'string'"),
        ({"photo": "http://127.0.0.1:9/car.jpg"}, NO_FETCHING),
    ],
)
def test_errors_are_one_sentence(talk, picture, asked, sentence):
    answer = talk(lambda session: session.call_tool("explain", {"photo": picture, **asked}))
    assert answer.isError and sentence in answer.content[0].text
    assert "Traceback" not in answer.content[0].text and "/tmp" not in answer.content[0].text
