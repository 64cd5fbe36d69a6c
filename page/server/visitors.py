"""Who asks: the address of a visitor, and to whom a session belongs.

A session is named by the session hash that the page draws at random in the browser; whoever knows it can read
its answers and end its work. So it is bound to the first who uses it: to the cookie that the page sets, or
without one, as programs come, to the address.
"""

import ipaddress
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from starlette.datastructures import Headers
from starlette.types import Scope

ID = re.compile(r"[0-9A-Za-z_-]{1,64}")  # session hashes, event ids and upload ids, of browsers and programs
COOKIE = "visitor"
REMEMBERED = 20_000  # events whose owner is known; gradio keeps the answers of the last 2,000
VISITS = 100  # of one address at a time, a tab of a browser each: a class behind one address has enough
ON_BEHALF = "x-on-behalf-of"  # header: our MCP server asks the page over HTTP, for the address in it


@dataclass(frozen=True)
class Visitor:
    """Who sent a request: the page's cookie, "" without one, and the network address."""

    cookie: str
    address: str

    def is_same(self, other: "Visitor") -> bool:
        """Whether both may be one visitor: by the cookies, or where one has none by the addresses."""
        if self.cookie and other.cookie:
            return self.cookie == other.cookie
        return self.address == other.address


class Visitors:
    """Tells visitors apart, and remembers whose sessions are whose; may be shared by threads.

    Where one address begins more than VISITS, `ended` is called with its least recently used one's hash, so
    that nobody's sessions push out another's.
    """

    def __init__(self, ended: Callable[[str], None] = lambda session: None) -> None:
        self.secret = secrets.token_urlsafe(24)  # known to this process alone
        self.ended = ended
        self._events: OrderedDict[str, Visitor] = OrderedDict()
        self._visits: dict[str, Visitor] = {}  # session hash -> owner
        self._visits_of: dict[str, OrderedDict[str, None]] = {}  # address -> its hashes, last used last
        self._lock = Lock()

    def of(self, scope: Scope) -> Visitor:
        """Who sent the request of an ASGI scope."""
        headers = Headers(scope=scope)
        secret, _, address = headers.get(ON_BEHALF, "").partition(" ")
        if address and secrets.compare_digest(secret.encode(), self.secret.encode()):
            return Visitor(self.secret, address)
        return Visitor(_cookie(headers.get("cookie", "")), network((scope.get("client") or ("",))[0]))

    def on_behalf_of(self, visitor: Visitor) -> dict[str, str]:
        """The header by which a request of this process counts as the visitor's."""
        return {ON_BEHALF: f"{self.secret} {visitor.address}"}

    def owns(self, visitor: Visitor, name: str, begins: bool = False) -> bool:
        """Whether a session hash or event id is this visitor's.

        A hash that was not seen before is from now on, where it `begins` a session, and nobody's otherwise.
        """
        late = None
        with self._lock:
            owner = self._visits.get(name) or self._events.get(name)
            if owner is None and begins:
                owner = self._visits[name] = visitor
                late = self._make_room(visitor.address, name)
            if owner is None or not owner.is_same(visitor):
                return False
            if name in self._visits:
                self._visits_of[self._visits[name].address].move_to_end(name)
        if late:
            self.ended(late)
        return True

    def asked(self, visitor: Visitor, event: str) -> None:
        """A visitor has asked for something, which is called so."""
        with self._lock:
            self._events[event] = visitor
            if len(self._events) > REMEMBERED:
                self._events.popitem(last=False)

    def _make_room(self, address: str, session: str) -> str | None:
        """Enters a session of an address; the one that has to go for it."""
        sessions = self._visits_of.setdefault(address, OrderedDict())
        sessions[session] = None
        if len(sessions) <= VISITS:
            return None
        late, _ = sessions.popitem(last=False)
        del self._visits[late]
        return late


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the 64 bits of an IPv6 one that name a network."""
    try:
        ip_address = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip_address, ipaddress.IPv6Address):
        if ip_address.ipv4_mapped:
            return str(ip_address.ipv4_mapped)
        return str(ipaddress.ip_network((ip_address, 64), strict=False).network_address)
    return str(ip_address)


def _cookie(header: str) -> str:
    """The page's own among the cookies of a request, "" without it; others may look as they like."""
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return next((value for name, _, value in pairs if name == COOKIE and ID.fullmatch(value)), "")


def new_cookie(secure: bool) -> str:
    """The value of Set-Cookie for a browser that has none yet; it ends with the browser."""
    flags = "Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
    return f"{COOKIE}={secrets.token_urlsafe(18)}; {flags}"
