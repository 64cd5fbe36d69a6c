"""How the serving process starts and ends: from outside it may be told to stop at any time."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SPACE_PROXIES = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"  # from where Hugging Face passes requests on
SIGNALS = (signal.SIGINT, signal.SIGTERM)
NOBODY = "none"  # is no address


class _Stop(BaseException):
    """The process was told to stop."""


@contextmanager
def until_told_to_stop() -> Iterator[None]:
    """Runs what is within until Ctrl-C or SIGTERM; what has to be cleaned up there is, and the process ends.

    It does not wait for what is being computed, which may take longer than anybody is willing to wait.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        for kind in SIGNALS:
            signal.signal(kind, signal.SIG_IGN)  # once is enough; cleaning up is not to be interrupted
        raise _Stop

    before = {kind: signal.signal(kind, stop) for kind in SIGNALS}
    try:
        yield
    except _Stop:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def trust_proxies(proxies: str | None) -> None:
    """Has X-Forwarded-For say who asks where it comes from these addresses, or networks, and from no other.

    Without any, uvicorn's own FORWARDED_ALLOW_IPS counts, or on a Space its proxies. uvicorn itself would
    believe every process of this machine.
    """
    plain = SPACE_PROXIES if os.environ.get("SPACE_ID") else NOBODY
    os.environ["FORWARDED_ALLOW_IPS"] = proxies or os.environ.get("FORWARDED_ALLOW_IPS") or plain


def cannot_listen(host: str, port: int | None) -> str:
    """Why a page was not served, and what to do."""
    place = f"{host}{f':{port}' if port else ''}"
    return (
        f"The page cannot be served at {place}: another program uses this port, or it is no address of this "
        "machine; please choose another --port or --host."
    )
