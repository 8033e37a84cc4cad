"""Memory of the idle server, and how long it takes to start."""

import statistics
import threading
from collections.abc import Iterator
from pathlib import Path

from benchmarks import rig
from benchmarks.measure import Measure, at_most

STARTS = 5
PROCESSES = 3
"""A master and two workers."""
CALLERS = 12
"""Callers at once, so that no worker is left without a request."""
DEMO_ON = {"DEMO": "1", "DEMO_SPEED": str(rig.SLOWEST)}


def measure() -> Iterator[Measure]:
    for kind in rig.DATABASES:
        with rig.fresh_database(kind) as url:
            with rig.opened(url) as database:
                rig.load_demo(database, rig.system_clock)
            yield from idle(kind, url)
            yield starts(kind, url)
            if kind == rig.SQLITE:
                yield _second_run(url)


def idle(kind: str, url: str, campaign: str = rig.DEMO, place: str = rig.DISTRICT) -> Iterator[Measure]:
    with rig.serving(url) as server:
        with rig.opened(url) as database:
            cookie = rig.sign_in(database, server)
        # /readyz answers as soon as the first worker does; the second may not be there yet.
        rig.until(lambda: len(_family(server.process.pid)) == PROCESSES, 10, "not a master and two workers")
        pids = _family(server.process.pid)
        before = {pid: _cpu_ticks(pid) for pid in pids}

        def busy() -> bool:
            _ask_everything(server, cookie, campaign, place)
            return all(_cpu_ticks(pid) > before[pid] for pid in pids[1:])

        rig.until(busy, 30, "a worker has answered nothing")
        pss = [_kilobytes(pid, "smaps_rollup", "Pss:") / 1000 for pid in pids]
        rss = [_kilobytes(pid, "status", "VmRSS:") / 1000 for pid in pids]
    note = "master + workers " + " + ".join(f"{part:.0f}" for part in pss)
    yield Measure("idle memory (PSS)", sum(pss), "MB", at_most(300), kind, note)
    note = f"counts shared pages {len(pids)} times"
    yield Measure("idle memory (RSS)", sum(rss), "MB", None, kind, note)


def _ask_everything(server: rig.Server, cookie: str, campaign: str, place: str) -> None:
    """Every caller asks for the page, its layout and its snapshot."""
    threads = [threading.Thread(target=_ask_page, args=(server, cookie, campaign, place)) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _ask_page(server: rig.Server, cookie: str, campaign: str, place: str) -> None:
    snapshot = f"/snapshots/{campaign}/overview/{place}/zh/0-0"
    for path in ("/", "/_dash-layout", "/_dash-dependencies", f"/live/{campaign}", snapshot):
        server.get(path, cookie)


def starts(kind: str, url: str) -> Measure:
    taken = []
    for _ in range(STARTS):
        with rig.serving(url) as server:
            taken.append(server.ready_seconds)
    note = f"median of {STARTS}, {min(taken):.2f} to {max(taken):.2f}"
    return Measure("start to ready", statistics.median(taken), "s", at_most(4), kind, note)


def _second_run(url: str) -> Measure:
    """What `make run` does on a database that is there already: schema, demonstration, server."""
    taken = []
    for _ in range(3):
        with rig.serving(url, rig.SERVE, DEMO_ON) as server:
            taken.append(server.ready_seconds)
    note = f"median of 3, {min(taken):.2f} to {max(taken):.2f}; demonstration and player included"
    return Measure("second `make run` to ready", statistics.median(taken), "s", at_most(5), rig.SQLITE, note)


def _family(pid: int) -> list[int]:
    """The process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *map(int, children)]


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _kilobytes(pid: int, file: str, name: str) -> int:
    lines = Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
