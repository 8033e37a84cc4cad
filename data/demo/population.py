"""Who comes when: the true persons per site and hour of one demonstration day.

People arrive by the hour of the day (a rush at the opening, a dip at noon, a second wave after work), lanes bound
how many are sampled, the rest wait. A site is done when its people are done; a few stragglers come until the end.
Everything is drawn from the seed. Counts are persons; hours are periods of one hour from 06:00 local.

Limits: 100 persons per lane and hour (domain.md section 4), 67 for mobile teams (800 a day in 12 hours,
`district/sites.csv`). Shapes and spreads are invented for the demonstration; nothing here was measured.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from domain.places import Kind

DISTRICT = Path(__file__).parent / "district"
"""The places of the demonstration; origin and licences in `district/SOURCES.md`."""

TARGET = 857_000
"""Persons of the reference campaign, residents and floating population (source 002)."""

PERIODS = 16
"""Hourly periods of the day, 06:00 to 22:00."""

OVERTIME = 4
"""Hours after the deadline in which those still waiting are sampled. They are truth only, never reported: they
tell when the day would have been finished."""

SLOW_TOWN = "440607001"
"""The town that falls behind: 西南街道, the largest."""

LANE_RATE = {Kind.FIXED: 100, Kind.MOBILE: 67, Kind.HOME_VISIT: 67}
"""Persons a lane (or team) can sample in an hour at most."""

HOME_VISIT_TEAMS = 3

ARRIVALS = (0.8, 1.15, 1.25, 1.1, 0.95, 0.8, 0.5, 0.5, 0.7, 0.75, 0.8, 0.95, 1.0, 0.8, 0.5, 0.2)
"""Relative arrivals at a fixed site by period."""

TEAM_ARRIVALS = (0.4, 0.7, 0.9, 1.0, 1.0, 0.95, 0.6, 0.7, 0.95, 1.0, 1.0, 0.95, 0.85, 0.7, 0.4, 0.15)
"""The same for mobile and home-visit teams, which follow a round and know no rush."""

STAFFED = (0.95, 1, 1, 1, 1, 1, 0.72, 0.72, 1, 1, 1, 0.95, 1, 1, 0.9, 0.8) + (0.8,) * OVERTIME
"""Share of a site's lanes with a crew, by period: meals at noon, the change of shift at 17:00."""

STRAGGLERS = (0,) * 11 + (1.0, 1.0, 1.0, 1.0, 0.8)
"""When those come who had to be called twice."""


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """One site as the simulator needs it. `row` is its line of `sites.csv`."""

    code: str
    town: str
    kind: Kind
    target: int
    lanes: int
    row: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TownDay:
    """How the day goes in one town.

    `staffing` and `reinforced` are shares of the lanes with a crew before and from period `relief`; `tilt` > 0
    brings people earlier; `ends` is the period (fractional) around which arrivals run out; `turnout` is persons
    who come ÷ target.
    """

    staffing: float
    reinforced: float
    relief: int
    tilt: float
    ends: float
    turnout: float


@dataclass(frozen=True, slots=True)
class Conditions:
    """How the day goes in the district. `weather` is the factor on arrivals and work by period (1 is dry)."""

    towns: Mapping[str, TownDay]
    weather: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SiteDay:
    """What truly happened at one site, one value per period: persons sampled, lanes open, minutes of queue."""

    persons: tuple[int, ...]
    lanes_open: tuple[int, ...]
    queue_minutes: tuple[int, ...]


def load_sites(path: Path = DISTRICT / "sites.csv") -> tuple[SiteSpec, ...]:
    """The sites of the district with targets scaled to `TARGET` (largest remainder, so that the sum is exact).

    Schools and enterprises are venues of fixed sites; the contract knows fixed, mobile and home-visit ones.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    targets = scaled([int(row["target_population"]) for row in rows], TARGET)
    return tuple(
        SiteSpec(
            code=row["site_code"],
            town=row["town_code"],
            kind=Kind.MOBILE if row["kind"] == "mobile" else Kind.FIXED,
            target=target,
            lanes=int(row["lanes"]),
            row=row,
        )
        for row, target in zip(rows, targets, strict=True)
    )


def scaled(parts: Sequence[int], total: int) -> list[int]:
    """`parts` in the same proportions, whole and with the sum `total`."""
    whole = sum(parts)
    floors = [part * total // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(parts[i] * total % whole), i))
    for i in by_remainder[: total - sum(floors)]:
        floors[i] += 1
    return floors


def with_home_visits(sites: Sequence[SiteSpec], seed: int) -> tuple[SiteSpec, ...]:
    """The same sites with a few of the smaller mobile teams turned into home-visit teams."""
    mobile = sorted((s for s in sites if s.kind is Kind.MOBILE), key=lambda s: (s.target, s.code))
    small = mobile[: 2 * HOME_VISIT_TEAMS]
    chosen = {s.code for s in Random(f"{seed}/home visits").sample(small, min(HOME_VISIT_TEAMS, len(small)))}
    return tuple(replace(s, kind=Kind.HOME_VISIT) if s.code in chosen else s for s in sites)


def slow_town(sites: Sequence[SiteSpec]) -> str:
    """The town that falls behind: `SLOW_TOWN`, or the largest where it is not among `sites`."""
    targets: dict[str, int] = {}
    for site in sites:
        targets[site.town] = targets.get(site.town, 0) + site.target
    return SLOW_TOWN if SLOW_TOWN in targets else max(sorted(targets), key=targets.__getitem__)


def draw_conditions(sites: Sequence[SiteSpec], seed: int) -> Conditions:
    """The day's staffing, pace, tail and weather. What all towns share (`common`, weather) makes days differ as
    a whole; the rest makes towns differ within a day."""
    rng = Random(f"{seed}/conditions")
    common_pace = rng.gauss(0, 0.1)
    common_end = rng.gauss(0, 0.3)
    common_staffing = rng.uniform(0.92, 1.0)
    towns = {}
    slow = slow_town(sites)
    for town in sorted({s.town for s in sites}):
        if town == slow:
            staffing = rng.uniform(0.62, 0.72) * common_staffing / 0.95
            reinforced = rng.uniform(0.8, 0.98)
            tilt, ends = common_pace, 14.0 + common_end
        else:
            pace = rng.gauss(0, 1)
            staffing = min(1.0, common_staffing * rng.uniform(0.9, 1.04))
            reinforced = min(1.0, staffing + rng.uniform(0, 0.08))
            tilt = common_pace + 0.2 * pace
            # A town that mobilises faster is also done earlier, but not to the minute.
            ends = min(15.0, 13.5 + common_end - 0.65 * pace + rng.gauss(0, 0.35))
        towns[town] = TownDay(staffing, reinforced, rng.choice((7, 8, 8, 9)), tilt, ends, rng.uniform(0.9985, 1.004))
    weather = [1.0] * (PERIODS + OVERTIME)
    if rng.random() < 0.3:
        first = rng.randint(4, 11)
        for period in range(first, first + rng.randint(1, 2)):
            weather[period] = rng.uniform(0.3, 0.55)
    return Conditions(towns, tuple(weather))


def sample_day(
    sites: Sequence[SiteSpec], conditions: Conditions, stops: frozenset[tuple[str, int]], seed: int
) -> dict[str, SiteDay]:
    """What truly happens at every site. `stops` are (site, period) in which a site cannot work at all."""
    rng = Random(f"{seed}/population")
    days = {}
    for town in sorted({s.town for s in sites}):
        members = [s for s in sites if s.town == town]
        # People may go to a neighbouring site, so sites differ from their targets by more than the town does.
        drawn = [max(1, round(s.target * rng.gauss(1, 0.02) * 1000)) for s in members]
        people = scaled(drawn, round(sum(s.target for s in members) * conditions.towns[town].turnout))
        for site, persons in zip(members, people, strict=True):
            stopped = frozenset(period for code, period in stops if code == site.code)
            days[site.code] = _sample_site(site, persons, conditions, stopped, rng)
    return days


def _sample_site(
    site: SiteSpec, people: int, conditions: Conditions, stopped: frozenset[int], rng: Random
) -> SiteDay:
    town = conditions.towns[site.town]
    arrivals = _arrivals(site, people, town, conditions.weather, rng)
    pace = rng.uniform(0.92, 1.0)
    waiting = 0
    persons, lanes_open, queue = [], [], []
    for period, arriving in enumerate(arrivals):
        waiting += arriving
        share = (town.reinforced if period >= town.relief else town.staffing) * STAFFED[period]
        crews = max(1, min(site.lanes, round(site.lanes * share)))
        per_lane = LANE_RATE[site.kind] * pace * conditions.weather[period] * rng.uniform(0.95, 1.0)
        # Lanes close when few people come, with some room to spare; one stays open to the end.
        crews = min(crews, max(1, math.ceil(waiting / (0.8 * per_lane))))
        sampled = 0 if period in stopped else min(waiting, int(crews * per_lane))
        waiting -= sampled
        # Half of those waiting stand in the queue; the others have seen it and come again later.
        wait = min(60.0, 30 * waiting / (crews * per_lane)) + rng.uniform(1, 7)
        persons.append(sampled)
        lanes_open.append(crews)
        queue.append(round(wait))
    return SiteDay(tuple(persons), tuple(lanes_open), tuple(queue))


def _arrivals(site: SiteSpec, people: int, town: TownDay, weather: Sequence[float], rng: Random) -> list[int]:
    """Whole persons arriving by period; their sum is `people`. Rain keeps people at home until it is over."""
    shape = ARRIVALS if site.kind is Kind.FIXED else TEAM_ARRIVALS
    main = [
        base
        * math.exp(-town.tilt * (period - 7.5) / 8)
        / (1 + math.exp((period + 0.5 - town.ends) / 0.45))
        * rng.lognormvariate(0, 0.08)
        for period, base in enumerate(shape)
    ]
    stragglers = rng.uniform(0.005, 0.012)
    last = [weight * rng.lognormvariate(0, 0.15) for weight in STRAGGLERS]
    expected = [
        people * ((1 - stragglers) * m / sum(main) + stragglers * s / sum(last))
        for m, s in zip(main, last, strict=True)
    ] + [0.0] * OVERTIME
    for period, factor in enumerate(weather[:-1]):
        kept = expected[period] * (1 - factor)
        expected[period] -= kept
        expected[period + 1] += kept
    whole, so_far, cumulative = [], 0, 0.0
    for share in expected:
        cumulative += share
        whole.append(round(cumulative) - so_far)
        so_far += whole[-1]
    return whole
