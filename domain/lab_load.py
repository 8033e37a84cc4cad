"""How much a laboratory has to do beside what it can: hours to clear (积压 ÷ 产能), inflow against capacity, and who
could take over what is too much for another.

Whole rates of the last hour; what will come is the matching's business (`domain.matching`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.backlog import LabBacklog, LabRef, of_age
from domain.campaign import Limits
from domain.status import Severity
from domain.tubes import Stage


@dataclass(frozen=True, slots=True)
class LabLoad:
    """A laboratory now. `waiting` has no result yet, `coming` is on its way to it; `received` and `reported` are of
    the last hour; `capacity` tubes an hour, None where nobody has stated it. `hours` is `waiting` ÷ `capacity`,
    `clears_at` when that is over if nothing more comes."""

    lab: LabRef
    waiting: int
    coming: int
    received: int
    reported: int
    capacity: float | None
    hours: float | None
    clears_at: datetime | None
    severity: Severity
    by_count: bool

    @property
    def over(self) -> bool:
        """Whether more came in the last hour than the laboratory can test in one."""
        return self.capacity is not None and self.received > self.capacity

    @property
    def spare(self) -> float:
        """Tubes an hour that it could take beyond what came."""
        return max(0.0, self.capacity - self.received) if self.capacity is not None else 0.0


@dataclass(frozen=True, slots=True)
class Diversion:
    """What one laboratory gets too much of and another has room for, in tubes an hour. A hint, nothing more."""

    source: LabRef
    target: LabRef
    spare: int
    tubes: int


def load(row: LabBacklog, limits: Limits) -> LabLoad:
    """The load of one laboratory."""
    waiting = row.backlog.at_labs
    daily = row.lab.capacity_per_day
    capacity = daily / limits.lab_day_hours if daily is not None else None
    hours = waiting / capacity if capacity else None
    return LabLoad(
        lab=row.lab,
        waiting=waiting,
        coming=row.backlog.stage(Stage.IN_TRANSIT).tubes,
        received=row.backlog.last_hour[2],
        reported=row.backlog.last_hour[4],
        capacity=capacity,
        hours=hours,
        clears_at=row.backlog.now + timedelta(hours=hours) if hours is not None else None,
        severity=of_age(round(hours * 60) if hours is not None else None, limits.test_minutes, limits),
        by_count=row.by_count,
    )


def loads(rows: Iterable[LabBacklog], limits: Limits) -> tuple[LabLoad, ...]:
    """Of several laboratories, those that need longest first; of unknown capacity last."""
    found = [load(row, limits) for row in rows]
    return tuple(sorted(found, key=lambda one: (-(one.hours if one.hours is not None else -1.0), one.lab.code)))


def diversion(found: Iterable[LabLoad]) -> Diversion | None:
    """From the laboratory that gets most beyond its capacity to the one with most room."""
    known = [one for one in found if one.capacity is not None]
    source = max(known, key=lambda one: one.received - (one.capacity or 0.0), default=None)
    target = max(known, key=lambda one: one.spare, default=None)
    if source is None or target is None or source.capacity is None or not source.over or source is target:
        return None
    tubes = int(min(source.received - source.capacity, target.spare))
    return Diversion(source.lab, target.lab, int(target.spare), tubes) if tubes >= 1 else None
