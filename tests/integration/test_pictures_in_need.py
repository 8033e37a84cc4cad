"""What readers are shown while the database is away, the server's clock leaps, or more is asked for than can be
drawn. The same with a real server: test_faults.py."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from kit import DISTRICT, Api, World, at, form_token, row

from app import PAGES
from data.database import Database
from views import snapshots as module
from views.snapshots import BUILDERS, Moved, Snapshots

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Ticks:
    """A monotonic clock in seconds that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def kept(world: World, ticks: Ticks) -> Snapshots:
    return Snapshots(world.database, PAGES, world.clock, ticks)


@contextmanager
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(_: Database) -> None:
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))

    with monkeypatch.context() as patched:
        patched.setattr(Database, "read", refuse)
        patched.setattr(Database, "write", refuse)
        yield


def test_the_last_picture_stays_with_its_number_and_its_age(world: World, kept: Snapshots, ticks: Ticks, monkeypatch):
    told = kept.version(world.id)
    picture = kept.get(world.id, "overview", DISTRICT, "zh", told.number)
    with away(monkeypatch):
        for passed in (0.5, 30, 7200):
            ticks.now = 1000.0 + passed
            seen = kept.version(world.id)
            assert seen.number == told.number
            assert seen.now == told.now
            assert kept.get(world.id, "overview", DISTRICT, "zh", told.number) is picture
        assert kept.version(world.id).behind == 7200
        # A picture that was never drawn cannot be drawn; a newer one of what was drawn leads to the old one.
        with pytest.raises(sa.exc.OperationalError):
            kept.get(world.id, "sites", DISTRICT, "zh", told.number)
        moved = kept.get(world.id, "overview", DISTRICT, "zh", (told.revision + 1, told.minute))
        assert isinstance(moved, Moved)
        assert moved.version.number == told.number
    ticks.now += 1
    world.send(row("S1", 8, 5))
    after = kept.version(world.id)
    assert (after.revision, after.behind) == (told.revision + 1, 0)


def test_who_comes_after_a_quiet_hour_is_not_told_that_the_database_is_away(
    world: World, kept: Snapshots, ticks: Ticks
):
    kept.version(world.id)
    ticks.now += 3600
    assert kept.version(world.id).behind == 0


def test_one_asks_the_database_and_the_others_have_the_last_answer(
    world: World, kept: Snapshots, ticks: Ticks, monkeypatch
):
    told = kept.version(world.id)
    asked, answer = threading.Event(), threading.Event()
    real = Database.read

    def slowly(self: Database):
        asked.set()
        assert answer.wait(30)
        return real(self)

    monkeypatch.setattr(Database, "read", slowly)
    ticks.now += 0.5
    asker = threading.Thread(target=kept.version, args=(world.id,))
    asker.start()
    assert asked.wait(30)
    assert kept.version(world.id) == told
    ticks.now += 60
    assert kept.version(world.id).behind == 60.5
    answer.set()
    asker.join()


@pytest.mark.parametrize("hours", [3, -3])
def test_a_clock_that_leaps_moves_the_minute_at_once_and_back(
    world: World, kept: Snapshots, ticks: Ticks, hours: int
):
    before = kept.version(world.id)
    for now in (at(10, 30) + timedelta(hours=hours), at(10, 32)):
        world.clock.to(now)
        ticks.now += 1.1
        seen = kept.version(world.id)
        assert seen.minute == int(now.timestamp()) // 60
        assert isinstance(kept.get(world.id, "overview", DISTRICT, "zh", seen.number), bytes)
        assert world.send(row("S1", 6, 5)).accepted + world.send(row("S1", 6, 5)).unchanged in (1, 2)
    assert kept.version(world.id).number == (before.revision + 1, before.minute + 2)
    assert world.persons() == 5
    world.check()


def test_while_all_builders_are_at_work_the_older_picture_is_shown(
    world: World, kept: Snapshots, ticks: Ticks, monkeypatch
):
    monkeypatch.setattr(module, "KEPT_SECONDS", 0.01)
    told = kept.version(world.id)
    kept.get(world.id, "overview", DISTRICT, "zh", told.number)
    world.send(row("S1", 8, 5))
    ticks.now += 1.1
    number = kept.version(world.id).number
    busy, done = threading.Barrier(BUILDERS + 1), threading.Event()

    def build() -> None:
        with kept._builders.place():
            busy.wait(30)
            done.wait(30)

    others = [threading.Thread(target=build) for _ in range(BUILDERS)]
    for one in others:
        one.start()
    busy.wait(30)
    moved = kept.get(world.id, "overview", DISTRICT, "zh", number)
    assert isinstance(moved, Moved)
    assert moved.version.number == told.number
    done.set()
    for one in others:
        one.join()
    assert isinstance(kept.get(world.id, "overview", DISTRICT, "zh", number), bytes)


# -- over HTTP


def test_who_was_let_in_is_let_in_while_the_database_is_away_and_writes_nothing(api: Api, monkeypatch):
    desk = api.signed_in("district")
    live = f"/live/{api.world.id}"
    assert desk.get(live).status_code == 200
    assert desk.get("/overview").status_code == 200
    token, body = form_token(desk.client), {"reports": [row("S1", 8, 5)]}
    api.secret("district")
    with away(monkeypatch):
        assert desk.get(live).status_code == 200
        assert desk.get("/overview").status_code == 200
        refused = desk.client.post(api.address("reports"), json=body, headers={"X-CSRFToken": token})
        assert refused.status_code == 503
        assert api.post("reports", body).status_code == 503
        assert api.client.get(live).status_code == 401
    assert api.post("reports", body).json["accepted"] == 1


def test_a_clock_set_back_signs_nobody_out_and_makes_no_minute_last_for_hours(api: Api, monkeypatch):
    from api.gate import _Counts

    desk = api.signed_in("district")
    counts = _Counts("counts://")
    true = module.time.time()
    assert [counts.incr("gateway", 60) for _ in range(3)] == [1, 2, 3]
    monkeypatch.setattr("time.time", lambda: true - 3 * 3600)
    assert desk.get(f"/live/{api.world.id}").status_code == 200
    assert counts.incr("gateway", 60) == 1
    assert counts.incr("gateway", 60) == 2
    monkeypatch.setattr("time.time", lambda: true + 3 * 3600)
    assert desk.get(f"/live/{api.world.id}").status_code == 200
    counts.timer.cancel()
