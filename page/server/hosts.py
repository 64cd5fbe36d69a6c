"""Under which names the page is served, and which websites may send it something.

A website can give its own name the address 127.0.0.1 and so make a visitor's browser talk to whatever runs on
that visitor's own machine (DNS rebinding), or post to it blindly. The browser says which name it looked up in
Host, and which website asks in Origin; both are looked at before anything else.
"""

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[0-9a-z._-]+)(:[0-9]{1,5})?")
LOCAL_NAMES = ("localhost", "localhost.localdomain")
HUGGING_FACE = ("https://huggingface.co", "https://*.huggingface.co", "https://*.hf.space")


class Hosts:
    """The names of a page that listens on the address `bound`.

    One that listens on the loopback, or has been told what it is called (`allowed`), answers to these names
    and the loopback's alone; one that listens to the network without being told answers to every name.
    """

    def __init__(self, bound: str = "127.0.0.1", allowed: Iterable[str] = ()) -> None:
        self.allowed = {name.lower() for name in allowed}
        self.strict = is_loopback(bound) or bool(self.allowed)
        self.frames: tuple[str, ...] = ()  # websites that may show the page within their own
        if space := os.environ.get("SPACE_HOST"):  # what Hugging Face tells a Space that it is called
            self.allowed.add(space.lower())
            self.frames = HUGGING_FACE

    def allow(self, address: str) -> None:
        """Serves the page also under the name in an address such as https://name.example."""
        self.allowed.add(_name(urlsplit(address).netloc))

    def is_allowed(self, host: str) -> bool:
        """Whether a host is one of the names that the page was told."""
        return _name(host) in self.allowed

    def serves(self, host: str) -> bool:
        """Whether a request for this host, with or without a port, is answered."""
        name = _name(host)
        return bool(name) and (not self.strict or is_loopback(name) or name in self.allowed)

    def may_begin(self, headers: Mapping[str, str], host: str) -> bool:
        """Whether a request may begin a visit, which ends the oldest of its address: of no other website.

        Browsers say from where a GET comes: in Origin, or where a picture is asked for in Sec-Fetch-Site.
        """
        if "origin" in headers:
            return self.trusts(headers["origin"], host)
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin")

    def trusts(self, origin: str | None, host: str) -> bool:
        """Whether a page of this origin may post: the page itself, one of its names, or no website at all."""
        if origin is None:
            return True
        try:
            parts = urlsplit(origin)
            asking = parts.netloc.lower()
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and (
            asking == host.lower().strip() or self.is_allowed(asking)
        )


def is_loopback(name: str) -> bool:
    """Whether a host's name or address is this machine's own, by its spelling alone: nothing is looked up."""
    name = name.strip("[]").lower()
    if name.endswith(LOCAL_NAMES) and (name in LOCAL_NAMES or name.endswith(".localhost")):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """A host without its port, in small letters; "" where there is none or it is no host."""
    match = HOST.fullmatch(host.strip().lower())
    return match["name"].strip("[]").rstrip(".") if match else ""
