"""The snapshot of a page after a write: how long it takes to build, how large it is, how fast it is served."""

import itertools
import json
import statistics
import time
from collections.abc import Iterator

from app import PAGES
from benchmarks import rig
from benchmarks.load import generate
from benchmarks.measure import Measure, at_least, at_most, p50_p95
from data.database import Database
from data.ingest.reports import ingest_reports
from domain.clock import Clock
from views.snapshots import Moved, Snapshots

WRITES = 60
WARM = 5
CONNECTIONS = 50
LOAD_SECONDS = 4.0
ROUNDS = 3
LANGUAGE = "zh"
BUILT = ("overview", "sites")


def measure() -> Iterator[Measure]:
    for kind in rig.DATABASES:
        with rig.fresh_database(kind) as url, rig.opened(url) as database:
            clock = rig.frozen_clock()
            rig.load_demo(database, clock)
            for page in BUILT:
                yield from _build(kind, database, clock, page)
            if kind == rig.SQLITE:
                yield from _sizes(database, clock)
        yield _served(kind)


def leaping(database: Database, clock: Clock) -> Snapshots:
    """Snapshots whose clock leaps, so that no version is held back because the last one was published just now."""
    leaps = itertools.count(step=10)
    return Snapshots(database, PAGES, clock, ticks=lambda: float(next(leaps)))


def _build(kind: str, database: Database, clock: Clock, page: str) -> list[Measure]:
    snapshots = leaping(database, clock)
    taken: list[float] = []
    worked: list[float] = []
    rows = rig.corrections(database, rig.DEMO)
    before = -1
    for n, row in enumerate(itertools.islice(rows, WRITES + WARM)):
        # Another page's round has corrected the same reports: the key makes this a correction of its own.
        row = {**row, "key": f"{row['key']}/{page}"}
        result = ingest_reports(database, rig.DEMO, [row], rig.BENCH, clock)
        if result.accepted != 1:
            raise RuntimeError(f"not accepted: {result.rejected}")
        began, cpu = time.perf_counter(), time.thread_time()
        version = snapshots.version(rig.DEMO)
        body = snapshots.get(rig.DEMO, page, rig.DISTRICT, LANGUAGE, version.number)
        spent, used = (time.perf_counter() - began) * 1000, (time.thread_time() - cpu) * 1000
        if isinstance(body, Moved) or version.revision <= before:
            raise RuntimeError("the write made no new version")
        before = version.revision
        if n >= WARM:
            taken.append(spent)
            worked.append(used)
    name = f"build after a write: {page}"
    note = f"{min(worked):.3g} to {max(worked):.3g}; tells a slow build from a busy machine"
    return [
        *p50_p95(name, taken, "ms", at_most(30), judged="both", database=kind),
        Measure(f"{name}, processor time p50", statistics.median(worked), "ms", None, kind, note),
    ]


def _sizes(database: Database, clock: Clock) -> Iterator[Measure]:
    snapshots = leaping(database, clock)
    site = next(rig.corrections(database, rig.DEMO))["site"]
    for page in PAGES:
        version = snapshots.version(rig.DEMO)
        place = site if page == "site" else rig.DISTRICT
        body = snapshots.get(rig.DEMO, page, place, LANGUAGE, version.number)
        if isinstance(body, Moved):
            raise RuntimeError("moved while nobody writes")
        yield Measure(f"size gzipped: {page}", len(body) / 1000, "kB", at_most(60))


def _served(kind: str) -> Measure:
    """The overview out of the cache, over HTTP. The best of a few rounds: others use this machine as well."""
    with rig.fresh_database(kind) as url:
        with rig.opened(url) as database:
            rig.load_demo(database, rig.system_clock)
        with rig.serving(url) as server:
            with rig.opened(url) as database:
                cookie = rig.sign_in(database, server)
            head = json.loads(server.get(f"/live/{rig.DEMO}", cookie))
            path = f"/snapshots/{rig.DEMO}/overview/{rig.DISTRICT}/{LANGUAGE}/{head['revision']}-{head['minute']}"
            generate(server.port, path, cookie, CONNECTIONS, 1.0)
            rounds = [generate(server.port, path, cookie, CONNECTIONS, LOAD_SECONDS) for _ in range(ROUNDS)]
    best = max(rounds, key=lambda r: r.per_second)
    slow = sorted(best.latencies)[int(0.95 * best.answers)] * 1000
    note = (
        f"best of {', '.join(f'{r.per_second:.0f}' for r in rounds)}; p95 {slow:.0f} ms, "
        f"{sum(r.failures for r in rounds)} failures; the client uses {best.client_share:.0%} of a core"
    )
    return Measure("served from cache, 50 connections", best.per_second, "requests/s", at_least(2000), kind, note)
