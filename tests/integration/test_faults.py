"""What fails in a campaign, really done: a real server over a real, durable database, with real callers.

`make test` does each a few times, `make soak` a hundred times. What is promised: docs/decisions/0035.
"""

import gzip
import itertools
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any

import httpx
import orjson
import pytest
import sqlalchemy as sa
from fault_kit import PATIENCE, Client, Postgres, Stand, full, kill, stand, until
from kit import DISTRICT, SITES, World, row
from tube_kit import code, differences, event

from data.models import Report, TubeEvent

__all__ = ["stand"]

SOAK = bool(os.environ.get("SOAK"))
ROUNDS = int(os.environ.get("SOAK_ROUNDS", 100))
"""Kills with `make soak`."""

FEW = {"sqlite": ("server",), "postgres": ("backend", "postmaster", "worker")}
ALL = {"sqlite": ("worker", "server"), "postgres": ("backend", "postmaster", "worker", "server")}

Sending = tuple[str, Any]
"""Where a batch goes, and the batch."""

only_postgres = pytest.mark.parametrize(
    "stand", [pytest.param("postgres", marks=pytest.mark.xdist_group("faults-postgres"))], indirect=True
)
only_sqlite = pytest.mark.parametrize(
    "stand", [pytest.param("sqlite", marks=pytest.mark.xdist_group("faults-sqlite"))], indirect=True
)


def hours(world: World) -> Iterator[Sending]:
    """Every hour of every site, again and again corrected: without end, and each counts once."""
    for number in itertools.count():
        hour, version = 6 + number % 16, number // 16
        yield f"/api/v1/campaigns/{world.id}/reports", {"reports": [version_of(s, hour, version) for s in SITES]}


def version_of(site: str, hour: int, version: int) -> dict[str, object]:
    made = row(site, hour, 10 + version, key=f"{site}/{hour}/{version}")
    before = {"correction_of": f"{site}/{hour}/{version - 1}", "note": "counted again"} if version else {}
    return made | before


def tubes(world: World) -> Iterator[Sending]:
    for number in itertools.count():
        five = [code(5 * number + one) for one in range(5)]
        yield (
            f"/api/v1/campaigns/{world.id}/tube-events",
            [event(barcode, kind, hour) for kind, hour in (("sampled", 8), ("received", 9)) for barcode in five],
        )


class Writer(threading.Thread):
    """Sends one batch after the other and each until it is taken, as a gateway does."""

    def __init__(self, client: Client, batches: Iterator[Sending]) -> None:
        super().__init__()
        self.client = client
        self.batches = batches
        self.taken: list[Sending] = []
        self.met: set[int] = set()
        self.fault: BaseException | None = None
        self.enough = threading.Event()

    def run(self) -> None:
        try:
            while not self.enough.is_set():
                path, body = next(self.batches)
                answer, met = self.client.insist(path, body)
                assert answer.json()["rejected"] == []
                self.met |= met
                self.taken.append((path, body))
                time.sleep(0.01)
        except BaseException as fault:
            self.fault = fault


class Reader(threading.Thread):
    """An open page: asks for the version, and for the picture when there is another."""

    def __init__(self, client: Client, world: World) -> None:
        super().__init__()
        self.client = client
        self.world = world
        self.pictures = 0
        self.met: set[int] = set()
        self.fault: BaseException | None = None
        self.enough = threading.Event()

    def run(self) -> None:
        seen = None
        try:
            while not self.enough.is_set():
                try:
                    head = self.client.get(f"/live/{self.world.id}")
                    self.met.add(head.status_code)
                    if head.status_code == 200 and (said := number_of(head)) != seen:
                        picture = self.client.get(address(self.world, said), follow_redirects=True)
                        self.met.add(picture.status_code)
                        if picture.status_code == 200:
                            seen, self.pictures = said, self.pictures + 1
                except httpx.TransportError:
                    self.met.add(0)
                time.sleep(0.05)
        except BaseException as fault:
            self.fault = fault


def number_of(head: httpx.Response) -> str:
    return f"{head.json()['revision']}-{head.json()['minute']}"


def address(world: World, number: str, page: str = "overview", place: str = DISTRICT) -> str:
    return f"/snapshots/{world.id}/{page}/{place}/zh/{number}"


def persons_at(picture: httpx.Response) -> dict[str, Any]:
    raw = picture.content
    return dict(orjson.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw))


@contextmanager
def at_work(*people: Writer | Reader) -> Iterator[None]:
    for one in people:
        one.start()
    try:
        yield
    finally:
        for one in people:
            one.enough.set()
        for one in people:
            one.join(PATIENCE)
    for one in people:
        assert one.fault is None, one.fault
        assert not one.is_alive()


def hurt(stand: Stand, how: str, random: Random) -> None:
    """Do it, and do what an operator or systemd does then."""
    if how == "worker":
        kill([random.choice(stand.server.workers)])
        return
    if how == "server":
        stand.server.kill()
        stand.server.start()
        return
    assert isinstance(stand.disk, Postgres)
    if how == "backend":
        stand.disk.kill_backend(random.randrange(100))
        return
    stand.disk.kill()
    time.sleep(random.random() / 2)
    stand.disk.start()


def test_whatever_is_killed_nothing_acknowledged_is_lost_and_nothing_counts_twice(stand: Stand):
    random = Random(8)
    kinds = stand.disk.name
    schedule = [random.choice(ALL[kinds]) for _ in range(ROUNDS)] if SOAK else FEW[kinds]
    world = stand.world()
    reports = Writer(stand.gateway(world), hours(world))
    labels = Writer(stand.gateway(world), tubes(world))
    reader = Reader(stand.reader(world), world)
    with at_work(reports, labels, reader):
        for how in schedule:
            writers = (reports, labels)
            before = [len(one.taken) + random.randint(1, 5) for one in writers]
            until(lambda: sound(*writers) and all(len(w.taken) >= n for w, n in zip(writers, before, strict=True)))  # noqa: B023
            hurt(stand, how, random)
            # All go on by themselves.
            before = [len(one.taken) + 1 for one in writers]
            seen = reader.pictures
            until(lambda: sound(*writers) and all(len(w.taken) >= n for w, n in zip(writers, before, strict=True)))  # noqa: B023
            until(lambda: sound(reader) and reader.pictures > seen, f"the page stayed as it was after {how}")  # noqa: B023
            assert world.differences() == 0
    assert reports.met | labels.met <= {0, 503}
    assert reader.met <= {0, 200, 503}
    hold(stand, world, reports.taken, labels.taken, random)


def sound(*people: Writer | Reader) -> bool:
    """Whether all are still at work; raises what stopped one."""
    for one in people:
        if one.fault is not None:
            raise one.fault
    return True


def hold(stand: Stand, world: World, reports: list[Sending], labels: list[Sending], random: Random) -> None:
    """Exactly what was acknowledged is on record, adds up, and is known when it is sent again."""
    keys = [r["key"] for _, body in reports for r in body["reports"]]
    events = [e["event_id"] for _, body in labels for e in body]
    with world.database.read() as session:
        kept = session.scalars(sa.select(Report.key).filter_by(campaign_id=world.id)).all()
        told = session.scalars(sa.select(TubeEvent.event_id).filter_by(campaign_id=world.id)).all()
    assert sorted(kept) == sorted(keys)
    assert sorted(told) == sorted(events)
    world.check()
    assert differences(world) == 0
    newest = {(r["site"], r["hour"]): r["persons"] for _, body in reports for r in body["reports"]}
    assert world.persons() == sum(newest.values())
    with stand.gateway(world) as client:
        everything = reports + labels
        for path, body in random.sample(everything, min(40, len(everything))):
            answer = client.post(path, json=body).json()
            rows = body["reports"] if isinstance(body, dict) else body
            assert (answer["accepted"], answer["unchanged"], answer["rejected"]) == (0, len(rows), [])


@only_postgres
def test_while_the_database_is_down_readers_keep_the_last_picture_and_writers_are_told(stand: Stand):
    world = stand.world()
    desk, gateway = stand.reader(world), stand.gateway(world)
    world.send(row("S1", 8, 40))
    number = number_of(desk.get(f"/live/{world.id}"))
    picture = desk.get(address(world, number))
    assert picture.status_code == 200
    assert isinstance(stand.disk, Postgres)
    stand.disk.kill()
    try:
        until(lambda: desk.get(f"/live/{world.id}").json()["behind"] > 1)
        head = desk.get(f"/live/{world.id}")
        assert number_of(head) == number
        # As it was, under its own number: the page shows its age.
        assert desk.get(address(world, number)).content == picture.content
        # What was never drawn cannot be drawn now, and says so.
        assert desk.get(address(world, number, page="sites")).status_code == 503
        # Another page of the same picture's place opens all the same.
        assert desk.get("/overview").status_code == 200
        path, body = f"/api/v1/campaigns/{world.id}/reports", {"reports": [row("S4", 9, 70)]}
        refused = gateway.post(path, json=body, headers={"Accept-Language": "zh"})
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert refused.json()["title"] == "数据库暂不可用"
        assert "原样重发" in refused.json()["detail"]
        english = gateway.post(path, json=body, headers={"Accept-Language": "en"})
        assert "not counted twice" in english.json()["detail"]
        assert (stand.server.asks("/readyz"), stand.server.asks("/healthz")) == (503, 200)
    finally:
        stand.disk.start()
    answer, _ = gateway.insist(path, body)
    assert answer.json()["accepted"] == 1
    assert gateway.post(path, json=body).json()["unchanged"] == 1
    until(lambda: stand.server.asks("/readyz") == 200)
    until(lambda: (said := desk.get(f"/live/{world.id}")).json()["behind"] == 0 and number_of(said) != number)
    assert world.persons() == 110


@only_postgres
def test_a_database_that_says_nothing_holds_up_nobody_for_ever(stand: Stand):
    world = stand.world()
    desk = stand.reader(world)
    number = number_of(desk.get(f"/live/{world.id}"))
    picture = desk.get(address(world, number))
    callers = 28
    path = f"/api/v1/campaigns/{world.id}/reports"
    assert isinstance(stand.disk, Postgres)
    gateways = [stand.gateway(world) for _ in range(callers)]
    bodies = [{"reports": [row(SITES[n % 5], 6 + n // 5, n)]} for n in range(callers)]

    def send(n: int) -> int:
        return gateways[n].post(path, json=bodies[n]).status_code

    with ThreadPoolExecutor(callers) as pool, stand.disk.hangs():
        sent = [pool.submit(send, n) for n in range(callers)]
        # More than both workers have threads hang on it, or wait behind those who do.
        until(lambda: desk.get(f"/live/{world.id}").json()["behind"] > 1)
        for _ in range(20):
            assert desk.get(address(world, number)).content == picture.content
        assert stand.server.asks("/healthz") == 200
        assert stand.server.asks("/readyz") == 503
        assert {one.result(PATIENCE) for one in sent} == {503}
    for n in range(callers):
        gateways[n].insist(path, bodies[n])
    assert world.count(Report) == callers
    assert world.persons() == sum(range(callers))
    until(lambda: desk.get(f"/live/{world.id}").json()["behind"] == 0)
    world.check()


@only_sqlite
def test_a_writer_that_holds_the_file_stops_no_reader_and_the_others_are_told(stand: Stand):
    world = stand.world()
    desk = stand.reader(world)
    callers = 20
    path = f"/api/v1/campaigns/{world.id}/reports"
    gateways = [stand.gateway(world) for _ in range(callers)]
    bodies = [{"reports": [row(SITES[n % 5], 6 + n // 5, n)]} for n in range(callers)]
    holder = sqlite3.connect(stand.disk.url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(callers) as pool:
        sent = [pool.submit(lambda n: gateways[n].post(path, json=bodies[n]).status_code, n) for n in range(callers)]
        while not all(one.done() for one in sent):
            head = desk.get(f"/live/{world.id}")
            assert head.json()["behind"] == 0
            assert desk.get(address(world, number_of(head)), follow_redirects=True).status_code == 200
            time.sleep(0.2)
        assert {one.result() for one in sent} == {503}
    holder.execute("ROLLBACK")
    holder.close()
    for n in range(callers):
        gateways[n].insist(path, bodies[n])
    assert world.persons() == sum(range(callers))
    world.check()


def test_a_full_disk_refuses_writes_whole_reads_go_on_and_space_mends_it(stand: Stand):
    if not stand.disk.small:
        pytest.skip("this machine lets us make no small disk")
    world = stand.world()
    desk, gateway = stand.reader(world), stand.gateway(world)
    world.send(row("S1", 6, 40))
    batches = [*itertools.islice(hours(world), 1, 200)]
    labels = [*itertools.islice(tubes(world), 200)]
    taken: list[Sending] = []
    with full(stand.disk.disk):
        refused = None
        # What fits into pages there are already goes in; then one is refused.
        for path, body in itertools.chain.from_iterable(zip(labels, batches, strict=False)):
            answer = gateway.post(path, json=body, headers={"Accept-Language": "zh"})
            if answer.status_code != 200:
                refused = answer
                break
            taken.append((path, body))
        assert refused is not None, "the disk was not full"
        assert refused.status_code in (503, 507), refused.text
        assert refused.headers["Retry-After"]
        if refused.status_code == 507:
            assert refused.json()["title"] == "服务器磁盘已满"
        head = desk.get(f"/live/{world.id}")
        assert (head.status_code, head.json()["behind"]) == (200, 0)
        assert desk.get(address(world, number_of(head)), follow_redirects=True).status_code == 200
        assert gateway.get(f"/api/v1/campaigns/{world.id}/summary").status_code == 200
        assert world.differences() == differences(world) == 0
    gateway.insist(path, body)
    taken.append((path, body))
    events = {e["event_id"] for _, sent in taken if isinstance(sent, list) for e in sent}
    assert world.count(TubeEvent) == len(events)
    assert world.count(Report) == 1 + sum(len(sent["reports"]) for _, sent in taken if isinstance(sent, dict))
    world.check()
    assert differences(world) == 0


def test_ten_times_the_load_slows_pictures_and_fails_no_entry(stand: Stand):
    if not SOAK and isinstance(stand.disk, Postgres):
        pytest.skip("on one database; on both with make soak")
    readers, each, writers, batches = (200, 60, 8, 50) if SOAK else (24, 12, 4, 6)
    world = stand.world()
    cookies = stand.reader(world).cookies
    places = (DISTRICT, "440607001", "440607002", *SITES) if SOAK else (DISTRICT, "440607001")
    pages = ("overview", "sites", "duty", "town") if SOAK else ("overview", "sites")
    random = Random(5)

    def look(n: int) -> set[int]:
        met: set[int] = set()
        with Client(stand.server) as client:
            client.cookies = cookies
            for step in range(each):
                head = client.get(f"/live/{world.id}")
                met.add(head.status_code)
                page = pages[(n + step) % len(pages)]
                found = client.get(
                    address(world, number_of(head), page, random.choice(places)), follow_redirects=True
                )
                met.add(found.status_code)
        return met

    def write(n: int) -> set[int]:
        met: set[int] = set()
        with stand.gateway(world) as client:
            for step in range(batches):
                number = n * batches + step
                body = [event(code(3 * number + one), "sampled", 8) for one in range(3)]
                answer, on_the_way = client.insist(f"/api/v1/campaigns/{world.id}/tube-events", body)
                assert answer.json()["accepted"] == 3
                met |= on_the_way
        return met

    with ThreadPoolExecutor(readers + writers) as pool:
        looking = [pool.submit(look, n) for n in range(readers)]
        writing = [pool.submit(write, n) for n in range(writers)]
        wrote = set[int]().union(*(one.result() for one in writing))
        looked = set[int]().union(*(one.result() for one in looking))
    # Whoever was told to come again came again, and was taken (`insist`); nobody met anything else.
    assert wrote <= {429, 503}
    assert looked <= {200, 503}
    assert world.count(TubeEvent) == 3 * writers * batches
    assert differences(world) == 0
    again = stand.reader(world)
    until(lambda: number_of(again.get(f"/live/{world.id}")).startswith(f"{world.revision()}-"))
    head = again.get(f"/live/{world.id}")
    assert again.get(address(world, number_of(head)), follow_redirects=True).status_code == 200


@only_sqlite
def test_a_clock_that_leaps_freezes_no_page_signs_nobody_out_and_counts_nothing_twice(stand: Stand):
    world = stand.world()
    desk, gateway = stand.reader(world), stand.gateway(world)
    path = f"/api/v1/campaigns/{world.id}/reports"
    first = {"reports": [row("S1", 8, 40)]}
    assert gateway.post(path, json=first).json()["accepted"] == 1
    minutes = []
    try:
        for hours_off in (0, 5, -5, 0):
            stand.leap(hours_off * 3600)
            expected = (time.time() + hours_off * 3600) / 60
            until(lambda: abs(desk.get(f"/live/{world.id}").json()["minute"] - expected) < 3)  # noqa: B023
            head = desk.get(f"/live/{world.id}")
            minutes.append(head.json()["minute"])
            assert head.json()["behind"] == 0
            assert desk.get(address(world, number_of(head)), follow_redirects=True).status_code == 200
            # Sent again it is the same; another is taken.
            assert gateway.post(path, json=first).json()["unchanged"] == 1
            other = {"reports": [row("S4", 9 + len(minutes), 10)]}
            assert gateway.post(path, json=other).json()["accepted"] == 1
            # Who comes at a wrong time stays when the clock is right again.
            latest = stand.server
            newcomer = Client(latest).sign_in(world.account(f"at{hours_off}-{len(minutes)}", "district", DISTRICT))
            assert newcomer.get(f"/live/{world.id}").status_code == 200
    finally:
        stand.leap(0)
    assert desk.get(f"/live/{world.id}").status_code == 200
    assert newcomer.get(f"/live/{world.id}").status_code == 200
    assert minutes[2] < minutes[0] < minutes[1]
    assert world.persons() == 80
    world.check()
