"""Somebody who sends whatever comes to mind."""

import json
import random
import re

from tests.hostile.client import ELSEWHERE, photo
from tests.hostile.corpus import NAMES, encode, picture

METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "nonsense")
SESSIONS = ("", "a", "abc", "a" * 65, "../x", "ü", "\0", None, 3, [], {}, True, "11111111111", "%2e%2e")
HOSTS = ("evil.example", "127.0.0.1.evil.example:80", "", "0.0.0.0", "[::1", "localhost@evil.example", "\xff")
ORIGINS = (
    "https://evil.example",
    "null",
    "http://127.0.0.1:1",
    "file://",
    "",
    "http://[",
    "chrome-extension://x",
)


class Stranger:
    """Makes requests at random; the same for the same seed."""

    def __init__(self, paths, files, seed):
        self.paths = paths
        self.files = files  # of the machine, which no answer may give away and nothing may change
        self.chance = random.Random(seed)

    def request(self):
        """Method, path, headers and body."""
        pick = self.chance.choice
        path = re.sub(r"\{[^}]*\}", lambda _: self._part(), pick(self.paths))
        if self.chance.random() < 0.2:
            path += pick(
                (
                    "/",
                    "//",
                    "/upload",
                    "?x=1",
                    f"?session_hash={pick(SESSIONS)}",
                    "/../..",
                    "%2e%2e",
                    "?__sign=1",
                )
            )
        headers = {}
        if self.chance.random() < 0.15:
            headers["host"] = pick(HOSTS)
        if self.chance.random() < 0.15:
            headers["origin"] = pick(ORIGINS)
        if self.chance.random() < 0.2:
            headers["x-forwarded-for"] = headers["x-forwarded-host"] = pick(
                ("evil.example", "127.0.0.1", "\0", "a" * 999)
            )
        if self.chance.random() < 0.1:
            headers |= {"cookie": f"visitor={pick(SESSIONS)}", "range": "bytes=0-9", "x-gradio-user": "mcp"}
        body, kind = self._body()
        headers["content-type"] = (
            kind if self.chance.random() < 0.9 else pick(("text/html", "x", "multipart/form-data"))
        )
        headers["accept"] = "application/json, text/event-stream"
        method = pick(METHODS) if self.chance.random() < 0.3 else pick(("GET", "POST"))
        return (
            method,
            path,
            {name: value.encode("latin-1", "replace") for name, value in headers.items()},
            body,
        )

    def _part(self):
        files = [str(each) for each in self.files]
        return str(
            self.chance.choice(
                ["x", "0", "classify", "explain", "..%2f..", ELSEWHERE, "a" * 300, *files, *SESSIONS]
            )
        )

    def _body(self):
        pick, chance = self.chance.choice, self.chance.random()
        if chance < 0.1:
            return self.chance.randbytes(self.chance.randrange(400)), "application/json"
        if chance < 0.25:
            return self._form(), "multipart/form-data; boundary=x"
        if chance < 0.45:
            arguments = {
                "photo": pick(["data:,", *map(str, self.files), {"path": str(pick(self.files))}]),
                "x": self._value(),
            }
            params = {"name": pick(("classify", "explain", "x")), "arguments": arguments}
            asked = {
                "jsonrpc": "2.0",
                "id": 1,
                "method": pick(("tools/call", "tools/list", "x")),
                "params": params,
            }
            return json.dumps(asked).encode(), "application/json"
        asked = {
            "data": [self._value() for _ in range(self.chance.randrange(8))],
            "fn_index": pick((0, 1, 5, 30, -1, 10**9, None, "x")),
            "session_hash": pick(SESSIONS),
            "event_id": pick(SESSIONS),
            "event_data": self._value(),
            "trigger_id": pick((None, 1, "x")),
        }
        for name in self.chance.sample(sorted(asked), self.chance.randrange(4)):
            del asked[name]
        return json.dumps(asked).encode(), "application/json"

    def _form(self):
        parts = []
        for _ in range(self.chance.randrange(7)):
            name = self.chance.choice(("files", "files", "other", "", "session_hash"))
            file = self.chance.choice(NAMES).replace('"', "'").replace("\n", "").replace("\r", "")
            end = self.chance.choice((b"\r\n", b""))
            head = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'
            parts.append(
                head.encode("utf-8", "replace") + encode(picture(), "PNG")[: self.chance.randrange(900)] + end
            )
        return b"".join(parts) + self.chance.choice((b"--x--\r\n", b""))

    def _value(self, depth=0):
        pick = self.chance.choice
        if depth < 3 and self.chance.random() < 0.4:
            keys = ("path", "url", "meta", "x", "data", "photo")
            inner = {pick(keys): self._value(depth + 1) for _ in range(2)}
            return pick((inner, [inner], photo(str(pick(self.files)))))
        return pick(
            ("suv", "", 3, -1.5, None, True, "\0", ELSEWHERE, *map(str, self.files), "average", "final")
        )
