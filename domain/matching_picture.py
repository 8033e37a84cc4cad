"""The present of a place as the prediction of capacity matching needs it, and how it is measured.

- **Tubes to come**: persons expected in each period (`domain.forecast`, its p10, p50 and p90) ÷ persons per tube as
  the town has filled them so far, evenly within the period.
- **Collection, transport, machine**: mean times of the tubes that left a stage in the last `MEASURED_STEPS`
  quarters, drawn to what the limits and the sources expect with the weight of an hour. A
  site is visited every two mean waits.
- **Capacity**: tubes a day ÷ `Limits.lab_day_hours`; where a laboratory had more waiting than it took for at least an
  hour, what it took then is its capacity, drawn to the stated one while that was short.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from domain.backlog import LabRef
from domain.campaign import Campaign
from domain.flow import LONGEST, SMALL, STEP, Change, Cohort, Route
from domain.overview import PlaceRef

HISTORY_STEPS = 96
"""Quarters of a day: how far back tubes that leave a stage may have entered it."""

RATE_STEPS = 16
RATE_PRIOR_STEPS = 8
"""Quarters over which a rate is measured, plates and runs evened out, and those the stated one counts as."""

STOPPED_STEPS = 3
"""Quarters without a tube put on after which a laboratory has stopped."""

MEASURED_STEPS = 8
"""Quarters looked back at for mean times and rates."""

SITES_PER_RUN = 4
"""Sites that one transport run (车次) visits before it drives to the laboratory."""

MINUTES_PER_KM = 3.0
"""Driving time of a kilometre as the crow flies: 20 km/h, with detours."""

TRANSIT_MINUTES = 45.0
PROCESS_MINUTES = 120.0
"""Expected before anything was measured: packing, driving, signing for; extraction, amplification, reading."""

HEADWAYS = (15.0, 480.0)
"""Bounds of a believable time between two visits."""


@dataclass(frozen=True, slots=True)
class SiteShare:
    """A site and its share of its town's tubes."""

    code: str
    name: str
    name_en: str
    share: float
    lab: int

    def label(self, language: str) -> str:
        return self.name_en or self.name if language == "en" else self.name


@dataclass(frozen=True, slots=True)
class Due:
    """Tubes a town will use in each step from now: as the forecast's p10, p50, p90 have it."""

    slow: tuple[float, ...]
    middle: tuple[float, ...]
    fast: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TownState:
    """A town at present. `lab` is the laboratory most of its tubes are bound for now; `kilometres` as the crow flies
    to each laboratory, where both are on the map. `headways` and `routes` hold what is decided already."""

    id: int
    place: PlaceRef
    sites: tuple[SiteShare, ...]
    lab: int
    pool_size: int
    due: Due
    waiting: tuple[Cohort, ...]
    headways: tuple[Change, ...]
    routes: tuple[Route, ...]
    transit: Mapping[int, float]
    kilometres: Mapping[int, float]

    @property
    def runs(self) -> float:
        """Transport runs an hour, in halves."""
        return runs_of(self.headways[0].value, len(self.sites))


@dataclass(frozen=True, slots=True)
class LabState:
    """A laboratory at present. `rates` are tubes an hour, infinite where nobody knows; `measured` says that they come
    from what it did, not from what it states. `received` is what it has received today."""

    lab: LabRef
    rates: tuple[Change, ...]
    measured: bool
    coming: tuple[Cohort, ...]
    transit: float
    queue: tuple[Cohort, ...]
    testing: tuple[Cohort, ...]
    process: float
    reported: float
    received: float

    @property
    def rate(self) -> float:
        return self.rates[0].value

    @property
    def known(self) -> bool:
        return math.isfinite(self.rate)

    @property
    def work_hours(self) -> float | None:
        """Work in hand: how long its machines need for what waits for them."""
        waiting = sum(cohort.tubes for cohort in self.queue)
        return waiting / self.rate if self.known and self.rate > 0 else None


@dataclass(frozen=True, slots=True)
class MatchingPicture:
    """All that the prediction needs to know of a place at one moment. `by_count` means that stages rest on the hourly
    reports, since no tube events have come (按数量)."""

    campaign: Campaign
    place: PlaceRef
    revision: int
    now: datetime
    towns: tuple[TownState, ...]
    labs: tuple[LabState, ...]
    by_count: bool = False

    def town(self, code: str) -> TownState | None:
        return next((town for town in self.towns if town.place.code == code), None)

    def lab(self, code: str) -> LabState | None:
        return next((lab for lab in self.labs if lab.lab.code == code), None)

    def lab_of(self, id_: int) -> LabState:
        return next(lab for lab in self.labs if lab.lab.id == id_)

    def minute(self, at: datetime) -> float:
        return (at - self.now) / timedelta(minutes=1)

    def at(self, minute: float) -> datetime:
        return self.now + timedelta(minutes=minute)


# -- what is measured


def mean_minutes(entered: Sequence[float], left: Sequence[float], expected: float) -> float:
    """Mean time in a stage of the tubes that left it lately, first in, first out. `entered` and `left` are tubes by
    quarter, to the present one, over the same `HISTORY_STEPS`. Drawn to `expected` with the weight of an hour of what
    leaves. (Little's law needs less, but takes the first wait of a day that has just begun for a slow stage.)
    """
    lately = left[-MEASURED_STEPS:]
    gone = sum(lately)
    if gone <= 0:
        return expected
    spent, before = 0.0, sum(left[:-MEASURED_STEPS])
    index, come = 0, entered[0] if entered else 0.0
    for k, tubes in enumerate(left[-MEASURED_STEPS:], len(left) - len(lately)):
        while tubes > 0:
            while come <= before + SMALL and index < k:
                index += 1
                come += entered[index]
            amount = min(tubes, max(come - before, SMALL)) if index < k else tubes
            spent += amount * max(0.5, k - index) * STEP
            tubes -= amount
            before += amount
    weight = gone / len(lately) * 60 / STEP
    return (spent + weight * expected) / (gone + weight)


def rate_of(stated: float | None, started: Sequence[float], queued: Sequence[float]) -> tuple[float, bool]:
    """Tubes an hour a laboratory can put on, and whether that was measured. `started` and `queued` (at its end) are
    by quarter. Without a queue what it took says what came, not what it can: then the stated capacity holds, or what
    it took where that was more. Infinite where nothing is known."""
    quarter, hourly = (stated or 0.0) * STEP / 60, 60 / STEP
    busy = [
        taken
        for (taken, waiting), working in zip(zip(started, queued, strict=True), _working(started), strict=True)
        if working and waiting > max(taken, quarter)
    ]
    if len(busy) >= hourly:
        measured = sum(busy) / len(busy) * hourly
        weight = len(busy) / (len(busy) + RATE_PRIOR_STEPS)
        return (measured if stated is None else weight * measured + (1 - weight) * stated), True
    mean = sum(started) / max(1, len(started)) * hourly
    if stated is None:
        return (mean, True) if busy else (math.inf, False)
    return max(stated, mean), mean > stated


def _working(started: Sequence[float]) -> list[bool]:
    """In which quarters a laboratory worked: between two plates one or two may take nothing, but a longer pause is a
    stop, and says nothing of what it can."""
    found: list[bool] = []
    for taken, run in groupby(started, key=bool):
        length = len(list(run))
        found += [taken or length < STOPPED_STEPS] * length
    return found


def headway_of(mean_wait: float) -> float:
    """Minutes between two visits to a site, from the mean wait on it."""
    return min(HEADWAYS[1], max(HEADWAYS[0], 2 * mean_wait))


def runs_of(headway: float, sites: int) -> float:
    """Transport runs an hour for so many sites, in halves, at least one half."""
    return max(0.5, round(2 * sites * 60 / headway / SITES_PER_RUN) / 2)


def due_steps(
    campaign: Campaign, now: datetime, path: Sequence[tuple[int, float]], done: float, per_tube: float
) -> tuple[float, ...]:
    """Tubes to come in each step, from a path of the forecast: cumulative persons at the end of each period from the
    first one that is not settled; `done` had been counted before it."""
    each: dict[int, float] = {}
    before = done
    for period, persons in path:
        each[period] = max(0.0, persons - before) / per_tube
        before = max(before, persons)
    steps = campaign.interval_minutes / STEP
    found: list[float] = []
    moment = now + timedelta(minutes=STEP / 2)
    last = max(each, default=-1)
    while (period := campaign.period_of(moment)) <= last and len(found) < LONGEST:
        found.append(each.get(period, 0.0) / steps)
        moment += timedelta(minutes=STEP)
    return tuple(found)


def paired(entries: Mapping[int, int], uses: Mapping[int, int], now_minute: int) -> tuple[Cohort, ...]:
    """Cohorts from two counts of the same tubes, by minute of entry into a stage and by minute of use: the oldest of
    one are taken to be the oldest of the other, in quarters of an hour."""
    left, right = _quarters(entries, now_minute), _quarters(uses, now_minute)
    cohorts, j = [], 0
    for entered, tubes in left:
        wanted = tubes
        while wanted > 0 and j < len(right):
            used, available = right[j]
            amount = min(wanted, available)
            cohorts.append(Cohort(amount, entered, min(used, entered)))
            wanted -= amount
            right[j] = (used, available - amount)
            if right[j][1] <= 0:
                j += 1
        if wanted > 0:
            cohorts.append(Cohort(wanted, entered, entered))
    return tuple(cohorts)


def _quarters(counts: Mapping[int, int], now_minute: int) -> list[tuple[float, float]]:
    """Tubes by mean minute relative to now, quarter by quarter, the oldest first."""
    sums: dict[int, list[float]] = {}
    for minute, tubes in counts.items():
        if tubes > 0:
            age = min(0, minute - now_minute)
            held = sums.setdefault(age // STEP, [0.0, 0.0])
            held[0] += tubes
            held[1] += tubes * age
    return [(moment / tubes, tubes) for _, (tubes, moment) in sorted(sums.items())]
