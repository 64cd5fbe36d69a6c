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
EVENTS, EVENTS_OF_ALL = 500, 20_000  # whose owner is known, and whose answer is kept
VISITS = 100  # of one address at a time, a tab of a browser each: a class behind one address has enough
VISITS_OF_ALL = 200
OURS = ""  # in place of an address
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


class _Owners:
    """Whose each of some names is: at most so many of one address, and of all together."""

    def __init__(self, of_one: int, of_all: int) -> None:
        self._of_one, self._of_all = of_one, of_all
        self._owners: dict[str, Visitor] = {}
        self._names: dict[str, OrderedDict[str, None]] = {}  # address -> its names, last used last

    def of(self, name: str) -> Visitor | None:
        """The owner of a name, if it has one."""
        return self._owners.get(name)

    def use(self, name: str) -> None:
        """The name is the one used last of its address."""
        if owner := self._owners.get(name):
            self._names[owner.address].move_to_end(name)

    def enter(self, name: str, owner: Visitor) -> str:
        """The name is this visitor's from now on; the one that has to go for it, or ""."""
        self._owners[name] = owner
        own = self._names.setdefault(owner.address, OrderedDict())
        own[name] = None
        if len(own) <= self._of_one:
            if len(self._owners) <= self._of_all:
                return ""
            own = max(self._names.values(), key=len)
        late, _ = own.popitem(last=False)
        former = self._owners.pop(late)
        if not own:
            del self._names[former.address]
        return late


class Visitors:
    """Tells visitors apart, and remembers whose sessions are whose; may be shared by threads.

    `ended` is called with the hash of each visit that goes, and the id of each event, for newer ones: always
    the least recently used of the address that has most, so that nobody's push out another's.
    """

    def __init__(self, ended: Callable[[str], None] = lambda session: None) -> None:
        self.secret = secrets.token_urlsafe(24)  # known to this process alone
        self.ended = ended
        self._events = _Owners(EVENTS, EVENTS_OF_ALL)
        self._visits = _Owners(VISITS, VISITS_OF_ALL)
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
        late = ""
        with self._lock:
            owner = self._visits.of(name)
            if owner is None and begins and self._events.of(name) is None:  # no event becomes a session
                late, owner = self._visits.enter(name, self._counted(visitor)), visitor
            if owner is None and not begins:
                owner = self._events.of(name)
            if owner is None or not owner.is_same(visitor):
                return False
            self._visits.use(name)
        if late:
            self.ended(late)
        return True

    def asked(self, visitor: Visitor, event: str) -> None:
        """A visitor has asked for something, which is called so."""
        with self._lock:
            late = self._events.enter(event, visitor)
        if late:
            self.ended(late)

    def _counted(self, visitor: Visitor) -> Visitor:
        """Under whose address a visit counts: the one that all MCP callers share, under none."""
        return Visitor(visitor.cookie, OURS) if visitor.cookie == self.secret else visitor


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
