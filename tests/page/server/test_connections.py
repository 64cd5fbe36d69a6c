"""Connections that ask nothing, against a server of uvicorn in this process."""

import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import uvicorn

from page.server import connections

ROOT = Path(__file__).resolve().parents[3]
LONG = 64 * 2**20  # bytes of an answer, more than the system keeps for a connection


async def hello(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/long":
        length = str(LONG).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        for _ in range(64):
            await send({"type": "http.response.body", "body": bytes(LONG // 64), "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"hi"})


@pytest.fixture(scope="module")
def port():
    patch = pytest.MonkeyPatch()
    patch.setattr(connections, "HEAD_WITHIN", 1.0)
    patch.setattr(connections, "READ_WITHIN", 1.0)
    patch.setenv("FORWARDED_ALLOW_IPS", "none")
    connections.install()
    server = uvicorn.Server(uvicorn.Config(hello, port=0, log_level="warning", timeout_keep_alive=30))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)
    patch.undo()


def closed_after(connection, within):
    """Seconds until the server closes a connection."""
    connection.settimeout(within)
    began = time.monotonic()
    while connection.recv(4096):
        pass
    return time.monotonic() - began


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 500]
)
def test_a_connection_that_asks_nothing_is_closed(port, sent):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(sent)
        assert closed_after(connection, 10) < 5


def connections_from(port, count):
    """So many, from two addresses of this machine."""
    return [
        socket.create_connection(("127.0.0.1", port), source_address=(f"127.0.0.{2 + number % 2}", 0))
        for number in range(count)
    ]


def test_one_address_has_so_many(port, monkeypatch):
    monkeypatch.setattr(connections, "MOST_OF_ONE", 5)
    first = [socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.9", 0)) for _ in range(5)]
    late = socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.9", 0))
    with late, pytest.raises(OSError):
        assert closed_after(late, 5) < 1
        raise OSError  # closed, or reset
    other = socket.create_connection(("127.0.0.1", port))
    other.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert other.recv(4096).startswith(b"HTTP/1.1 200")
    for each in (*first, other):
        each.close()
    deadline = time.monotonic() + 10
    while connections.OPEN["127.0.0.9"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not connections.OPEN["127.0.0.9"]


def test_many_that_trickle_are_closed(port):
    many = connections_from(port, 250)
    began = time.monotonic()
    gone = set()
    while len(gone) < len(many) and time.monotonic() - began < 20:
        for connection in many:
            if connection in gone:
                continue
            try:
                connection.sendall(b"X")
                connection.settimeout(0.001)
                if not connection.recv(1):
                    gone.add(connection)
            except TimeoutError:
                pass
            except OSError:
                gone.add(connection)
        time.sleep(0.2)
    for connection in many:
        connection.close()
    assert len(gone) == len(many)


def test_one_that_asks_again_and_again_is_kept(port):
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(4):
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"hi"):
                answer += connection.recv(4096)
            time.sleep(0.5)
        connection.sendall(request[:10])  # and then nothing more
        assert closed_after(connection, 10) < 5


def test_an_answer_that_nobody_reads_is_cut_off(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        time.sleep(3)  # longer than READ_WITHIN, in which nothing is read
        read = 0
        connection.settimeout(10)
        with suppress(ConnectionResetError):
            while part := connection.recv(2**20):
                read += len(part)
        assert read < LONG  # the rest never comes


def test_an_answer_that_is_read_slowly_comes_whole(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        connection.settimeout(10)
        answer = bytearray()
        while part := connection.recv(2**20):
            answer += part
            if len(answer) < LONG // 16:
                time.sleep(0.05)
        assert answer.endswith(bytes(1000)) and len(answer) > LONG


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such limits.")
def test_as_many_connections_as_the_system_allows_are_taken():
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 256));"
        "from page.server import connections; connections.install();"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == "(256, 256)"
