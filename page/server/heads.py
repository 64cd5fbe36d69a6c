"""The lines of a request before its body: no longer than browsers send, nothing for gradio to believe.

gradio and Starlette read cookies in a time that grows with the square of their length, and make addresses of
what a header says that the page is called. They get neither: the page knows its visitors by itself.
"""

from starlette.types import Scope

from page.server.hosts import Hosts
from page.server.refusals import LONG_HEAD, Refused

MOST = 32_000  # bytes of address and headers; a browser with the cookies of other local pages sends 10,000
COOKIES = b"cookie"
FORWARDED_HOST = b"x-forwarded-host"  # believed where it is one of the page's names
UNREAD = (COOKIES, b"x-gradio-server")


def check_length(scope: Scope) -> None:
    """Raises Refused for a request whose lines before the body are longer than any browser's."""
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    if len(scope["path"]) + len(scope["query_string"]) + headers > MOST:
        raise Refused(LONG_HEAD, 431)


def clean(scope: Scope, hosts: Hosts) -> None:
    """Takes out of a request what gradio is not to read, or would believe of everybody."""
    scope["headers"] = [
        (name, value)
        for name, value in scope["headers"]
        if name not in UNREAD and (name != FORWARDED_HOST or hosts.is_allowed(value.decode("latin-1")))
    ]
