"""The demonstration's province: its hourly files land by way of a real source, and say what came directly before."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from kit import SetClock

from data import campaigns
from data.database import Database
from data.demo.feed import FOLDER
from data.demo.runner import AFTER_END, Demonstration
from data.demo.simulator import DEFAULT_SEED
from data.models import Source, SourceFile, SourceRun, UpperFigure
from data.pull.asking import Surroundings
from data.pull.worker import Worker

START = datetime(2021, 6, 6, 3, tzinfo=UTC)
SPEED = 60


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "sources"


def advance(clock: SetClock, campaign_time: timedelta) -> None:
    clock.advance(seconds=campaign_time.total_seconds() / SPEED)


def fetched(database: Database, root: Path, clock: SetClock) -> None:
    """Let the process that fetches do what is due, all files written long ago."""
    for path in (root / FOLDER).glob("*.csv"):
        os.utime(path, (0, 0))
    worker = Worker(database, Surroundings((root,)), clock)
    worker.step()
    for thread in worker.at_work:
        thread.join()


def figures(database: Database) -> set[tuple[int, datetime, int | None]]:
    with database.read() as session:
        rows = session.scalars(sa.select(UpperFigure).where(~UpperFigure.repeats))
        return {(row.place_id, row.at, row.persons) for row in rows}


def run_of(database: Database) -> SourceRun:
    with database.read() as session:
        return session.scalars(sa.select(SourceRun).order_by(SourceRun.id.desc())).first()


def test_the_files_of_the_past_say_what_was_told_and_later_ones_land_by_the_source(
    database: Database, clock: SetClock, root: Path
):
    shown = Demonstration(database, clock, SPEED, DEFAULT_SEED, root, tubes=False)
    shown.load()
    past = figures(database)
    assert past
    fetched(database, root, clock)
    run = run_of(database)
    assert (run.succeeded, run.accepted, run.refused) == (True, 0, 0)
    assert run.unchanged == run.rows == len(past)
    advance(clock, timedelta(hours=1))
    shown.step()
    assert figures(database) == past, "what is new waits in the folder"
    fetched(database, root, clock)
    assert run_of(database).accepted > 0
    assert len(figures(database)) > len(past)


def test_without_a_folder_the_same_figures_come_directly(
    database: Database, clock: SetClock, root: Path, tmp_path: Path
):
    shown = Demonstration(database, clock, SPEED, DEFAULT_SEED, root, tubes=False)
    shown.load()
    direct_database = Database(f"sqlite:///{tmp_path}/direct.db")
    direct_database.upgrade()
    direct = Demonstration(direct_database, clock, SPEED, DEFAULT_SEED, tubes=False)
    direct.load()
    for _ in range(3):
        advance(clock, timedelta(hours=1))
        shown.step()
        direct.step()
        fetched(database, root, clock)

    def told(where: Database) -> set[tuple[datetime, int | None]]:
        return {(at, persons) for _, at, persons in figures(where)}

    assert told(database) == told(direct_database)
    direct_database.engine.dispose()


def test_a_new_day_begins_with_an_empty_folder_and_a_fresh_source(database: Database, clock: SetClock, root: Path):
    shown = Demonstration(database, clock, SPEED, DEFAULT_SEED, root, tubes=False)
    shown.load()
    fetched(database, root, clock)
    campaign = shown.day.campaign
    with database.read() as session:
        now = campaigns.now_for(campaigns.find(session, "demo"), clock())
    advance(clock, campaign.deadline + AFTER_END - now)
    shown.step()
    with database.read() as session:
        (source,) = session.scalars(sa.select(Source))
        assert (source.failures, source.last_success_at, source.next_at) == (0, None, campaign.starts_at)
        assert session.scalar(sa.select(sa.func.count()).select_from(SourceFile)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(SourceRun)) == 0
    assert not list((root / FOLDER).glob("*.csv"))


def test_a_removed_source_is_not_made_again_and_the_figures_come_directly(
    database: Database, clock: SetClock, root: Path
):
    Demonstration(database, clock, SPEED, DEFAULT_SEED, root, tubes=False).load()
    with database.write() as session:
        session.execute(sa.update(Source).values(removed_at=clock()))
    again = Demonstration(database, clock, SPEED, DEFAULT_SEED, root, tubes=False)
    again.load()
    before = figures(database)
    advance(clock, timedelta(hours=1))
    again.step()
    assert len(figures(database)) > len(before)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Source)) == 1
