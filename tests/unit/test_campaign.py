from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from data.campaigns import BadCampaign, check
from domain.campaign import INTERVALS, Campaign, Limits
from locales import LANGUAGES, text

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[misc]


def campaign(**changes) -> Campaign:
    plain = Campaign(
        "c", "演练", "Drill", local("Asia/Shanghai", 2021, 6, 6, 6), local("Asia/Shanghai", 2021, 6, 6, 22),
        "Asia/Shanghai",
    )  # fmt: skip
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("interval", "start", "anchor"),
    [
        (60, (6, 0), (6, 0)),
        (60, (6, 30), (6, 0)),
        (60, (6, 59), (6, 0)),
        (30, (6, 30), (6, 30)),
        (30, (6, 29), (6, 0)),
        (30, (6, 45), (6, 30)),
        (120, (6, 30), (6, 0)),
        (120, (7, 0), (7, 0)),
    ],
)
def test_the_grid_begins_at_the_full_or_half_hour_before_the_start(interval, start, anchor):
    c = campaign(interval_minutes=interval, starts_at=local("Asia/Shanghai", 2021, 6, 6, *start))
    assert c.anchor == local("Asia/Shanghai", 2021, 6, 6, *anchor)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide", "Europe/Bratislava", "UTC"])
@pytest.mark.parametrize("interval", INTERVALS)
def test_the_grid_follows_the_clocks_of_the_campaigns_own_zone(zone, interval):
    c = campaign(timezone=zone, interval_minutes=interval, starts_at=local(zone, 2021, 6, 6, 6, 10))
    assert c.local(c.anchor).strftime("%H:%M:%S") == "06:00:00"
    assert c.period_of(c.anchor) == 0
    assert c.aligned(c.anchor)


@pytest.mark.parametrize(("interval", "periods"), [(30, 32), (60, 16), (120, 8)])
def test_the_periods_fill_the_campaign(interval, periods):
    c = campaign(interval_minutes=interval)
    assert c.periods == periods == len(list(c.each_period()))
    assert c.start_of(0) == c.starts_at
    assert c.end_of(periods - 1) == c.deadline


def test_a_last_period_cut_short_by_the_deadline_counts():
    c = campaign(deadline=local("Asia/Shanghai", 2021, 6, 6, 21, 1))
    assert c.periods == 16


@pytest.mark.parametrize("interval", INTERVALS)
def test_every_moment_lies_in_the_period_that_begins_before_it(interval):
    c = campaign(interval_minutes=interval)
    for minute in range(-200, 1200, 7):
        moment = c.starts_at + timedelta(minutes=minute)
        k = c.period_of(moment)
        assert c.start_of(k) <= moment < c.end_of(k)
        assert c.aligned(moment) == (moment == c.start_of(k))


def test_a_period_is_negative_before_the_campaign():
    c = campaign()
    assert c.period_of(c.anchor - timedelta(seconds=1)) == -1


def test_a_report_is_due_ten_minutes_after_its_period_and_not_a_second_before():
    c = campaign()
    due = c.end_of(3) + timedelta(minutes=10)
    assert not c.is_due(3, due - timedelta(seconds=1))
    assert c.is_due(3, due)
    assert c.last_due(due - timedelta(seconds=1)) == 2
    assert c.last_due(due) == 3


def test_no_period_is_due_before_the_first_and_none_after_the_last():
    c = campaign()
    assert c.last_due(c.starts_at - timedelta(days=1)) is None
    assert c.last_due(c.starts_at + timedelta(minutes=69)) is None
    assert c.last_due(c.starts_at + timedelta(minutes=70)) == 0
    assert c.last_due(c.deadline + timedelta(days=9)) == c.periods - 1


def test_a_day_on_which_the_clocks_change_has_its_true_number_of_hours():
    def day(*date: int) -> Campaign:
        begins = local("Europe/Bratislava", *date)
        ends = (begins.astimezone(ZoneInfo("Europe/Bratislava")) + timedelta(days=1)).astimezone(UTC)
        return campaign(timezone="Europe/Bratislava", starts_at=begins, deadline=ends)

    assert day(2020, 10, 25).periods == 25
    assert day(2021, 3, 28).periods == 23
    assert day(2020, 10, 31).periods == 24


def test_the_plans_weights_follow_the_local_hour():
    c = campaign(plan_weights=tuple(float(h) for h in range(24)))
    assert [c.weight(k) for k in (0, 1, 15)] == [6.0, 7.0, 21.0]
    assert campaign().weight(5) == 1.0


def test_limits_take_the_campaigns_own_values_over_the_defaults():
    limits = Limits.from_settings({"gap_warn_pp": "2.5", "outlier_hours": "4"})
    assert (limits.gap_warn_pp, limits.outlier_hours, limits.stale_minutes) == (2.5, 4, 75)
    assert isinstance(limits.outlier_hours, int)


def test_an_unknown_limit_is_an_error():
    with pytest.raises(KeyError):
        Limits.from_settings({"gap": 1})


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "much", "1e9"])
@pytest.mark.parametrize("name", [f.name for f in fields(Limits)])
def test_a_senseless_limit_is_an_error(name, value):
    with pytest.raises(ValueError, match=r"\S"):
        Limits.from_settings({name: value})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": ""}, "bad_id"),
        ({"id": "a b"}, "bad_id"),
        ({"id": "a/b"}, "bad_id"),
        ({"id": "a" * 65}, "bad_id"),
        ({"name": "  "}, "no_name"),
        ({"timezone": "Asia/Nowhere"}, "bad_timezone"),
        ({"timezone": "../etc/passwd"}, "bad_timezone"),
        ({"timezone": ""}, "bad_timezone"),
        ({"timezone": "Asia"}, "bad_timezone"),
        ({"deadline": local("Asia/Shanghai", 2021, 6, 6, 6)}, "ends_before_start"),
        ({"deadline": local("Asia/Shanghai", 2022, 6, 6, 6)}, "too_long"),
        ({"interval_minutes": 45}, "bad_interval"),
        ({"pool_size": 7}, "bad_pool_size"),
        ({"due_minutes": 60}, "bad_due"),
        ({"due_minutes": -1}, "bad_due"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused_with_a_sentence(changes, problem):
    with pytest.raises(BadCampaign) as caught:
        check(campaign(**changes))
    assert caught.value.problem == problem
    for language in LANGUAGES:
        assert text(language, f"campaign.{problem}", **caught.value.params)
