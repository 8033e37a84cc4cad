"""What the layers of the map say of every site: the values of the hour, and their states by the rules that hold
everywhere else (`domain.status`, `domain.problems`). The table beside the map says the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.campaign import Campaign, Limits
from domain.duty import State
from domain.map import Point
from domain.overview import Hour, PlaceRef
from domain.problems import Standing
from domain.status import RANK, Severity, of_limit

STATE_SEVERITY = {State.MISSING: Severity.MISS, State.LATE: Severity.WARN}
"""Of the reporting states those that are marked (design, section 3); a returned report is neither good nor bad."""

GOOD = frozenset({State.ON_TIME, State.ZERO})
"""The states in which a report came in time."""


@dataclass(frozen=True, slots=True)
class SiteHour:
    """What a site reported of one hour. `hours` are those the report covers, since a catch-up is not spread over
    them; `persons` came in all of them. None is unknown."""

    persons: int | None
    hours: float
    queue_minutes: int | None
    lanes: int | None

    @property
    def load(self) -> float | None:
        """Persons per open lane and hour, the mean of the hours covered; None without open lanes."""
        if self.persons is None or not self.lanes or not self.hours:
            return None
        return self.persons / self.lanes / self.hours


@dataclass(frozen=True, slots=True)
class SiteLayers:
    """One site in every layer. `at` is where it stood, kilometres of the map; None where nobody knows.

    `persons` and `completion` are of the day so far, `state` of the last hour due, `queue_minutes`, `lanes` (open)
    and `load` (persons per lane and hour) of the hour that ends at the stamp. `waiting` tubes are on the site,
    `oldest_minutes` since the oldest was used. `problems` are open, `overdue` of them past their limit. `worst` is
    the most severe finding about it. Numbers are None when unknown, severities when there is nothing to judge.
    """

    place: PlaceRef
    town: PlaceRef | None
    at: Point | None
    lon: float | None
    lat: float | None
    target: int | None
    persons: int | None
    completion: float | None
    gap_pp: float | None
    gap_severity: Severity | None
    state: State
    state_severity: Severity | None
    missing: bool
    hour_persons: int | None
    queue_minutes: int | None
    queue_severity: Severity | None
    waiting: int | None
    oldest_minutes: int | None
    waiting_severity: Severity | None
    load: float | None
    lanes: int | None
    load_severity: Severity | None
    problems: int
    overdue: int
    problem_severity: Severity
    worst: Severity | None


@dataclass(frozen=True, slots=True)
class LayerPicture:
    """The sites below a place in every layer, by code.

    `hour` is the start of the last period shown when the reader looks back, None for now. `until` is the end of the
    hour the figures are of, `due` of the one the reporting states are of; None before the first.
    """

    campaign: Campaign
    place: PlaceRef
    hour: datetime | None
    until: datetime | None
    due: datetime | None
    rows: tuple[SiteLayers, ...]

    @property
    def unplaced(self) -> tuple[PlaceRef, ...]:
        """Sites without coordinates: on no map, in every total."""
        return tuple(row.place for row in self.rows if row.at is None)


@dataclass(frozen=True, slots=True)
class Clock:
    """The campaign's hours for looking back. `hour` is the start of the one looked at, None for now."""

    campaign: Campaign
    now: datetime
    hour: datetime | None
    hours: tuple[Hour, ...]

    @property
    def day(self) -> tuple[Hour, ...]:
        """The periods of the local day looked at; midnight belongs to the day it closes."""
        shown = self._date(self.hour if self.hour is not None else self.now)
        found = tuple(hour for hour in self.hours if self._date(hour.start) == shown)
        if found or not self.hours:
            return found
        # Before the campaign its first day, after it the last one.
        nearest = self.hours[0] if self.now < self.hours[0].start else self.hours[-1]
        return tuple(hour for hour in self.hours if self._date(hour.start) == self._date(nearest.start))

    def past(self, hour: Hour) -> bool:
        """Whether the period is over, so that one can look at its end."""
        return hour.end <= self.now

    def beside(self, days: int) -> Hour | None:
        """The last period that is over of the day so many days later; None where there is none."""
        day = self.day
        if not day:
            return None
        wanted = self._date(day[0].start) + timedelta(days=days)
        return next((h for h in reversed(self.hours) if self._date(h.start) == wanted and self.past(h)), None)

    def _date(self, moment: datetime) -> date:
        return self.campaign.local(moment).date()


def of_state(state: State) -> Severity | None:
    """How a reporting state is marked; None for what is neither good nor bad."""
    return Severity.OK if state in GOOD else STATE_SEVERITY.get(state)


def against(value: float | None, limit: float, limits: Limits) -> Severity | None:
    """A value against a limit of the campaign; None where the value is unknown or the limit is off (0)."""
    if value is None or not limit:
        return None
    return of_limit(value, limit, limits)


def of_problems(standings: Iterable[Standing]) -> Severity:
    """The most pressing of a site's open problems; good without any."""
    return min((standing.severity for standing in standings), key=RANK.__getitem__, default=Severity.OK)
