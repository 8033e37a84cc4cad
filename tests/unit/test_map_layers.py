"""The layers of the map: values and states of a site, and the hours one can look back at."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.backlog import of_age
from domain.campaign import Campaign, Limits
from domain.duty import State, tally
from domain.map_layers import Clock, SiteHour, against, of_problems, of_state
from domain.overview import Figures, Hour
from domain.places import Level
from domain.problems import Standing
from domain.status import Severity

LIMITS = Limits()


def campaign(hours: int = 16, **changes: object) -> Campaign:
    start = datetime(2021, 6, 5, 22, tzinfo=UTC)  # 06:00 of the 6th in the campaign's zone
    return Campaign("c", "轮次", "Round", start, start + timedelta(hours=hours), "Asia/Shanghai", **changes)


def clock(at: datetime, hours: int = 16, hour: datetime | None = None) -> Clock:
    c = campaign(hours)
    made = tuple(
        Hour(
            k,
            c.start_of(k),
            c.end_of(k),
            c.start_of(k) <= at,
            c.is_due(k, at),
            Figures(),
            None,
            tally(1, False, 0, 0),
        )
        for k in c.each_period()
    )
    return Clock(c, at, hour, made)


@pytest.mark.parametrize(
    ("persons", "hours", "lanes", "load"),
    [
        (400, 1, 4, 100.0),
        (1200, 3, 4, 100.0),
        (60, 0.5, 2, 60.0),
        (None, 1, 4, None),
        (400, 1, None, None),
        (400, 1, 0, None),
    ],
)
def test_the_load_of_a_lane_is_the_mean_of_the_hours_a_report_covers(persons, hours, lanes, load):
    assert SiteHour(persons, hours, None, lanes).load == load


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        (None, None),
        (0, Severity.OK),
        (22, Severity.OK),
        (22.5, Severity.WARN),
        (30, Severity.WARN),
        (31, Severity.CRIT),
    ],
)
def test_a_queue_is_judged_like_every_limit(value, severity):
    assert against(value, LIMITS.queue_minutes, LIMITS) is severity


def test_a_limit_that_is_off_judges_nothing():
    assert against(500, 0, LIMITS) is None


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_ages_of_tubes_and_values_of_layers_follow_one_rule(value, limit):
    assert against(value, limit, LIMITS) is of_age(value, limit, LIMITS)


@pytest.mark.parametrize(
    ("state", "severity"),
    [
        (State.MISSING, Severity.MISS), (State.LATE, Severity.WARN), (State.ON_TIME, Severity.OK),
        (State.ZERO, Severity.OK), (State.RETURNED, None), (State.CLOSED, None), (State.NOT_DUE, None),
    ],
)  # fmt: skip
def test_a_report_is_marked_by_its_state(state, severity):
    assert of_state(state) is severity


def test_the_most_pressing_problem_marks_the_site():
    since = datetime(2021, 6, 6, tzinfo=UTC)

    def standing(minutes: int) -> Standing:
        return Standing(Level.SITE, since, since + timedelta(minutes=30), timedelta(minutes=minutes), None)

    assert of_problems([]) is Severity.OK
    assert of_problems([standing(5), standing(31), standing(25)]) is Severity.CRIT
    assert of_problems([standing(5), standing(25)]) is Severity.WARN


def test_one_can_look_back_at_hours_that_are_over_and_at_no_other():
    at = datetime(2021, 6, 6, 2, 20, tzinfo=UTC)
    shown = clock(at)
    assert [h.period for h in shown.day if shown.past(h)] == [0, 1, 2, 3]
    assert len(shown.day) == 16


def test_the_slider_shows_the_day_looked_at_and_leads_to_the_days_beside_it():
    at = datetime(2021, 6, 7, 2, 20, tzinfo=UTC)
    shown = clock(at, hours=48)
    assert {shown.campaign.local(h.start).day for h in shown.day} == {7}
    before = shown.beside(-1)
    assert before is not None
    assert shown.campaign.local(before.start).strftime("%d %H") == "06 23"
    assert shown.beside(1) is None
    back = clock(at, hours=48, hour=before.start)
    assert {back.campaign.local(h.start).day for h in back.day} == {6}
    assert back.beside(1) is not None


@pytest.mark.parametrize(
    ("at", "day"), [(datetime(2021, 6, 1, tzinfo=UTC), 6), (datetime(2021, 7, 1, tzinfo=UTC), 7)]
)
def test_before_the_campaign_its_first_day_is_shown_and_after_it_its_last(at, day):
    shown = clock(at, hours=40)
    assert {shown.campaign.local(h.start).day for h in shown.day} == {day}
    assert bool([h for h in shown.day if shown.past(h)]) is (day == 7)
