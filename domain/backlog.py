"""The backlog (积压): tubes that have entered a stage of 采 → 送 → 检 → 报 and not left it, and how old they are.

Age is the whole minutes since the tube entered its stage (domain: "age = now − the time of entry"); for the promise
made to the people, from the sampling to the result, it is the minutes since its use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.campaign import Campaign, Limits
from domain.overview import PlaceRef
from domain.status import Severity, of_limit
from domain.tubes import Stage

BINS = 12
"""Bars of an age histogram up to its limit, which they divide evenly, as far as whole minutes go."""

BEYOND = 6
"""Bars after the limit; what is older still counts in the last one."""

QUARTER = 15
"""Minutes of one step of the curve."""


def limit_minutes(stage: Stage, limits: Limits) -> int:
    """The longest a tube may stay in a stage (sources 001, 003; campaign settings)."""
    return {
        Stage.ON_SITE: limits.collect_minutes,
        Stage.IN_TRANSIT: limits.transit_minutes,
        Stage.AT_LAB: limits.test_minutes,
        Stage.TESTING: limits.report_minutes,
    }[stage]


def of_age(minutes: int | None, limit: int, limits: Limits) -> Severity:
    """State of an age against the limit of its stage."""
    return of_limit(minutes, limit, limits)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tubes that wait, by age. `over` have passed the limit, `near` are in the warning part before it. `ages` counts
    them in bars of `bar_minutes`, `BINS` up to the limit and `BEYOND` after it. `oldest_minutes` is None where none
    waits, and where only counts are known, which have no age (按数量)."""

    tubes: int
    oldest_minutes: int | None
    limit_minutes: int
    over: int
    near: int
    severity: Severity
    bar_minutes: int
    ages: tuple[int, ...]


def waiting(by_age: Mapping[int, int], limit: int, limits: Limits) -> Waiting:
    """What `by_age`, tubes by whole minutes of age, says against a limit. Ages below 0 (a clock ahead) are 0."""
    bar = max(1, limit // BINS)
    ages = [0] * (BINS + BEYOND)
    tubes = over = near = 0
    oldest: int | None = None
    for minutes, count in by_age.items():
        age = max(0, minutes)
        tubes += count
        oldest = age if oldest is None else max(oldest, age)
        if age > limit:
            over += count
        elif age >= limits.warn_share * limit:
            near += count
        # The bar that ends at the limit holds what has just reached it: it is not over.
        ages[min((age - 1) // bar if age == limit else age // bar, len(ages) - 1)] += count
    return Waiting(tubes, oldest, limit, over, near, of_age(oldest, limit, limits), bar, tuple(ages))


@dataclass(frozen=True, slots=True)
class StageBacklog:
    """The tubes of one stage, since their entry into it. `by_count` of them are known by count only (按数量)."""

    stage: Stage
    waiting: Waiting
    by_count: int = 0

    @property
    def tubes(self) -> int:
        return self.waiting.tubes + self.by_count


@dataclass(frozen=True, slots=True)
class FlowPoint:
    """How many tubes had come at least to each stage by `at`; index 0 is their use, 4 their result."""

    at: datetime
    reached: tuple[int, int, int, int, int]

    def backlog(self, stage: Stage) -> int:
        """Tubes in `stage` then."""
        return self.reached[stage - 1] - self.reached[stage] if stage < Stage.REPORTED else self.reached[4]


@dataclass(frozen=True, slots=True)
class LabRef:
    """A laboratory as a page names it. `capacity_per_day` is tubes; None where nobody has stated it."""

    id: int
    code: str
    name: str
    name_en: str
    capacity_per_day: int | None

    def label(self, language: str) -> str:
        return self.name_en or self.name if language == "en" else self.name


@dataclass(frozen=True, slots=True)
class Backlog:
    """The backlog of one owner at one moment.

    `stages` are the four a tube waits in, in order; `since_use` the ages of all of them together against the limit
    of the whole way, `unreported` from sampling to result. `flow` ends at `now`, a point a quarter. `last_hour` is
    how many came at least to each stage in the 60 minutes before `now`.
    """

    campaign: Campaign
    now: datetime
    stages: tuple[StageBacklog, StageBacklog, StageBacklog, StageBacklog]
    since_use: Waiting
    reported: int
    reported_by_count: int
    flow: tuple[FlowPoint, ...]
    last_hour: tuple[int, int, int, int, int]

    def stage(self, stage: Stage) -> StageBacklog:
        return self.stages[stage - 1]

    @property
    def at_labs(self) -> int:
        """Tubes at a laboratory without a result: waiting for the machine or on it (待检)."""
        return self.stage(Stage.AT_LAB).tubes + self.stage(Stage.TESTING).tubes

    @property
    def any(self) -> bool:
        """Whether anything is known of tubes at all."""
        return bool(self.reported or self.reported_by_count or any(stage.tubes for stage in self.stages))


@dataclass(frozen=True, slots=True)
class LabBacklog:
    """The backlog of a laboratory: what it has, and what is on its way to it. `towns` are bound to it now; where it
    gives counts only, `by_count` is set and there are no ages."""

    lab: LabRef
    towns: tuple[PlaceRef, ...]
    backlog: Backlog
    by_count: bool


@dataclass(frozen=True, slots=True)
class Backlogs:
    """What the page of tubes shows of a place: its own backlog, and of each laboratory that serves it or has tubes of
    it."""

    place: PlaceRef
    revision: int
    backlog: Backlog
    labs: tuple[LabBacklog, ...]


def flow_points(
    campaign: Campaign, steps: Sequence[Mapping[int, int]], now_quarter: int, at: Sequence[datetime]
) -> tuple[FlowPoint, ...]:
    """The curve from tubes by quarter for each of the five stages; `at` are the ends of the quarters up to
    `now_quarter`, the last one being now."""
    first = now_quarter - len(at) + 1
    reached = [sum(n for quarter, n in step.items() if quarter < first) for step in steps]
    points: list[FlowPoint] = []
    for i, moment in enumerate(at):
        for k, step in enumerate(steps):
            reached[k] += step.get(first + i, 0)
        points.append(FlowPoint(moment, (reached[0], reached[1], reached[2], reached[3], reached[4])))
    return tuple(points)
