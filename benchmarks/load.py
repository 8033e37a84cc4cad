"""A bounded load generator: one thread, many kept-alive sockets, each asking again as soon as it is answered.

It shares the cores with the server it loads, so it does as little as possible: no parsing beyond the status and the
length of an answer. Only for the loopback address.
"""

import re
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

RECEIVE = 1 << 18


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it. `client_share` is the part of one core the generator itself used."""

    answers: int
    failures: int
    seconds: float
    latencies: list[float]
    client_share: float

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    asked: float = 0.0
    buffer: bytearray = field(default_factory=bytearray)
    length: int = 0
    good: bool = False


def generate(port: int, path: str, cookie: str, connections: int, seconds: float) -> Load:
    """GET `path`, signed in, over `connections` connections for `seconds`. Whatever is not a 200 is a failure."""
    head = f"Host: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\nCookie: {cookie}\r\n"
    request = f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
    latencies: list[float] = []
    failures = 0
    with selectors.DefaultSelector() as selector:
        opened = [_Connection(socket.create_connection(("127.0.0.1", port))) for _ in range(connections)]
        for connection in opened:
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        cpu, began = time.process_time(), time.perf_counter()
        for connection in opened:
            _ask(connection, request)
        while (now := time.perf_counter()) < began + seconds:
            for key, _ in selector.select(began + seconds - now):
                connection = key.data
                if not _receive(connection):
                    continue
                if connection.good:
                    latencies.append(time.perf_counter() - connection.asked)
                else:
                    failures += 1
                _ask(connection, request)
        spent = time.perf_counter() - began
        share = (time.process_time() - cpu) / spent
        for connection in opened:
            selector.unregister(connection.socket)
            connection.socket.close()
    return Load(len(latencies), failures, spent, latencies, share)


def _ask(connection: _Connection, request: bytes) -> None:
    connection.buffer.clear()
    connection.length = 0
    connection.asked = time.perf_counter()
    connection.socket.sendall(request)


def _receive(connection: _Connection) -> bool:
    """Take what has come; whether the answer is whole. Raises `ConnectionError` when the server hangs up."""
    part = connection.socket.recv(RECEIVE)
    if not part:
        raise ConnectionError("the server closed a connection that was to be kept")
    buffer = connection.buffer
    buffer += part
    if not connection.length:
        head = buffer.find(b"\r\n\r\n")
        if head < 0:
            return False
        lower = bytes(buffer[:head]).lower()
        connection.good = lower.startswith(b"http/1.1 200")
        stated = lower.partition(b"content-length:")[2].partition(b"\r\n")[0]
        connection.length = head + 4 + int(stated)
    return len(buffer) >= connection.length


def refresh(port: int, ask: str, picture: str, cookies: Sequence[str], seconds: float) -> Load:
    """One viewer for each of `cookies`, each without a pause: asks for the version at `ask`, then for the whole
    picture of that version below `picture`. An answer is a full refresh, its latency from the question to the
    picture's last byte. A picture that has been replaced in between is asked for anew, and the time goes on."""
    head = f"Host: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n"
    latencies: list[float] = []
    failures = 0
    with selectors.DefaultSelector() as selector:
        opened = []
        for cookie in cookies:
            connection = _Connection(socket.create_connection(("127.0.0.1", port)))
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            tail = f" HTTP/1.1\r\n{head}Cookie: {cookie}\r\n\r\n".encode()
            opened.append((connection, f"GET {ask}".encode() + tail, tail))
        requests = {id(connection): (question, tail) for connection, question, tail in opened}
        fetching: dict[int, float] = {}
        cpu, began = time.process_time(), time.perf_counter()
        for connection, question, _ in opened:
            _ask(connection, question)
        while (now := time.perf_counter()) < began + seconds:
            for key, _ in selector.select(began + seconds - now):
                connection = key.data
                if not _receive(connection):
                    continue
                me = id(connection)
                question, tail = requests[me]
                if me in fetching and connection.good:
                    latencies.append(time.perf_counter() - fetching.pop(me))
                    _ask(connection, question)
                elif me in fetching:
                    # Another version has taken its place.
                    asked = fetching.pop(me)
                    failures += bytes(connection.buffer[9:12]) != b"307"
                    _ask(connection, question)
                    connection.asked = asked
                elif connection.good:
                    body = connection.buffer[connection.buffer.find(b"\r\n\r\n") + 4 :]
                    revision, minute = (
                        int(found[1]) for found in (_REVISION.search(body), _MINUTE.search(body)) if found
                    )
                    fetching[me] = connection.asked
                    _ask(connection, f"GET {picture}/{revision}-{minute}".encode() + tail)
                else:
                    failures += 1
                    _ask(connection, question)
        spent = time.perf_counter() - began
        share = (time.process_time() - cpu) / spent
        for connection, _, _ in opened:
            selector.unregister(connection.socket)
            connection.socket.close()
    return Load(len(latencies), failures, spent, latencies, share)


_REVISION, _MINUTE = re.compile(rb'"revision":(\d+)'), re.compile(rb'"minute":(\d+)')
