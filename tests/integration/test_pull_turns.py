"""One source is in one process's hands, whatever stops in the middle, and is counted once."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from kit import DISTRICT, OPERATOR, SITES, TOWN, SetClock, World, at, iso, make_world
from pull_kit import Feed, Sources

import config
from data import campaigns, sources
from data.database import Database
from data.ingest.batch import Sender
from data.models import Report, SourceFile, SourceRun
from data.pull import pulling
from data.pull.folder import Looks
from data.pull.turns import LEASE, renew, take
from data.pull.worker import Worker
from domain.clock import system_clock
from domain.errors import Refused

ROOT = Path(config.__file__).parent


@pytest.fixture
def made(world: World, tmp_path: Path) -> Sources:
    return Sources(world, tmp_path / "sources")


@pytest.fixture
def feed(made: Sources) -> Feed:
    feed = Feed(made.folder / "feed.db")
    feed.hour("S1", 8, 40, 4)
    return feed


def test_two_processes_never_have_the_same_source(world: World, made: Sources, feed: Feed):
    numbers = {made.sql(feed, name=f"n{n}") for n in range(6)}
    with ThreadPoolExecutor(8) as pool:
        turns = list(pool.map(lambda _: take(world.database, world.clock), range(12)))
    taken = [turn.source_id for turn in turns if turn is not None]
    assert sorted(taken) == sorted(numbers)


def test_a_source_is_free_again_when_its_holder_has_gone(world: World, made: Sources, feed: Feed):
    source = made.sql(feed)
    assert take(world.database, world.clock) is not None
    assert take(world.database, world.clock, source) is None
    world.clock.advance(seconds=LEASE.total_seconds() - 1)
    assert take(world.database, world.clock) is None
    world.clock.advance(seconds=2)
    assert take(world.database, world.clock).source_id == source


def test_a_holder_that_breathes_keeps_its_source(world: World, made: Sources, feed: Feed):
    made.sql(feed)
    turn = take(world.database, world.clock)
    for _ in range(5):
        world.clock.advance(seconds=LEASE.total_seconds() / 2)
        assert renew(world.database, turn, world.clock)
        assert take(world.database, world.clock) is None


def test_who_comes_back_from_the_dead_lands_nothing(world: World, made: Sources, feed: Feed):
    source = made.sql(feed)
    dead = take(world.database, world.clock)
    world.clock.advance(seconds=LEASE.total_seconds() + 1)
    feed.hour("S1", 8, 55, 6)
    made.pull(source)
    feed.hour("S1", 8, 11, 2)  # what the dead one fetched long ago
    assert pulling.pull(world.database, dead, made.around, world.clock, Looks()) is None
    assert world.persons() == 55
    assert len(made.runs(source)) == 1
    assert not renew(world.database, dead, world.clock)


def test_what_was_edited_during_a_pull_does_not_land_as_it_was(world: World, made: Sources, feed: Feed):
    source = made.sql(feed)
    turn = take(world.database, world.clock)
    with world.database.write() as session:
        row = campaigns.lock(session, world.id)
        tree = campaigns.tree_of(session, row)
        found = sources.find(session, world.id, source)
        definition = sources.check({**found.definition, "place": TOWN}, tree, OPERATOR)
        assert sources.change(session, row, tree, found, found.version, definition, OPERATOR, world.clock())
    assert pulling.pull(world.database, turn, made.around, world.clock, Looks()) is None
    assert world.persons() == 0


def test_only_what_is_due_is_taken(world: World, made: Sources, feed: Feed):
    source = made.sql(feed)
    made.pull(source)
    assert take(world.database, world.clock) is None
    world.clock.to(at(11, 4))
    assert take(world.database, world.clock) is None
    world.clock.to(at(11, 5))
    assert take(world.database, world.clock) is not None


def test_a_paused_source_rests_until_it_goes_on_or_is_asked_for(world: World, made: Sources, feed: Feed):
    source = made.sql(feed)
    press(world, source, sources.pause)
    assert take(world.database, world.clock) is None
    press(world, source, sources.ask)
    turn = take(world.database, world.clock)
    assert turn.asked
    pulling.pull(world.database, turn, made.around, world.clock, Looks())
    world.clock.to(at(15))
    assert take(world.database, world.clock) is None
    press(world, source, sources.resume)
    world.clock.to(at(15, 5))
    assert take(world.database, world.clock) is not None


def test_a_removed_source_is_never_pulled_again(world: World, made: Sources, feed: Feed):
    source = made.sql(feed)
    press(world, source, sources.remove)
    assert take(world.database, world.clock) is None
    assert take(world.database, world.clock, source) is None
    with world.database.read() as session, pytest.raises(sources.UnknownSource):
        sources.find(session, world.id, source)


@pytest.mark.parametrize("now", [at(5), at(22) + timedelta(days=2)])
def test_nobody_is_asked_before_the_campaign_or_long_after_it(world: World, made: Sources, feed: Feed, now):
    source = made.sql(feed)
    world.clock.to(now)
    assert take(world.database, world.clock) is None
    press(world, source, sources.ask)
    assert take(world.database, world.clock) is not None


def press(world: World, source: int, what) -> None:
    with world.database.write() as session:
        row = campaigns.lock(session, world.id)
        what(session, row, sources.find(session, world.id, source), OPERATOR, world.clock())


def test_who_may_define_a_source_for_a_place(world: World, made: Sources):
    town = Sender("town (town)", TOWN)
    fields = {"kind": "folder", "address": "x"}
    assert made.define(town, place=TOWN, **fields)
    for place, code in ((DISTRICT, "out_of_scope"), ("S4", "out_of_scope"), ("nowhere", "unknown_place")):
        with pytest.raises(Refused) as refused:
            made.define(town, place=place, **fields)
        assert refused.value.code == code
    with pytest.raises(Refused) as refused:
        made.define(mapping="[options]\ncreate_places = true", **fields)
    assert refused.value.detail == "create_places"


# -- stopped in the middle


class Stopped(BaseException):
    """The power goes."""


@pytest.mark.parametrize("where", ["_remember", "write_down"])
def test_stopped_between_the_rows_and_the_bookkeeping(
    world: World, made: Sources, monkeypatch: pytest.MonkeyPatch, where: str
):
    path = made.folder / "a.csv"
    path.write_text(f"site,hour,persons\nS1,{iso(8)},40\nS4,{iso(8)},50\n")
    os.utime(path, (0, 0))
    source = made.files()

    def stop(*_: object) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(pulling, where, stop)
        with pytest.raises(Stopped):
            made.pull(source)
    assert world.persons() == 90
    world.clock.advance(seconds=LEASE.total_seconds() + 1)
    run = made.pull(source)
    assert (run.succeeded, run.accepted, run.corrected) == (True, 0, 0)
    assert world.persons() == 90
    assert (world.count(Report), world.count(SourceFile), world.count(SourceRun)) == (2, 1, 1)
    world.check()


def test_a_worker_pulls_what_is_due_and_writes_down_one_that_hangs(
    world: World, made: Sources, feed: Feed, monkeypatch
):
    good = made.sql(feed)
    worker = Worker(world.database, made.around, world.clock)
    worker.step()
    worker.at_work[0].join()
    assert made.runs(good)[0].succeeded
    bad = made.sql(feed, name="hangs")
    asleep, wake = threading.Event(), threading.Event()
    real = pulling.sql.fetch

    def fetch(source, around, times):
        if source.name == "hangs":
            asleep.set()
            wake.wait(60)
        return real(source, around, times)

    monkeypatch.setattr(pulling.sql, "fetch", fetch)
    monkeypatch.setattr("data.pull.worker.TAKING_IN", timedelta(seconds=-30))
    worker.step()
    assert asleep.wait(60)
    (hanging,) = worker.at_work
    worker.step()
    (given_up,) = made.runs(bad)
    assert given_up.problem["code"] == "timeout"
    wake.set()
    hanging.join()
    assert len(made.runs(bad)) == 1
    assert world.persons() == 40


KILLS = 20 if os.environ.get("SOAK") else 2


def test_a_real_process_killed_again_and_again_counts_everything_once(database_url: str, tmp_path: Path):
    database = Database(database_url)
    world = make_world(database, SetClock(system_clock()))
    made = Sources(world, tmp_path / "sources")
    feed = Feed(made.folder / "feed.db")
    for n, site in enumerate(SITES):
        for hour in range(6, 22):
            feed.hour(site, hour, 10 + n + hour, 5)
    source = made.sql(feed, every_minutes=1, name="killed")
    other = made.sql(feed, every_minutes=1, name="also")
    environment = {**os.environ, "DATABASE_URL": database_url, "SOURCE_FOLDERS": str(made.folder), "DEMO": "1"}
    command = [sys.executable, str(ROOT / "manage.py"), "pull"]

    def ask(number: int) -> None:
        with database.write() as session:
            row = campaigns.lock(session, world.id)
            found = sources.find(session, world.id, number)
            found.leased_until = None  # the test does not wait for leases to end
            sources.ask(session, row, found, OPERATOR, world.clock())

    def reports() -> int:
        return world.count(Report)

    for attempt in range(KILLS):
        world.clock.to(system_clock())
        for hour in range(6, 22):
            feed.hour("S1", hour, 500 + attempt, 50)
        before = reports()
        for number in (source, other):
            ask(number)
        with (tmp_path / "log").open("a") as log:
            processes = [subprocess.Popen(command, env=environment, stdout=log, stderr=log) for _ in range(2)]
        until = time.monotonic() + 60
        # Killed as soon as anything of this attempt has landed: between two commits as often as not.
        while reports() == before and time.monotonic() < until:
            assert all(process.poll() is None for process in processes), (tmp_path / "log").read_text()
        for process in processes:
            psutil.Process(process.pid).kill()
            process.wait()
        assert reports() > before
        assert world.differences() == 0
    world.clock.to(system_clock())
    for number in (source, other):
        ask(number)
        made.pull(number)
    made.pull(source)
    assert world.persons() == 16 * (500 + KILLS - 1) + sum(10 + n + h for n in range(1, 5) for h in range(6, 22))
    assert reports() == len(SITES) * 16 + 16 * (KILLS - 1), "one report per cell, one version per change"
    world.check()
    database.engine.dispose()
