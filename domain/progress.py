"""How far a place is: the stamp its figures carry, its gap to plan, when they are too old."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.campaign import Campaign


def settled_period(campaign: Campaign, now: datetime, expected: Sequence[int], reported: Sequence[int]) -> int | None:
    """The period whose end is the stamp 数据截至: the latest one with reports that is due, or complete already.

    Before any is, the latest with reports at all, None without one. So the stamp does not jump ahead with the
    first early report, and does not move when an hour brings nothing. `expected` and `reported` are reports per
    period.
    """
    with_reports = [k for k in range(campaign.periods) if reported[k]]
    settled = [k for k in with_reports if campaign.is_due(k, now) or reported[k] >= expected[k] > 0]
    return max(settled, default=max(with_reports, default=None))


def is_running(campaign: Campaign, now: datetime) -> bool:
    """Whether figures are still expected to come: from the start until the last hour's may be too old."""
    return campaign.starts_at <= now < campaign.deadline + timedelta(minutes=campaign.limits.stale_minutes)


def stale_at(campaign: Campaign, data_until: datetime | None) -> datetime | None:
    """When figures that reach `data_until` will be too old; None once they reach the campaign's end.

    Default 75 minutes: an hour, and a quarter of one for reporting and checking (design, section 9).
    """
    reached = data_until or campaign.starts_at
    if reached >= campaign.deadline:
        return None
    return reached + timedelta(minutes=campaign.limits.stale_minutes)


def is_stale(campaign: Campaign, now: datetime, data_until: datetime | None) -> bool:
    """Whether the figures are too old while the campaign runs."""
    limit = stale_at(campaign, data_until)
    return limit is not None and is_running(campaign, now) and now > limit


def planned_until(plan: Sequence[float] | None, period: int | None) -> float | None:
    """Persons planned up to the end of `period`; None without a plan, and before there is anything to compare."""
    if plan is None or period is None:
        return None
    return sum(plan[: period + 1])


def gap_pp(persons: float, planned: float | None, target: int | None) -> float | None:
    """Persons counted less persons planned, in percentage points of the target; negative is behind."""
    if planned is None or not target:
        return None
    return 100 * (persons - planned) / target


def completion(persons: int, target: int | None) -> float | None:
    """Share of the target; over 1 when more came than were expected, None without a target."""
    return persons / target if target else None
