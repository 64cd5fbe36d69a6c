"""The page's HTTP API as anybody may use it, without a client that minds its manners."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

API = "/gradio_api"
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
UNDERWAY = ("estimation", "heartbeat", "process_starts", "process_generating")  # messages before the last
ELSEWHERE = "http://example.org/car.jpg"
ROOT = Path(__file__).resolve().parents[2]


def visitor(url: str, number: int = 0) -> httpx.Client:
    """A client of the page with an address of its own, as all of 127.0.0.0/8 are this machine's (Linux)."""
    here = httpx.HTTPTransport(local_address=f"127.0.{1 + number // 250}.{1 + number % 250}")
    return httpx.Client(base_url=url, timeout=600, transport=here)


def upload(http: httpx.Client, name: str, data: bytes) -> httpx.Response:
    return http.post(f"{API}/upload", files={"files": (name, data)})


def photo(path: str, **more: object) -> dict[str, Any]:
    """What stands for an uploaded file in a request."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


def call(http: httpx.Client, endpoint: str, data: object) -> tuple[int, str, Any]:
    """Asks an endpoint; returns the status, the last event ("complete" or "error") and what came with it."""
    begun = http.post(f"{API}/call/{endpoint}", content=json.dumps({"data": data}), headers=JSON)
    if begun.status_code != 200:
        return begun.status_code, "refused", begun.text
    event, content = "", None
    with http.stream("GET", f"{API}/call/{endpoint}/{begun.json()['event_id']}") as lines:
        for line in lines.iter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: ") and event in ("complete", "error"):
                content = json.loads(line.removeprefix("data: "))
    return 200, event, content


def classify(http: httpx.Client, name: str, data: bytes) -> tuple[int, str, Any]:
    """Uploads a file and asks what is on it."""
    sent = upload(http, name, data)
    if sent.status_code != 200:
        return sent.status_code, "refused", sent.text
    return call(http, "classify", [photo(sent.json()[0], orig_name=Path(name).name), "average", "final"])


def assert_gives_nothing_away(text: str) -> None:
    assert "Traceback" not in text
    assert "root:" not in text
    assert str(ROOT) not in text


def trigger(http: httpx.Client, event: int, data: object, event_data: object, session: str) -> dict[str, Any]:
    """Does what the page does when a visitor touches something; returns the message that ended it."""
    asked = {"fn_index": event, "data": data, "event_data": event_data, "session_hash": session}
    begun = http.post(f"{API}/queue/join", content=json.dumps(asked), headers=JSON)
    if begun.status_code != 200:
        return {"msg": "refused", "status": begun.status_code, "sentence": begun.text}
    with http.stream("GET", f"{API}/queue/data", params={"session_hash": session}) as lines:
        for line in lines.iter_lines():
            message = json.loads(line.removeprefix("data: ") or "{}")
            if message.get("msg") not in (*UNDERWAY, None):
                return message
    return {"msg": "lost"}


def until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    """Waits until something holds; whether it does."""
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def tool(http: httpx.Client, arguments: object, name: str = "classify") -> str:
    """Calls a tool over MCP; what it says."""
    asked = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": name, "arguments": arguments},
    }
    return http.post(f"{API}/mcp/", json=asked, headers=JSON).text


def explained(http: httpx.Client) -> bool:
    """Whether the page answers a good request."""
    status, event, content = classify(http, "car.jpg", (ROOT / "examples" / "suv_1.jpg").read_bytes())
    return (status, event) == (200, "complete") and bool(content[0]["sentence"])
