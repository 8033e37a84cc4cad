from datetime import UTC, datetime, timedelta

import pytest

from domain import progress, status
from domain.campaign import Campaign, Limits
from domain.status import Severity

START = datetime(2021, 6, 5, 22, tzinfo=UTC)
CAMPAIGN = Campaign("c", "演练", "", START, START + timedelta(hours=4), "Asia/Shanghai")


def after(hours: float) -> datetime:
    return START + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("now", "reported", "stamp"),
    [
        (0.5, [0, 0, 0, 0], None),
        (0.9, [1, 0, 0, 0], 0),
        (1.0, [2, 0, 0, 0], 0),
        (1.5, [2, 1, 0, 0], 0),
        (1.9, [2, 2, 0, 0], 1),
        (2.5, [2, 1, 1, 0], 1),
        (3.5, [2, 1, 0, 0], 1),
        (9.0, [0, 0, 1, 0], 2),
        (9.0, [0, 0, 0, 0], None),
    ],
)
def test_the_stamp_is_the_latest_hour_that_is_due_or_complete_and_has_reports(now, reported, stamp):
    assert progress.settled_period(CAMPAIGN, after(now), [2, 2, 2, 2], reported) == stamp


def test_an_hour_in_which_nobody_is_expected_is_not_complete_before_it_is_due():
    assert progress.settled_period(CAMPAIGN, after(1.9), [2, 0, 2, 2], [2, 1, 0, 0]) == 0


def test_figures_are_too_old_seventyfive_minutes_after_the_stamp():
    until = after(1)
    assert not progress.is_stale(CAMPAIGN, until + timedelta(minutes=75), until)
    assert progress.is_stale(CAMPAIGN, until + timedelta(minutes=75, seconds=1), until)


def test_without_a_report_the_figures_age_from_the_start():
    assert not progress.is_stale(CAMPAIGN, after(1.25), None)
    assert progress.is_stale(CAMPAIGN, after(1.3), None)


def test_nothing_is_stale_before_the_start_after_the_end_or_when_the_end_is_reached():
    assert not progress.is_stale(CAMPAIGN, after(-5), None)
    assert not progress.is_stale(CAMPAIGN, after(99), after(1))
    assert not progress.is_stale(CAMPAIGN, after(5), after(4))
    assert progress.stale_at(CAMPAIGN, after(4)) is None


def test_gap_to_plan_is_in_points_of_the_target():
    assert progress.gap_pp(150, 200, 1000) == -5
    assert progress.gap_pp(250, 200, 1000) == 5
    assert progress.gap_pp(250, None, 1000) is None
    assert progress.gap_pp(250, 200, 0) is None
    assert progress.gap_pp(250, 200, None) is None


def test_planned_is_the_plan_up_to_the_end_of_the_period():
    assert progress.planned_until([1, 2, 3], 1) == 3
    assert progress.planned_until([1, 2, 3], None) is None
    assert progress.planned_until(None, 1) is None


def test_completion_may_exceed_one_and_is_unknown_without_target():
    assert progress.completion(12, 10) == 1.2
    assert progress.completion(12, 0) is None
    assert progress.completion(12, None) is None


@pytest.mark.parametrize(
    ("gap", "severity"),
    [
        (None, None), (0, Severity.OK), (-1.0, Severity.OK), (-1.01, Severity.WARN), (-5.0, Severity.WARN),
        (-5.01, Severity.CRIT), (9, Severity.OK),
    ],
)  # fmt: skip
def test_a_place_behind_plan_is_watched_from_one_point_and_critical_from_five(gap, severity):
    assert status.of_gap(gap, Limits()) is severity


def test_a_single_site_is_judged_more_gently():
    assert [status.of_site_gap(gap, Limits()) for gap in (None, -10, -10.1, -20.1)] == [
        None, Severity.OK, Severity.WARN, Severity.CRIT,
    ]  # fmt: skip
