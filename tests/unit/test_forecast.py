"""The expected finish: what must hold for every day, and what it says on days one can work out by head."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.demo.simulator import campaign_of
from domain.campaign import Campaign
from domain.forecast import FINISHED_SHARE, Forecast, Outlook, Progress, forecast
from domain.overview import Interval

CAMPAIGN = campaign_of(date(2021, 6, 6))
PERIODS = CAMPAIGN.periods
SHAPE = [CAMPAIGN.weight(k) for k in range(PERIODS)]


def planned(target: float) -> list[float]:
    return [target * weight / sum(SHAPE) for weight in SHAPE]


def town(target: float = 50_000, settled: int = 8, pace: float = 1.0) -> Progress:
    """A town that samples `pace` times its plan."""
    weights = planned(target)
    return Progress(target, [pace * w for w in weights[:settled]], weights)


def finish_of(outlook: Outlook | None) -> Interval:
    assert outlook is not None
    assert outlook.finish is not None
    return outlook.finish


def hours(moment: datetime) -> float:
    return (moment - CAMPAIGN.anchor) / timedelta(hours=1)


@st.composite
def towns(draw: st.DrawFn, least: int = 1, most: int = 7) -> list[Progress]:
    """Towns with the same number of settled periods, at any pace, with gaps in reporting."""
    settled = draw(st.integers(2, PERIODS))
    made = []
    for _ in range(draw(st.integers(least, most))):
        target = draw(st.floats(500, 400_000))
        weights = planned(target)
        counted = [w * draw(st.floats(0.3, 1.6)) for w in weights[:settled]]
        reported = draw(st.sampled_from([(), tuple([1.0] * (settled - 1) + [0.8])]))
        made.append(Progress(target, counted, weights, reported))
    return made


@given(towns())
def test_the_interval_is_in_order_and_never_before_what_is_known(progress: list[Progress]) -> None:
    result = forecast(CAMPAIGN, progress)
    for outlook, known in zip(result.towns, progress, strict=True):
        if outlook and outlook.finish:
            f = outlook.finish
            assert f.p10 <= f.p50 <= f.p90
            if sum(known.counted) < FINISHED_SHARE * known.target:
                assert f.p10 >= CAMPAIGN.end_of(len(known.counted) - 1)
    if result.district and result.district.finish:
        f = result.district.finish
        assert f.p10 <= f.p50 <= f.p90


@given(towns())
def test_the_district_is_not_done_before_any_of_its_towns(progress: list[Progress]) -> None:
    result = forecast(CAMPAIGN, progress)
    if result.district and result.district.finish:
        for outlook in result.towns:
            assert result.district.finish.p50 >= finish_of(outlook).p50
            assert result.district.finish.p90 >= finish_of(outlook).p90


@given(towns(), st.data())
def test_persons_counted_more_never_make_a_town_expected_later(progress: list[Progress], data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(progress) - 1))
    before = progress[which]
    period = data.draw(st.integers(0, len(before.counted) - 1))
    more = list(before.counted)
    more[period] += data.draw(st.floats(1, before.target / 10))
    after = [*progress[:which], replace(before, counted=more), *progress[which + 1 :]]
    earlier, later = forecast(CAMPAIGN, after).towns[which], forecast(CAMPAIGN, progress).towns[which]
    if earlier and later and later.finish:
        assert earlier.finish is not None
        assert earlier.finish.p50 <= later.finish.p50 + timedelta(seconds=1)


@given(towns())
def test_the_fan_rises_keeps_its_order_and_ends_within_the_target(progress: list[Progress]) -> None:
    result = forecast(CAMPAIGN, progress)
    # A town ends at its target, or where it already is beyond it.
    ends = [max(t.target, sum(t.counted)) for t in progress]
    for outlook, end in zip((*result.towns, result.district), [*ends, sum(ends)], strict=True):
        assert outlook is not None
        most = end * 1.05
        periods = [band[0] for band in outlook.expected]
        assert periods == list(range(len(progress[0].counted), len(progress[0].counted) + len(periods)))
        assert len(periods) >= PERIODS - len(progress[0].counted)
        for (_, *before), (_, *after) in zip(outlook.expected, outlook.expected[1:], strict=False):
            assert before[1] <= after[1] + 1e-6
        for _, p10, p50, p90 in outlook.expected:
            assert p10 <= p50 + 1e-6
            assert p50 <= p90 + 1e-6
            assert p90 <= most


@given(towns())
def test_the_same_progress_gives_the_same_forecast(progress: list[Progress]) -> None:
    assert forecast(CAMPAIGN, progress) == forecast(CAMPAIGN, progress)


@settings(max_examples=25)
@given(st.floats(1_000, 1_000_000), st.integers(2, 14))
def test_a_town_on_plan_is_expected_when_the_plan_ends(target: float, settled: int) -> None:
    weights, done, end = planned(target), 0.0, 0.0
    for k, persons in enumerate(weights):
        if done < FINISHED_SHARE * target <= done + persons:
            end = k + (FINISHED_SHARE * target - done) / persons
        done += persons
    expected = finish_of(forecast(CAMPAIGN, [town(target, settled)]).towns[0])
    assert hours(expected.p50) == pytest.approx(end, abs=0.35)


@pytest.mark.parametrize(
    ("progress", "why"),
    [
        (town(settled=0), "nothing counted"),
        (town(settled=1), "one period tells no pace"),
        (town(target=0), "no target"),
        (replace(town(), weights=[0.0] * PERIODS), "no plan"),
    ],
)
def test_without_target_plan_or_two_periods_nothing_is_said(progress: Progress, why: str) -> None:
    assert forecast(CAMPAIGN, [progress]).towns == (None,), why
    assert forecast(CAMPAIGN, [progress]).district is None


def test_no_towns_have_no_forecast() -> None:
    assert forecast(CAMPAIGN, []) == Forecast(None, ())


def test_a_town_without_target_does_not_silence_the_district() -> None:
    alone = forecast(CAMPAIGN, [town()])
    beside = forecast(CAMPAIGN, [town(), town(target=0)])
    assert beside.district == alone.district
    assert beside.towns[1] is None


def test_a_finished_town_is_known_to_the_minute() -> None:
    done = town(target=10_000, settled=16)
    f = finish_of(forecast(CAMPAIGN, [done]).towns[0])
    assert f.p10 == f.p50 == f.p90 < CAMPAIGN.deadline


def test_a_town_that_hardly_samples_has_no_finish_but_a_fan() -> None:
    outlook = forecast(CAMPAIGN, [town(settled=8, pace=0.001)]).towns[0]
    assert outlook is not None
    assert outlook.finish is None
    assert outlook.expected


def test_a_town_that_cannot_keep_up_goes_on_after_the_deadline() -> None:
    f = finish_of(forecast(CAMPAIGN, [town(settled=12, pace=0.35)]).towns[0])
    assert CAMPAIGN.deadline < f.p50 <= CAMPAIGN.deadline + timedelta(hours=12)


def test_towns_at_the_edge_of_the_horizon_leave_the_district_without_a_finish_rather_than_fail() -> None:
    results = [forecast(CAMPAIGN, [town(settled=2, pace=p / 1000)] * 7) for p in range(5, 600, 2)]
    foreseen = [bool(r.district and r.district.finish) for r in results]
    assert foreseen == sorted(foreseen)
    assert not foreseen[0]
    assert foreseen[-1]
    assert any(r.towns[0] and r.towns[0].finish and not ok for r, ok in zip(results, foreseen, strict=True))


def test_the_district_waits_for_its_slowest_town() -> None:
    result = forecast(CAMPAIGN, [town(pace=1.1), town(pace=0.6), town(pace=1.0)])
    slow = finish_of(result.towns[1])
    assert max(finish_of(t).p50 for t in result.towns) == slow.p50
    assert finish_of(result.district).p50 - slow.p50 < timedelta(hours=1)


def test_an_outage_followed_by_catch_up_changes_little() -> None:
    whole = town(settled=9)
    caught_up = list(whole.counted)
    caught_up[8] += caught_up[7]
    caught_up[7] = 0
    during = Progress(whole.target, [*whole.counted[:7], 0.0], whole.weights, [*[1.0] * 7, 0.0])
    expected = finish_of(forecast(CAMPAIGN, [whole]).towns[0]).p50
    after = finish_of(forecast(CAMPAIGN, [replace(whole, counted=caught_up)]).towns[0]).p50
    meanwhile = finish_of(forecast(CAMPAIGN, [during]).towns[0]).p50
    assert abs(after - expected) < timedelta(minutes=30)
    assert abs(meanwhile - expected) < timedelta(minutes=30)


def test_a_running_total_that_falls_takes_back_a_finish_and_breaks_nothing() -> None:
    wrong = town(target=10_000, settled=13)
    counted = [*wrong.counted, 2_000.0, -2_000.0]
    f = finish_of(forecast(CAMPAIGN, [replace(wrong, counted=counted)]).towns[0])
    assert f.p10 >= CAMPAIGN.end_of(14)
    negative = replace(wrong, counted=[500.0, -2_000.0])
    assert forecast(CAMPAIGN, [negative]).towns[0] is not None


def test_the_interval_is_narrower_late_in_the_day_than_early() -> None:
    widths = []
    for settled in (3, 8, 13):
        f = finish_of(forecast(CAMPAIGN, [town(settled=settled)]).towns[0])
        widths.append(f.p90 - f.p10)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] > timedelta(minutes=5)


@pytest.mark.parametrize("minutes", [30, 60, 120])
def test_the_reporting_interval_does_not_move_the_finish_much(minutes: int) -> None:
    starts = datetime(2021, 6, 5, 22, tzinfo=UTC)
    campaign = Campaign(
        "c", "c", "c", starts, starts + timedelta(hours=16), "Asia/Shanghai", interval_minutes=minutes
    )
    periods = campaign.periods
    weights = [10_000 / periods] * periods
    f = finish_of(forecast(campaign, [Progress(10_000, weights[: periods // 2], weights)]).district)
    assert (f.p50 - starts) / timedelta(hours=1) == pytest.approx(15.9, abs=0.8)
