"""A receiver on this machine: keeps what it is sent and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Receiver:
    """`answers` are given in order, the last one from then on: a status and a body. `hold` keeps every answer back
    until it is set."""

    address: str
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(200, b'{"errcode":0,"errmsg":"ok"}')])
    hold: threading.Event = field(default_factory=threading.Event)
    came: threading.Event = field(default_factory=threading.Event)

    def texts(self) -> list[str]:
        return [one.body["text"] if isinstance(one.body["text"], str) else one.body["text"]["content"]
                for one in self.received]  # fmt: skip


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            there.received.append(Received(self.path, dict(self.headers), raw))
            there.came.set()
            there.hold.wait(20)
            status, body = there.answers.pop(0) if len(there.answers) > 1 else there.answers[0]
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    there.hold.set()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield there
    finally:
        there.hold.set()
        server.shutdown()
        server.server_close()
