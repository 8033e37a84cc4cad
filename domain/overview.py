"""What one look at a place shows: totals, hours, its children against plan, who is missing.

Typed rows only: `data/queries` fills them, figures, components, the API and exports read them, so that none of
them can disagree. Counts are persons or tubes, gaps percentage points of target, times UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.campaign import Campaign
from domain.duty import Tally
from domain.findings import Finding
from domain.places import Level
from domain.status import Severity


@dataclass(frozen=True, slots=True)
class PlaceRef:
    """Enough of a place to name it and to link to it."""

    code: str
    name: str
    name_en: str
    level: Level

    def label(self, language: str) -> str:
        return self.name_en or self.name if language == "en" else self.name


@dataclass(frozen=True, slots=True)
class Interval:
    """An expected moment with its 80 % interval (p10 to p90)."""

    p10: datetime
    p50: datetime
    p90: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over current reports. A figure no report states is None, not zero."""

    reports: int = 0
    persons: int = 0
    catch_up_persons: int = 0
    verified_persons: int = 0
    tubes: int | None = 0
    third_copies: int | None = 0
    special_cases: int | None = 0
    positives: int | None = 0

    @property
    def verified_share(self) -> float | None:
        """Persons in verified reports ÷ persons; None where there are none."""
        return self.verified_persons / self.persons if self.persons else None

    @property
    def persons_per_tube(self) -> float | None:
        return self.persons / self.tubes if self.tubes else None


@dataclass(frozen=True, slots=True)
class Hour:
    """One period of the campaign at one place. `plan` is persons planned in it, None without a target;
    `started` says that it has begun, `due` that its reports should be in."""

    period: int
    start: datetime
    end: datetime
    started: bool
    due: bool
    figures: Figures
    plan: float | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class Child:
    """One place directly below, with the same figures one level down.

    `planned` is the plan's persons up to the stamp (`data_until`), `gap_persons`/`gap_pp` what was counted up to
    it less the plan. `strip` is one tally per period of `Overview.strip_periods`.
    """

    place: PlaceRef
    kind: str | None
    sites: int
    figures: Figures
    last_hour: Figures
    target: int | None
    completion: float | None
    planned: float | None
    gap_persons: int | None
    gap_pp: float | None
    severity: Severity | None
    strip: tuple[Tally, ...]
    gaps: tuple[float | None, ...]
    """Gap to plan in percentage points at the end of each period, None where nothing is known."""
    missing: int
    lon: float | None
    lat: float | None
    lanes: int | None
    expected_finish: Interval | None = None
    gap_forecast: tuple[tuple[int, float, float, float], ...] = ()
    """Expected gap at the end of a period to come, percentage points: (period, p10, p50, p90)."""


@dataclass(frozen=True, slots=True)
class Overview:
    """One place at one version.

    `now` is the campaign's clock when it was read (as of), `data_until` the event time the figures reach: the end
    of the latest period that is due, or complete, and has reports. `last_period` is that period. Gaps compare
    with `planned` only what was counted up to the stamp. `missing` are the sites that owe a report for `duty_period`,
    the last one due.
    """

    campaign: Campaign
    revision: int
    now: datetime
    place: PlaceRef
    parents: tuple[PlaceRef, ...]
    data_until: datetime | None
    last_period: int | None
    duty_period: int | None
    stale: bool
    ended: bool
    figures: Figures
    target: int | None
    completion: float | None
    planned: float | None
    gap_persons: int | None
    gap_pp: float | None
    severity: Severity | None
    sites: int
    sites_expected: int
    sites_reported: int
    towns: int
    towns_verified: int
    hours: tuple[Hour, ...]
    outside: tuple[Hour, ...]
    """Periods before or after the campaign that have reports all the same; their persons are in the totals."""
    strip_periods: tuple[int, ...]
    children: tuple[Child, ...]
    missing: tuple[PlaceRef, ...]
    findings: tuple[Finding, ...]
    finding_counts: Mapping[Severity, int]
    hour: datetime | None = None
    """Start of the last period shown, when the reader looks back; None for now."""
    expected_finish: Interval | None = None
    forecast: tuple[tuple[int, float, float, float], ...] = ()
    """Expected cumulative persons at the end of a period: (period, p10, p50, p90)."""

    @property
    def last_hour(self) -> Hour | None:
        """The period that ends at the stamp."""
        return self.hours[self.last_period] if self.last_period is not None else None
