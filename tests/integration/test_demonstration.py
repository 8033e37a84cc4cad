"""The demonstration at work, on both databases: it starts in the middle, goes on, stops and resumes, begins anew."""

from datetime import UTC, datetime, timedelta

import pytest
from kit import SetClock

from data import campaigns
from data.database import Database
from data.demo.runner import AFTER_END, FIRST_LOOK, Demonstration
from data.demo.simulator import DEFAULT_SEED
from data.queries.moment import Moment
from data.queries.overview import overview
from data.verification import differences
from domain.overview import Overview

START = datetime(2021, 6, 6, 3, tzinfo=UTC)
SPEED = 60


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def demonstration(database: Database, clock: SetClock) -> Demonstration:
    made = Demonstration(database, clock, SPEED, DEFAULT_SEED, tubes=False)
    made.load()
    return made


def look(database: Database, clock: SetClock) -> tuple[str, Overview]:
    """The campaign's epoch and its overview now; the kept sums are checked on the way."""
    with database.read() as session:
        row = campaigns.find(session, "demo")
        tree = campaigns.load_tree(session, row)
        assert differences(session, tree) == 0
        (root,) = tree.roots
        return row.epoch, overview(session, Moment(tree, root, row.revision, campaigns.now_for(row, clock())))


def advance(clock: SetClock, campaign_time: timedelta) -> None:
    """Let the demonstration's clock go on by `campaign_time`."""
    clock.advance(seconds=campaign_time.total_seconds() / SPEED)


def test_it_is_first_seen_in_the_middle_of_its_day(demonstration: Demonstration, database: Database, clock: SetClock):
    _, seen = look(database, clock)
    campaign = demonstration.day.campaign
    assert seen.now == campaign.starts_at + FIRST_LOOK
    assert seen.campaign.demo
    assert (seen.sites, seen.target) == (118, 857_000)
    assert 0.4 < (seen.completion or 0) < 0.7
    assert seen.expected_finish is not None


def test_it_sends_what_comes_due_and_nothing_else(demonstration: Demonstration, database: Database, clock: SetClock):
    epoch, before = look(database, clock)
    demonstration.step()
    assert look(database, clock)[1].figures == before.figures
    advance(clock, timedelta(hours=1))
    demonstration.step()
    again, after = look(database, clock)
    assert again == epoch
    assert after.figures.reports > before.figures.reports
    assert after.figures.persons > before.figures.persons


def test_stopped_and_started_again_it_goes_on_where_it_stopped(
    demonstration: Demonstration, database: Database, clock: SetClock
):
    advance(clock, timedelta(minutes=30))
    demonstration.step()
    epoch, before = look(database, clock)
    clock.advance(hours=3)
    Demonstration(database, clock, SPEED, DEFAULT_SEED, tubes=False).load()
    assert look(database, clock) == (epoch, before)


def test_after_its_end_it_begins_anew_at_the_same_places(
    demonstration: Demonstration, database: Database, clock: SetClock
):
    epoch, _ = look(database, clock)
    campaign = demonstration.day.campaign
    advance(clock, campaign.deadline - campaign.starts_at - FIRST_LOOK)
    demonstration.step()
    _, finished = look(database, clock)
    assert (finished.completion or 0) > 0.97
    advance(clock, AFTER_END + timedelta(minutes=1))
    demonstration.step()
    anew, morning = look(database, clock)
    assert anew != epoch
    assert morning.now == campaign.starts_at
    assert (morning.figures.reports, morning.sites) == (0, 118)
    advance(clock, timedelta(hours=2))
    demonstration.step()
    assert look(database, clock)[1].figures.persons > 0


def test_another_seed_or_another_day_begins_anew(demonstration: Demonstration, database: Database, clock: SetClock):
    epoch, before = look(database, clock)
    Demonstration(database, clock, SPEED, DEFAULT_SEED + 1, tubes=False).load()
    other, seen = look(database, clock)
    assert other != epoch
    assert seen.figures != before.figures
    clock.advance(hours=24)
    Demonstration(database, clock, SPEED, DEFAULT_SEED + 1, tubes=False).load()
    assert look(database, clock)[1].campaign.starts_at == before.campaign.starts_at + timedelta(days=1)
