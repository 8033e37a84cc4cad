"""Five hundred open screens and desk pages while reports come in: from a write to the changed number, and the cost.

Every client asks as often as its browser does, and fetches its picture as soon as the version is another. The
load is one thread over kept-alive connections on the same machine: its own share of a core is told beside it.
"""

import heapq
import http.client
import itertools
import os
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from benchmarks import rig
from benchmarks.browser import chromium
from benchmarks.ingest import Clerk
from benchmarks.measure import Measure, at_most, p50_p95
from data import campaigns
from data.database import Database
from data.ingest import screens as ingest
from domain.clock import system_clock
from domain.screens import SCENES, Settings

SCREENS, PAGES = 250, 250
WRITE_EVERY = 5.0
SECONDS = 60.0
WARM = 10.0
SCREEN_ASKS, PAGE_ASKS = 0.75, 1.0
"""Seconds between an answer and the next question (`assets/wall/app.js`, `live.js`)."""
CHANGES = 30
SIZES = ((1920, 1080), (3840, 2160))
KEEPER = ingest.Keeper("benchmark", "benchmark")


def measure() -> Iterator[Measure]:
    for kind in rig.DATABASES:
        with rig.fresh_database(kind) as url:
            with rig.opened(url) as database:
                rig.load_demo(database, system_clock)
                devices = _devices(database, SCREENS, 15)
            # Two workers, as for two cores.
            with rig.serving(url) as server:
                yield from _open_at_once(kind, url, server, devices)
                if kind == rig.SQLITE:
                    yield from _drawing(server, url)


def _devices(database: Database, number: int, dwell: int) -> list[str]:
    """Secrets of screens that have joined, with `dwell` seconds per scene."""
    found = []
    with database.write() as session:
        campaign = campaigns.find(session, rig.DEMO)
        tree = campaigns.tree_of(session, campaign)
        for n in range(number):
            settings = Settings(f"Screen {n}", "", rig.DISTRICT, SCENES, dwell, "zh", 0)
            now = system_clock()
            row, _ = ingest.create(session, campaign, tree, f"bench {dwell} {n}", settings, KEEPER, now)
            code = ingest.join(session, campaign, row, None, KEEPER, now)
            found.append(ingest.type_code(session, code, now)[1])
    return found


@dataclass(slots=True)
class Viewer:
    """One browser. `revision` is that of the picture it shows."""

    ask: str
    picture: str
    cookie: str
    every: float
    socket: socket.socket
    revision: int = -1
    fetching: int | None = None
    buffer: bytearray = field(default_factory=bytearray)
    length: int = 0
    status: int = 0


@dataclass(slots=True)
class Hall:
    """All of them. `seen` says when which client showed which revision."""

    seen: dict[int, list[float]] = field(default_factory=dict)
    answers: int = 0
    failures: int = 0
    share: float = 0.0

    def run(self, clients: list[Viewer], seconds: float, over: threading.Event | None = None) -> None:
        """Let them look for so long, or until it is `over`."""
        due = [(time.perf_counter() + client.every * n / len(clients), n) for n, client in enumerate(clients)]
        heapq.heapify(due)
        cpu, began = time.process_time(), time.perf_counter()
        with selectors.DefaultSelector() as selector:
            for client in clients:
                selector.register(client.socket, selectors.EVENT_READ, client)
            numbers = {id(client): n for n, client in enumerate(clients)}
            while (now := time.perf_counter()) < began + seconds and not (over is not None and over.is_set()):
                while due and due[0][0] <= now:
                    _ask(clients[heapq.heappop(due)[1]])
                wait = min(due[0][0] if due else now + 1, began + seconds) - now
                for key, _ in selector.select(max(0.0, wait)):
                    client = key.data
                    if _receive(client) and self._answered(client):
                        heapq.heappush(due, (time.perf_counter() + client.every, numbers[id(client)]))
        self.share = (time.process_time() - cpu) / (time.perf_counter() - began)

    def _answered(self, client: Viewer) -> bool:
        """Take an answer; whether the client now waits for its next question."""
        self.answers += 1
        body = bytes(client.buffer[client.length - _body(client) : client.length])
        if client.fetching is not None:
            wanted, client.fetching = client.fetching, None
            if client.status != 200:
                # Another version took its place meanwhile: a browser follows, this asks again within a second.
                self.failures += client.status != 307
                return True
            client.revision = wanted
            self.seen.setdefault(wanted, []).append(time.perf_counter())
            return True
        if client.status != 200:
            self.failures += 1
            return True
        state = orjson.loads(body)
        if state["revision"] == client.revision:
            return True
        client.fetching = state["revision"]
        query = f"?{state['query']}" if "query" in state else ""
        _send(client, f"{client.picture}/{state['revision']}-{state['minute']}{query}")
        return False


def connected(port: int) -> socket.socket:
    """A connection to the server."""
    made = socket.create_connection(("127.0.0.1", port))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _ask(client: Viewer) -> None:
    _send(client, client.ask)


def _send(client: Viewer, path: str) -> None:
    client.buffer.clear()
    client.length = 0
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\nCookie: {client.cookie}\r\n\r\n"
    client.socket.sendall(head.encode())


def _body(client: Viewer) -> int:
    return client.length - client.buffer.find(b"\r\n\r\n") - 4


def _receive(client: Viewer) -> bool:
    part = client.socket.recv(1 << 18)
    if not part:
        raise ConnectionError("the server closed a connection that was to be kept")
    client.buffer += part
    if not client.length:
        head = client.buffer.find(b"\r\n\r\n")
        if head < 0:
            return False
        told = bytes(client.buffer[:head]).lower()
        client.status = int(told[9:12])
        client.length = head + 4 + int(told.partition(b"content-length:")[2].partition(b"\r\n")[0])
    return len(client.buffer) >= client.length


def _open_at_once(kind: str, url: str, server: rig.Server, devices: list[str]) -> Iterator[Measure]:
    with rig.opened(url) as database:
        desk = rig.sign_in(database, server)
        token = rig.make_token(database, rig.DEMO)
        rows = rig.corrections(database, rig.DEMO)
        taken = list(itertools.islice(rows, int((WARM + SECONDS) / WRITE_EVERY) + 2))
    said = "size=1920x1080&state=live&software=bench&drops=0&heap=20&drawn=20&uptime=60"
    asked = []
    for secret, scene in zip(devices, itertools.cycle(SCENES), strict=False):
        state, picture = f"/screen/state?{said}&scene={scene}", f"/screen/scene/{scene}"
        asked.append((state, picture, f"screen={secret}", SCREEN_ASKS))
    overview = f"/snapshots/{rig.DEMO}/overview/{rig.DISTRICT}/zh"
    asked += [(f"/live/{rig.DEMO}", overview, desk, PAGE_ASKS)] * PAGES
    clients = [Viewer(*one, connected(server.port)) for one in asked]
    Hall().run(clients, WARM)
    for client in clients:
        # What was asked for when the warm-up ended is answered into nothing.
        client.socket.close()
        client.socket = connected(server.port)
        client.fetching = None
    hall, sent = Hall(), dict[int, float]()
    stop = threading.Event()
    problems: list[str] = []
    writing = threading.Thread(target=_write, args=(server, token, taken, sent, stop, problems))
    cpu, began = processor_seconds(server.process.pid), time.perf_counter()
    writing.start()
    hall.run(clients, SECONDS)
    stop.set()
    writing.join()
    cores = (processor_seconds(server.process.pid) - cpu) / (time.perf_counter() - began)
    for client in clients:
        client.socket.close()
    # The last write may not have reached everybody when the time was over.
    whole = sorted(sent)[:-1]
    delays = [at - sent[revision] for revision in whole for at in hall.seen.get(revision, [])]
    missed = sum(max(0, len(clients) - len(hall.seen.get(revision, []))) for revision in whole)
    note = f"{len(whole)} writes, {hall.answers / SECONDS:.0f} answers/s; the clients use {hall.share:.0%} of a core"
    yield from p50_p95(
        "500 open: from a write to the changed number", delays, "s", at_most(1.5), database=kind, note=note
    )
    yield Measure("500 open: clients that missed a number", missed, "clients", at_most(0), kind)
    yield Measure(
        "500 open: failures", hall.failures + len(problems), "answers", at_most(0), kind, "; ".join(problems)
    )
    yield Measure("500 open: the server's processors", cores, "cores", at_most(1), kind)


def _write(
    server: rig.Server, token: str, rows: list[rig.Row], sent: dict[int, float], stop: threading.Event,
    problems: list[str],
) -> None:  # fmt: skip
    """A report every five seconds; when each was sent, by the revision it made: a little before its commit."""
    clerk = Clerk(server, rig.DEMO, token)
    for row in rows:
        if stop.wait(WRITE_EVERY):
            break
        at = time.perf_counter()
        try:
            clerk.post(row)
            sent[_revision(server, token)] = at
        except (OSError, RuntimeError, http.client.HTTPException) as problem:
            problems.append(f"{type(problem).__name__} {problem}")
    clerk.close()


def _revision(server: rig.Server, token: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", f"/api/v1/campaigns/{rig.DEMO}/revision", headers={"Authorization": f"Bearer {token}"})
    told = orjson.loads(connection.getresponse().read())
    connection.close()
    return int(told["revision"])


def processor_seconds(parent: int) -> float:
    """Processor seconds of a process and its children."""
    total = 0.0
    tick = os.sysconf("SC_CLK_TCK")
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            told = stat.read_text().rpartition(")")[2].split()
            if int(stat.parent.name) == parent or int(told[1]) == parent:
                total += (int(told[11]) + int(told[12])) / tick
    return total


def _drawing(server: rig.Server, url: str) -> Iterator[Measure]:
    """Changes of scene in the browser: building, layout and the frame after them."""
    with rig.opened(url) as database:
        [secret] = _devices(database, 1, 600)
    with chromium() as browser:
        for width, height in SIZES:
            context = browser.new_context(viewport={"width": width, "height": height})
            context.add_cookies([{"name": "screen", "value": secret, "url": server.address}])
            page = context.new_page()
            page.goto(f"{server.address}/screen")
            page.wait_for_selector(".scene")
            taken = page.evaluate(STEPS, CHANGES + len(SCENES))[len(SCENES) :]
            context.close()
            yield from p50_p95(f"change of scene drawn at {width}×{height}", taken, "ms", at_most(300))


STEPS = """async (times) => {
  const found = [];
  const screen = wall.running.screen;
  for (let n = 0; n < times; n += 1) {
    const changes = screen.changes;
    screen.step(1);
    await new Promise((done) => {
      const look = () => { screen.settle().then(() => (screen.changes > changes ? done() : setTimeout(look, 5))); };
      look();
    });
    const drawn = screen.drawn, began = performance.now();
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    found.push(drawn + performance.now() - began);
  }
  return found;
}"""
