"""A visitor of the running page without a browser: what the page's events send, in the order of a visit."""

import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

API = "/gradio_api"
LABELS = {"ensemble": "Ensemble", "networks": "Networks"}  # setting -> what its control is called
TABS = ("tab-compare", "tab-what-if", "tab-trust")
PATIENCE = 600  # seconds that one event may take


class VisitError(RuntimeError):
    """The page did not do what a visitor asked for."""


class Visitor:
    """Opens the page anew for every photo, as its visitors do, each in a session of their own."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=PATIENCE)
        config = self.http.get("/config").raise_for_status().json()
        self.components = {component["id"]: component for component in config["components"]}
        self.events = config["dependencies"]

    def visit(self, photo: Path, settings: Mapping[str, Any]) -> None:
        """Gives a photo, waits for its maps and their evidence, looks at the tabs and hides the wheels' row.

        Raises VisitError.
        """
        session = secrets.token_hex(8)
        with photo.open("rb") as file:
            answer = self.http.post(f"{API}/upload", files={"files": (photo.name, file)})
        sent = {"path": answer.raise_for_status().json()[0], "meta": {"_type": "gradio.FileData"}}
        values = {LABELS[name]: value for name, value in settings.items()}
        self._trigger(session, ("photo", "upload"), values | {"photo": sent})
        for tab in TABS:
            self._trigger(session, (tab, "select"), values)
        self._trigger(session, ("In one click", "input"), values | {"In one click": ["wheels_row"]})

    def _trigger(self, session: str, target: tuple[str, str], values: Mapping[str, Any]) -> None:
        """An event of a component and, one after the other, what follows it."""
        waiting = [event for event in self.events if target in self._targets(event)]
        while waiting:
            event = waiting.pop(0)
            if event["backend_fn"]:
                data = [self._value(self.components[number], values) for number in event["inputs"]]
                self._ask(session, event["id"], data)
            waiting += [follower for follower in self.events if follower["trigger_after"] == event["id"]]

    def _ask(self, session: str, event: int, data: list[Any]) -> None:
        body = {"fn_index": event, "data": data, "session_hash": session}
        self.http.post(f"{API}/queue/join", json=body).raise_for_status()
        with self.http.stream("GET", f"{API}/queue/data", params={"session_hash": session}) as lines:
            messages = [json.loads(line.removeprefix("data: ")) for line in lines.iter_lines() if line]
        if not any(message["msg"] == "process_completed" and message["success"] for message in messages):
            raise VisitError(f"Event {event} of the page ended with {messages[-1:]}.")

    def _targets(self, event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for component, name in event["targets"]:
            if component in self.components:
                yield _name(self.components[component]), name

    def _value(self, component: Mapping[str, Any], values: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """What a visit says of a control, or what the page begins with; the server knows states itself."""
        initial = None if component["type"] == "state" else component["props"].get("value")
        return values.get(_name(component), initial)


def _name(component: Mapping[str, Any]) -> str:
    return component["props"].get("elem_id") or component["props"].get("label") or ""
