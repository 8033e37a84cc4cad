"""A campaign round: its time grid, its settings and its limits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

INTERVALS = (30, 60, 120)
"""Reporting intervals a campaign may have, in minutes."""

POOL_SIZES = (1, 5, 10, 20)
"""Persons per tube that occur in practice (source 001, 003)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of one campaign. Every one is a setting; the defaults are those of the domain's sources.

    Gaps are percentage points against plan, ages minutes, `outlier_*` the rule "more than `outlier_factor`
    times the mean of the last `outlier_hours` reports". `bulletin_people` is how many different people draft, review
    and sign a bulletin (2 in a district with fewer). `problem_*`: see `domain.problems.due_minutes`;
    `entrance_capacity` is sites per server entrance, 0 where nobody has stated it.

    Tubes (sources 002, 003): one not received `missing_after_minutes` after its use is missing; `collect_minutes …
    report_minutes` are the limits of the stages 采 → 送 → 检 → 报, and `warn_share` of one is a warning. A laboratory
    whose day takes more than `support_share` of its capacity calls the next level of support. `business_mode` is 2
    (one barcode for a tube) or 1 (one for each person). A laboratory works off its capacity of a day in
    `lab_day_hours`: 24 where its machines run through the night.

    Positives (source 003): the members of a positive pool are singly sampled again and tested within
    `resample_minutes`, a single positive is on the direct network report within `direct_report_minutes`. What has to
    be done "at once", and be confirmed, has `at_once_minutes` (assumed; no source sets a number).

    The map (sources 001, 003): a site serves who lives within `walk_metres`, ten minutes at 80 m a minute; more than
    `lane_hour` persons on a lane in an hour or a queue of more than `queue_minutes` is too much. From `lane_day` to
    `green_channels` they are the planning standards of `domain.standards`, 0 where one is not in force.
    Crews are taken from sites whose lanes do less than `idle_share` of `lane_hour`, at most `move_metres` away
    (assumed).

    The planning list: a lane has a crew of `lane_medics` and `lane_ushers` in two teams (003), a site besides its own
    of "1+8" where `site_crew` is 1 (001), crews and kits `reserve_share` in reserve (003); 0 asks for none. With
    `planning_check` 1 a campaign that keeps a planning list is given no new site that is not approved on it.

    Laboratories (source 004): a licence or filing is warned of `lab_expiry_days` ahead; an item's mark needs a round
    of assessment in the last `lab_assessed_months` and passed ones in `lab_years` years up to `lab_years_until` (0:
    the year before). The four quality rates are those of the last `lab_rate_months`, with their targets as shares.

    Retention: `keep_tubes_days` after its deadline a campaign's tubes and their events may leave the database for an
    archive (assumed; no source sets a number), 0 for never.
    """

    gap_warn_pp: float = 1.0
    gap_crit_pp: float = 5.0
    site_gap_warn_pp: float = 10.0
    site_gap_crit_pp: float = 20.0
    stale_minutes: int = 75
    outlier_factor: float = 3.0
    outlier_hours: int = 3
    upper_sync_minutes: int = 30
    bulletin_people: int = 3
    problem_accept_minutes: int = 10
    problem_site_minutes: int = 30
    problem_town_minutes: int = 60
    problem_district_minutes: int = 120
    problem_stopped_share: float = 0.5
    problem_unaffected_share: float = 2.0
    entrance_capacity: int = 0
    missing_after_minutes: int = 240
    collect_minutes: int = 120
    transit_minutes: int = 240
    test_minutes: int = 360
    report_minutes: int = 720
    warn_share: float = 0.75
    support_share: float = 0.70
    business_mode: int = 2
    lab_day_hours: int = 24
    lab_expiry_days: int = 30
    lab_assessed_months: int = 6
    lab_years: int = 3
    lab_years_until: int = 0
    lab_rate_months: int = 12
    lab_forms_share: float = 1.0
    lab_participation_share: float = 0.98
    lab_pass_share: float = 0.90
    lab_correction_share: float = 1.0
    resample_minutes: int = 60
    direct_report_minutes: int = 120
    at_once_minutes: int = 10
    lane_medics: int = 6
    lane_ushers: int = 2
    site_crew: int = 1
    reserve_share: float = 0.20
    planning_check: int = 1
    walk_metres: int = 800
    lane_hour: int = 100
    queue_minutes: int = 30
    lane_day: int = 1200
    site_people: int = 0
    lane_people: int = 0
    site_day: int = 0
    site_metres: int = 0
    green_channels: int = 0
    idle_share: float = 0.5
    move_metres: int = 5000
    keep_tubes_days: int = 30

    @classmethod
    def from_settings(cls, settings: Mapping[str, object]) -> "Limits":
        """The defaults with the campaign's own values put over them; unknown names raise `KeyError`."""
        known = {f.name: f.type for f in fields(cls)}
        values: dict[str, float] = {}
        for name, value in settings.items():
            if name not in known:
                raise KeyError(name)
            number = float(str(value))
            if not 0 <= number < 1e6:
                raise ValueError(f"{name}={value}")
            values[name] = int(number) if known[name] is int else number
        return cls(**values)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Campaign:
    """One round. Times are UTC; `timezone` is the zone its people live in.

    Reports belong to periods of `interval_minutes`, counted from `anchor`; period `k` runs from
    `start_of(k)` to `start_of(k + 1)`. A report is late `due_minutes` after its period's end.
    """

    id: str
    name: str
    name_en: str
    starts_at: datetime
    deadline: datetime
    timezone: str
    pool_size: int = 10
    interval_minutes: int = 60
    due_minutes: int = 10
    demo: bool = False
    limits: Limits = Limits()
    plan_weights: tuple[float, ...] = ()

    @property
    def code_per_person(self) -> bool:
        """Mode 1 (source 002): every person has a barcode and ten of them are on one tube, so that laboratories scan
        as many codes as there are persons. Mode 2: a tube has one barcode."""
        return self.limits.business_mode == 1

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def interval(self) -> timedelta:
        return timedelta(minutes=self.interval_minutes)

    @cached_property
    def due(self) -> timedelta:
        return timedelta(minutes=self.due_minutes)

    @cached_property
    def anchor(self) -> datetime:
        """Start of period 0: the campaign's start, rounded down to a full (half) hour of its zone."""
        step = min(self.interval_minutes, 60)
        local = self.starts_at.astimezone(self.zone)
        floored = local.replace(minute=local.minute - local.minute % step, second=0, microsecond=0)
        return floored.astimezone(UTC)

    @cached_property
    def periods(self) -> int:
        """How many periods the campaign has, the last one perhaps cut short by the deadline."""
        return max(0, -(-(self.deadline - self.anchor) // self.interval))

    def period_of(self, moment: datetime) -> int:
        """The period `moment` falls in; negative before the campaign."""
        return (moment - self.anchor) // self.interval

    def start_of(self, period: int) -> datetime:
        return self.anchor + period * self.interval

    def end_of(self, period: int) -> datetime:
        return self.anchor + (period + 1) * self.interval

    def aligned(self, moment: datetime) -> bool:
        """Whether `moment` is the start of a period."""
        return (moment - self.anchor) % self.interval == timedelta(0)

    def period_starting(self, moment: datetime) -> int | None:
        """The campaign's period that starts at `moment`; None where none does."""
        period = self.period_of(moment)
        return period if self.aligned(moment) and 0 <= period < self.periods else None

    def is_due(self, period: int, now: datetime) -> bool:
        """Whether the report for `period` should have come by `now`."""
        return self.end_of(period) + self.due <= now

    def last_due(self, now: datetime) -> int | None:
        """The latest period whose reports are due, or None before the first."""
        period = min((now - self.due - self.anchor) // self.interval - 1, self.periods - 1)
        return period if period >= 0 else None

    def each_period(self) -> Iterator[int]:
        return iter(range(self.periods))

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def weight(self, period: int) -> float:
        """The plan's relative rate in `period`, by local hour of day; 1 where the campaign sets none."""
        if not self.plan_weights:
            return 1.0
        return self.plan_weights[self.local(self.start_of(period)).hour]
