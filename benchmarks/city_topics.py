"""What is measured of a campaign of any size; every topic yields the same figures for each (`benchmarks/city.py`)."""

import itertools
import math
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page, sync_playwright

from benchmarks import load, memory, page, pixel, rig, screens, snapshot, tubes
from benchmarks.browser import SIZE, chromium, new_profile
from benchmarks.ingest import Clerk
from benchmarks.measure import Measure, Target, at_least, at_most, p50_p95, percentile
from benchmarks.sizes import Size
from data import campaigns
from data.database import Database
from data.ingest.reports import ingest_reports
from data.models import PlaceRow, Rollup
from data.queries import minutes as seen_once
from domain.clock import system_clock
from views.snapshots import Moved

BUILDS, WARM = 20, 2
VIEWERS = (1, 10, 50, 200, 500)
LOAD_SECONDS, ROUNDS = 4.0, 2
WATCHING = 200
SETTLED = 4
"""Answers a viewer has had before the burst begins."""
WATCH_SECONDS = 600.0
"""The longest anybody watches."""
TUBES = 16_000
SINGLE, AT_ONCE = 40, 1_000
WRITES = 10
PROFILES = 3
DISTRICT_ONLY = "the district's goal"

GROWS: Mapping[str, Target] = {
    f"{what}, {of} p50": at_most(1.5)
    for what in ("overview of the top", "a town's page", "ledger of the top", "backlog of the top")
    for of in ("built", "processor time")
}
"""What must not grow with the number of tubes."""


def build(size: Size) -> Iterator[Measure]:
    """Pictures after a write, in this process: time, size, and what the database was asked."""
    with rig.opened(size.url) as database:
        rows = rig.corrections(database, size.campaign)
        for name, slug, place, target in (
            ("overview of the top", "overview", size.root, at_most(100)),
            ("a district's overview", "overview", size.district, None),
            ("a town's page", "town", size.town, None),
            ("ledger of the top", "ledger", size.root, None),
            ("backlog of the top", "tubes", size.root, None),
        ):
            yield from _built(database, size, name, slug, place, target, rows)


def _built(
    database: Database, size: Size, name: str, slug: str, place: str, target: Target | None, rows: Iterator[rig.Row]
) -> Iterator[Measure]:
    snapshots = snapshot.leaping(database, system_clock)
    taken: list[float] = []
    worked: list[float] = []
    asked: list[dict[str, int]] = []
    minutes: list[int] = []
    bytes_ = 0
    for n, row in enumerate(itertools.islice(rows, BUILDS + WARM)):
        row = {**row, "key": f"bench/{time.time_ns()}"}
        result = ingest_reports(database, size.campaign, [row], rig.BENCH, system_clock)
        if result.accepted != 1:
            raise RuntimeError(f"not accepted: {result.rejected}")
        began, cpu = time.perf_counter(), time.thread_time()
        with _statements(database) as counted:
            version = snapshots.version(size.campaign)
            body = snapshots.get(size.campaign, slug, place, "zh", version.number)
        spent, used = (time.perf_counter() - began) * 1000, (time.thread_time() - cpu) * 1000
        if isinstance(body, Moved):
            raise RuntimeError("moved while nobody writes")
        bytes_ = len(body)
        fresh = bool(minutes) and version.minute != minutes[-1]
        minutes.append(version.minute)
        # The first of a minute looks through all of a city's boxes and hours (docs/decisions/0038): told beside it.
        if n >= WARM and not fresh:
            taken.append(spent)
            worked.append(used)
            asked.append(counted)
    yield Measure(f"{name}, built p50", statistics.median(taken), "ms", target, note=f"n={len(taken)}")
    yield Measure(f"{name}, built p95", percentile(taken, 0.95), "ms", target)
    yield Measure(f"{name}, processor time p50", statistics.median(worked), "ms")
    yield Measure(f"{name}, statements", statistics.median(c["statements"] for c in asked), "")
    yield Measure(f"{name}, rows read", statistics.median(c["rows"] for c in asked), "")
    yield Measure(f"{name}, gzipped", bytes_ / 1000, "kB", at_most(100) if slug == "overview" else None)
    seen_once.forget()
    began = time.perf_counter()
    _again(database, size, slug, place)
    first = (time.perf_counter() - began) * 1000
    yield Measure(f"{name}, the first in a minute", first, "ms", note="n=1, other pages of the minute share it")


def _again(database: Database, size: Size, slug: str, place: str) -> None:
    snapshots = snapshot.leaping(database, system_clock)
    snapshots.get(size.campaign, slug, place, "zh", snapshots.version(size.campaign).number)


@contextmanager
def _statements(database: Database) -> Iterator[dict[str, int]]:
    """Counts the statements of the block, and the rows they return."""
    counted = {"statements": 0, "rows": 0}

    def after(_connection: object, cursor: sa.engine.interfaces.DBAPICursor, *_rest: object) -> None:
        counted["statements"] += 1
        counted["rows"] += max(0, cursor.rowcount)

    sa.event.listen(database.engine, "after_cursor_execute", after)
    try:
        yield counted
    finally:
        sa.event.remove(database.engine, "after_cursor_execute", after)


def read(size: Size) -> Iterator[Measure]:
    """Full refreshes of the overview by viewers who ask again as soon as they are answered, each signed in."""
    with rig.serving(size.url) as server:
        with rig.opened(size.url) as database:
            cookies = [rig.sign_in(database, server) for _ in range(max(VIEWERS) // 10)]
        ask, picture = f"/live/{size.campaign}", f"/snapshots/{size.campaign}/overview/{size.root}/zh"
        load.refresh(server.port, ask, picture, cookies, 2.0)
        for viewers in VIEWERS:
            own = list(itertools.islice(itertools.cycle(cookies), viewers))
            rounds = []
            for _ in range(ROUNDS):
                before = screens.processor_seconds(server.process.pid)
                one = load.refresh(server.port, ask, picture, own, LOAD_SECONDS)
                rounds.append((one, screens.processor_seconds(server.process.pid) - before))
            best, used = max(rounds, key=lambda pair: pair[0].per_second)
            goal = viewers == WATCHING
            note = (
                f"best of {', '.join(f'{r.per_second:.0f}' for r, _ in rounds)}; "
                f"{sum(r.failures for r, _ in rounds)} failures; the client uses {best.client_share:.0%} of a core"
            )
            yield Measure(f"{viewers} viewers: full refreshes", best.per_second, "/s",
                          at_least(2000) if goal else None, note=note)  # fmt: skip
            yield Measure(f"{viewers} viewers: a refresh, p95", percentile(best.latencies, 0.95) * 1000, "ms",
                          at_most(100) if goal else None)  # fmt: skip
            yield Measure(f"{viewers} viewers: server's processor time of a refresh",
                          used / max(1, best.answers) * 1e6, "µs")  # fmt: skip


def ingest(size: Size) -> Iterator[Measure]:
    """Reports one by one and a thousand at once, tube events in thousands; then the same while 200 people watch."""
    with rig.opened(size.url) as database:
        token = rig.make_token(database, size.campaign, size.root)
        rows = [
            {**row, "key": f"bench/{time.time_ns()}"}
            for row in itertools.islice(rig.corrections(database, size.campaign), SINGLE + AT_ONCE)
        ]
        began = time.perf_counter()
        done = ingest_reports(database, size.campaign, rows[SINGLE:], rig.BENCH, system_clock)
        spent = time.perf_counter() - began
    yield Measure("reports, a thousand in one batch", done.accepted / spent, "/s")
    with rig.serving(size.url) as server:
        clerk = Clerk(server, size.campaign, token)
        yield from p50_p95("one report per POST", [clerk.post(row) * 1000 for row in rows[:SINGLE]], "ms")
        clerk.close()
        yield from _events(server, size, token, "tube events, batches of 1,000", 0)
        with rig.opened(size.url) as database:
            cookies = [rig.sign_in(database, server) for _ in range(WATCHING // 10)]
        with _watched(server, size, cookies) as hall:
            # They came before the burst did, and every worker has shown them its first picture.
            rig.until(lambda: hall.answers >= SETTLED * WATCHING, 60, "the viewers are not answered")
            yield from _events(server, size, token, f"tube events while {WATCHING} watch", TUBES, at_least(10_000))
        seen = hall.answers, hall.failures
        yield Measure(f"answers to the {WATCHING} meanwhile", seen[0], "", note=f"{seen[1]} failures")


def _events(
    server: rig.Server, size: Size, token: str, name: str, first: int, target: Target | None = None
) -> Iterator[Measure]:
    with rig.opened(size.url) as database, database.read() as session:
        row = campaigns.find(session, size.campaign)
        campaign, now = campaigns.campaign_of(row), campaigns.now_for(row, system_clock())
    number = 100_000_000 + int(time.time()) % 1_000_000 * 1_000 + first
    # Of the last minutes: what has been on its way for hours would fill every later picture with findings.
    rows = list(tubes.events(campaign, number, TUBES, 3, 20, size.site_codes, now))
    batches = tubes.bodies(rows, 1_000)
    clients, spent = tubes.send_all(server, size.campaign, token, batches)
    sent = sum(client.accepted + client.unchanged for client in clients)
    yield Measure(
        name, sent / spent, "/s", target, note=f"{tubes.CLIENTS} clients, {len(rows):,} events, a tenth twice"
    )


@contextmanager
def _watched(server: rig.Server, size: Size, cookies: list[str]) -> Iterator[screens.Hall]:
    """So many open overviews, each asking once a second, in a thread of their own while the block runs."""
    ask, picture = f"/live/{size.campaign}", f"/snapshots/{size.campaign}/overview/{size.root}/zh"
    viewers = [
        screens.Viewer(ask, picture, cookie, screens.PAGE_ASKS, screens.connected(server.port))
        for cookie in itertools.islice(itertools.cycle(cookies), WATCHING)
    ]
    hall, over = screens.Hall(), threading.Event()

    thread = threading.Thread(target=hall.run, args=(viewers, WATCH_SECONDS, over))
    thread.start()
    try:
        yield hall
    finally:
        over.set()
        thread.join()
        for viewer in viewers:
            viewer.socket.close()


def screen(size: Size) -> Iterator[Measure]:
    """In Chromium: from navigation to the last panel, and from a report's 200 to the number on screen."""
    with rig.opened(size.url) as database:
        token = rig.make_token(database, size.campaign, size.root)
        rows = list(itertools.islice(rig.corrections(database, size.campaign), WRITES))
        with rig.serving(size.url) as server:
            cookies = rig.cookies(server, rig.sign_in(database, server))
            address = f"{server.address}/?campaign={size.campaign}"
            visits = []
            with sync_playwright() as playwright:
                for _ in range(PROFILES + 1):
                    with (
                        tempfile.TemporaryDirectory(prefix="bench-profile-") as folder,
                        new_profile(playwright, Path(folder)) as context,
                    ):
                        context.add_cookies(cookies)
                        context.pages[0].add_init_script(page.WATCH)
                        visits.append(page.visit(context, context.pages[0], address))
            yield Measure("page load, new profile", statistics.median(v.seconds for v in visits[1:]), "s",
                          note=f"median of {PROFILES}")  # fmt: skip
            snapshots = [sum(n for path, n in v.wire.items() if path.startswith("/snapshots/")) for v in visits[1:]]
            yield Measure("picture on the wire", statistics.median(snapshots) / 1000, "kB")
            with chromium() as browser:
                shown = browser.new_page(viewport=SIZE, locale="zh-CN")
                shown.context.add_cookies(cookies)
                shown.goto(address)
                yield from p50_p95("a report's 200 to the number on screen", list(_writes(shown, server, size, token,
                                   database, rows)), "s", at_most(1.5))  # fmt: skip


def _writes(
    shown: Page, server: rig.Server, size: Size, token: str, database: Database, rows: list[rig.Row]
) -> Iterator[float]:
    clerk = Clerk(server, size.campaign, token)
    total = _persons(database, size)
    shown.wait_for_function(pixel.ON_SCREEN, arg=f"{total:,}", timeout=page.TIMEOUT_MS)
    shown.evaluate(pixel.WATCH)
    for n, row in enumerate(rows):
        # Phases of the page's second that differ from one write to the next.
        time.sleep(1.5 + math.modf(n * 0.618)[0])
        clerk.post({**row, "key": f"bench/{time.time_ns()}"})
        answered = time.time()
        number = f"{_persons(database, size):,}"
        shown.wait_for_function("value => window.painted.get(value)", arg=number, timeout=page.TIMEOUT_MS)
        yield shown.evaluate("value => window.painted.get(value)", number) / 1000 - answered
    clerk.close()


def _persons(database: Database, size: Size) -> int:
    query = (
        sa.select(sa.func.sum(Rollup.persons))
        .join(PlaceRow, sa.and_(PlaceRow.id == Rollup.place_id, PlaceRow.campaign_id == Rollup.campaign_id))
        .where(Rollup.campaign_id == size.campaign, PlaceRow.code == size.root)
    )
    with database.read() as session:
        return int(session.scalar(query) or 0)


def process(size: Size) -> Iterator[Measure]:
    """Memory of the server once every worker has shown the overview, and how long it takes to start."""
    yield from memory.idle(rig.POSTGRESQL, size.url, size.campaign, size.root)
    yield memory.starts(rig.POSTGRESQL, size.url)


def database(size: Size) -> Iterator[Measure]:
    """Bytes on the disk, indexes included."""
    with rig.opened(size.url) as opened, opened.read() as session:
        whole = session.scalar(sa.text("SELECT pg_database_size(current_database())")) or 0
        parts = (
            "SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0) FROM pg_inherits "
            "WHERE inhparent = to_regclass(:t)"
        )
        for table in ("tube_event", "tube"):
            own = int(session.scalar(sa.text(parts), {"t": table}) or 0)
            yield Measure(f"database: {table}", own / 1e6, "MB")
        yield Measure("database", int(whole) / 1e6, "MB")
        yield Measure("tubes", size.tubes, "")


TOPICS: Mapping[str, Callable[[Size], Iterator[Measure]]] = {
    "build": build,
    "read": read,
    "screen": screen,
    "process": process,
    "database": database,
    "ingest": ingest,
}
"""Ingest last: its tubes stay where they are, and would be in every later picture."""
