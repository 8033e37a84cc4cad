"""The tubes of the demonstration, on both databases: sent as its clock goes, once each, forgotten with its day."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
import sqlalchemy as sa
from kit import SetClock

from data import campaigns
from data.database import Database
from data.demo import runner
from data.demo.runner import AFTER_END, Demonstration
from data.demo.simulator import DEFAULT_SEED, CampaignDay, simulate
from data.demo.tubes import TubeDay
from data.models import TubeEvent, TubeRow
from data.verification import tube_differences
from domain.tubes import Stage

START = datetime(2021, 6, 6, 3, tzinfo=UTC)
SPEED = 60
MORNING = timedelta(minutes=80)
"""As much of the day as shows every step of the way without taking long to play."""


@cache
def day_of(seed: int, date: date) -> CampaignDay:
    return simulate(seed, date)


@cache
def tubes_of(seed: int, date: date) -> TubeDay:
    return TubeDay(day_of(seed, date), seed)


@pytest.fixture(autouse=True)
def day_simulated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One day for all tests: that the same seed makes the same day is held in tests/unit/test_tube_simulator.py."""
    monkeypatch.setattr(runner, "simulate", day_of)
    monkeypatch.setattr(
        runner, "TubeDay", lambda day, seed: tubes_of(seed, day.campaign.local(day.campaign.starts_at).date())
    )


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def demonstration(database: Database, clock: SetClock) -> Demonstration:
    made = Demonstration(database, clock, SPEED, DEFAULT_SEED, first_look=MORNING)
    made.load()
    return made


def advance(clock: SetClock, campaign_time: timedelta) -> None:
    clock.advance(seconds=campaign_time.total_seconds() / SPEED)


def events_of(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(sa.select(TubeEvent.event_id)))


def expected(demonstration: Demonstration, played: timedelta) -> set[str]:
    assert demonstration.tubes is not None
    start = demonstration.day.campaign.starts_at
    return {str(row["event_id"]) for row in demonstration.tubes.events(start, start + played)}


def test_exactly_what_was_sent_by_then_is_on_record(
    demonstration: Demonstration, database: Database, clock: SetClock
) -> None:
    assert events_of(database) == expected(demonstration, MORNING)
    advance(clock, timedelta(minutes=12, seconds=30))
    demonstration.step()
    # The minute that has begun is sent when it is over.
    assert events_of(database) == expected(demonstration, MORNING + timedelta(minutes=12))
    advance(clock, timedelta(seconds=30))
    demonstration.step()
    assert events_of(database) == expected(demonstration, MORNING + timedelta(minutes=13))
    with database.read() as session:
        row = campaigns.find(session, "demo")
        assert tube_differences(session, row, campaigns.load_tree(session, row)) == 0
        stages = set(session.scalars(sa.select(TubeRow.stage).distinct()))
    assert {Stage.ON_SITE, Stage.IN_TRANSIT, Stage.AT_LAB} <= stages


def test_each_laboratory_sends_its_own_and_the_record_knows_when(
    demonstration: Demonstration, database: Database
) -> None:
    with database.read() as session:
        labs = {row["lab_code"] for row in demonstration.day.labs}
        rows = session.execute(sa.select(TubeEvent.event_id, TubeEvent.actor, TubeEvent.type, TubeEvent.recorded_at))
        told = {}
        for event_id, actor, kind, recorded_at in rows:
            assert (actor.rpartition("(")[2].rstrip(")") in labs) == (kind >= 4)
            told[event_id] = int(recorded_at.timestamp())
    assert demonstration.tubes is not None
    start = demonstration.day.campaign.starts_at
    sent = demonstration.tubes.sendings(start, start + MORNING)
    assert told == {str(row["event_id"]): at for at, row in sent}


def test_stopped_and_started_again_it_sends_nothing_twice_and_leaves_nothing_out(
    demonstration: Demonstration, database: Database, clock: SetClock
) -> None:
    advance(clock, timedelta(minutes=5, seconds=20))
    demonstration.step()
    clock.advance(hours=2)
    again = Demonstration(database, clock, SPEED, DEFAULT_SEED, first_look=MORNING)
    again.load()
    advance(clock, timedelta(minutes=5))
    again.step()
    assert events_of(database) == expected(demonstration, MORNING + timedelta(minutes=10))


def test_a_day_that_begins_anew_begins_without_tubes(database: Database, clock: SetClock) -> None:
    made = Demonstration(database, clock, SPEED, DEFAULT_SEED, first_look=timedelta(minutes=20))
    made.load()
    assert events_of(database)
    campaign = made.day.campaign
    with database.write() as session:
        row = campaigns.lock(session, campaign.id)
        row.settings = {**row.settings, "played_until": (campaign.deadline + AFTER_END).isoformat()}
    advance(clock, campaign.deadline - campaign.starts_at + AFTER_END)
    made.step()
    assert events_of(database) == set()
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(TubeRow)) == 0
    advance(clock, timedelta(minutes=15))
    made.step()
    assert events_of(database) == expected(made, timedelta(minutes=15))
