"""Capacity matching (采送检匹配): what will become of the tubes of a place, and what another match would make of it.

`domain.flow` lets the tubes flow, `domain.matching_picture` says with what; this module says what to read from it:

- **Cleared** (清空) is when `FINISHED_SHARE` of a laboratory's tubes of the day are reported, as the forecast counts
  a town as finished; the district is cleared with its last laboratory.
- **Interval**: the flow is run with the slow and the fast path of the forecast and with rates `RATE_SPREAD` lower and
  higher; the deviations of the clear time add up in squares with `TAIL_MINUTES` of their own. 80 %.

The constants are set by hand; how rates and mean times are measured was settled on simulated days 1-4, and is judged
on days 11-20 in `benchmarks/matching.py`. None is measured on a real campaign.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.backlog import LabRef
from domain.campaign import Limits
from domain.flow import STEP, Course, Route, Server, Source, changed, run, value_at
from domain.forecast import FINISHED_SHARE
from domain.matching_picture import LabState, MatchingPicture, TownState
from domain.matching_plan import Plan
from domain.overview import Interval, PlaceRef

RATE_SPREAD = 0.10
"""Relative deviation of a laboratory's rate at the ends of the 80 % interval."""

TAIL_MINUTES = 15.0
"""Minutes by which the last boxes alone move a clear time at the ends of the 80 % interval."""

WINDOW = timedelta(hours=4)
"""Over which inflow and idle capacity are averaged, from the plan's first hour on."""


@dataclass(frozen=True, slots=True)
class Break:
    """A limit that will be passed: by how many tubes, and when the first of them does."""

    tubes: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of a laboratory to come: what arrives in it, what waits for the machines at its end, how many hours
    of its capacity go unused."""

    start: datetime
    arrived: float
    queue: float
    idle_hours: float


@dataclass(frozen=True, slots=True)
class LabOutcome:
    """What becomes of a laboratory. `inflow` and `idle` are tubes an hour over the window; `longest` is minutes from
    arrival to the machine; `task_share` is the day's task ÷ the day's capacity."""

    lab: LabRef
    rate: float
    inflow: float
    idle: float
    clear: Interval | None
    longest: float
    transit: Break
    test: Break
    report: Break
    hours: tuple[Hour, ...]
    task: float
    task_share: float | None

    @property
    def over(self) -> int:
        return self.transit.tubes + self.test.tubes + self.report.tubes


@dataclass(frozen=True, slots=True)
class TownOutcome:
    """What becomes of a town's collection."""

    place: PlaceRef
    collect: Break


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of the place. `peak` is the greatest backlog of all stages together, at `peak_at`."""

    labs: tuple[LabOutcome, ...]
    towns: tuple[TownOutcome, ...]
    clear: Interval | None
    last: LabRef | None
    peak: float
    peak_at: datetime
    course: Course
    """The expected flow itself, step by step."""

    @property
    def collect_over(self) -> int:
        return sum(town.collect.tubes for town in self.towns)

    @property
    def test_over(self) -> int:
        return sum(lab.test.tubes for lab in self.labs)

    @property
    def over(self) -> int:
        """Tubes that pass a limit, those that have passed it already and still wait included."""
        return self.collect_over + sum(lab.over for lab in self.labs)

    def of(self, lab: LabRef) -> LabOutcome:
        return next(outcome for outcome in self.labs if outcome.lab.id == lab.id)


@dataclass(frozen=True, slots=True)
class Trial:
    """A plan beside the present: nothing of it is in force."""

    plan: Plan
    window: tuple[datetime, datetime]
    before: Outcome
    after: Outcome


def outcome(picture: MatchingPicture, plan: Plan, window: tuple[datetime, datetime]) -> Outcome:
    """What becomes of the place if `plan` is followed; the empty plan is the present."""
    limits = picture.campaign.limits
    sources, servers = _sources(picture, plan, "middle"), _servers(picture, plan, 1.0)
    middle = run(sources, servers, limits)
    variants = [
        run(_sources(picture, plan, "slow"), servers, limits),
        run(_sources(picture, plan, "fast"), servers, limits),
        run(sources, _servers(picture, plan, 1 - RATE_SPREAD), limits),
        run(sources, _servers(picture, plan, 1 + RATE_SPREAD), limits),
    ]
    clears = {lab.lab.id: _cleared(servers[lab.lab.id], middle, lab.lab.id) for lab in picture.labs}
    spread = [
        {lab.lab.id: _cleared(servers[lab.lab.id], variant, lab.lab.id) for lab in picture.labs}
        for variant in variants
    ]
    labs = tuple(
        _lab_outcome(picture, lab, servers[lab.lab.id], middle,
                     _interval(picture, clears[lab.lab.id], [v[lab.lab.id] for v in spread]), window)
        for lab in picture.labs
    )  # fmt: skip
    cleared = {id_: minute for id_, minute in clears.items() if minute is not None}
    last = max(cleared, key=lambda id_: cleared[id_], default=None)
    total = [
        sum(town.on_site[k] for town in middle.towns.values()) + middle.in_transit[k]
        + sum(lab.queue[k] + lab.testing[k] for lab in middle.labs.values())
        for k in range(middle.steps)
    ]  # fmt: skip
    peak = max(range(len(total)), key=total.__getitem__, default=0)
    return Outcome(
        labs=labs,
        towns=tuple(
            TownOutcome(town.place, _break(picture, middle.towns[town.id].collect.tubes,
                                           middle.towns[town.id].collect.first))
            for town in picture.towns
        ),
        clear=_interval(picture, cleared[last], [_latest(v) for v in spread]) if last is not None else None,
        last=picture.lab_of(last).lab if last is not None else None,
        peak=total[peak] if total else 0.0,
        peak_at=picture.at((peak + 1) * STEP),
        course=middle,
    )  # fmt: skip


def try_plan(picture: MatchingPicture, plan: Plan) -> Trial:
    """What `plan` would change. Nothing is written."""
    window = window_of(picture, plan)
    before = outcome(picture, Plan(), window)
    return Trial(plan, window, before, outcome(picture, plan, window) if plan else before)


@dataclass(frozen=True, slots=True, order=True)
class Glance:
    """The two figures by which plans are compared: tubes beyond a limit, then minutes until all is cleared."""

    over: float
    clear: float


def glance(picture: MatchingPicture, plan: Plan) -> Glance:
    """The middle path alone, for comparing many plans."""
    servers = _servers(picture, plan, 1.0)
    course = run(_sources(picture, plan, "middle"), servers, picture.campaign.limits)
    broken = [town.collect.tubes for town in course.towns.values()]
    broken += [part.tubes for lab in course.labs.values() for part in (lab.transit, lab.test, lab.report)]
    clears = {id_: _cleared(server, course, id_) for id_, server in servers.items()}
    return Glance(sum(broken), _latest(clears) or 0.0)


def window_of(picture: MatchingPicture, plan: Plan) -> tuple[datetime, datetime]:
    """The hours over which inflow and idle capacity are compared."""
    begin = max(picture.now, plan.first) if plan.first is not None else picture.now
    return begin, begin + WINDOW


def calls_support(share: float | None, limits: Limits) -> bool:
    """Whether a laboratory's day takes more than `support_share` of its capacity (003)."""
    return share is not None and share > limits.support_share


def _sources(picture: MatchingPicture, plan: Plan, path: str) -> dict[int, Source]:
    found = {}
    for town in picture.towns:
        due: tuple[float, ...] = getattr(town.due, path)
        headways, routes = town.headways, town.routes
        pool = plan.pool
        if pool is not None and (not pool.towns or town.place.code in pool.towns):
            begin = picture.minute(pool.at)
            factor = town.pool_size / pool.size
            due = tuple(n * factor if k * STEP >= begin else n for k, n in enumerate(due))
        for more in plan.runs:
            if more.town == town.place.code:
                headways = changed(headways, picture.minute(more.at),
                                   town.headways[0].value * town.runs / more.per_hour,
                                   picture.minute(more.until) if more.until is not None else None)  # fmt: skip
        for move in plan.moves:
            if move.town == town.place.code and (lab := picture.lab(move.lab)) is not None:
                routes = rerouted(town, routes, move.sites, lab.lab.id, picture.minute(move.at))
        found[town.id] = Source(due, town.waiting, headways, routes, town.transit)
    return found


def _servers(picture: MatchingPicture, plan: Plan, factor: float) -> dict[int, Server]:
    found = {}
    for lab in picture.labs:
        rates = lab.rates
        for more in plan.overtime:
            if more.lab == lab.lab.code:
                rates = changed(rates, picture.minute(more.at), more.per_hour, None)
        scaled = tuple(replace(change, value=change.value * factor) for change in rates)
        found[lab.lab.id] = Server(scaled, lab.coming, lab.transit, lab.queue, lab.testing, lab.process, lab.reported)
    return found


def rerouted(
    town: TownState, routes: Sequence[Route], sites: Sequence[str], lab: int, begin: float
) -> tuple[Route, ...]:
    """The town's routes when from minute `begin` on the tubes of `sites` (none named: all) go to `lab`."""
    moved = {site.code for site in town.sites} if not sites else set(sites)
    shares: dict[int, float] = {}
    for site in town.sites:
        to = lab if site.code in moved else site.lab
        shares[to] = shares.get(to, 0.0) + site.share
    if not town.sites:
        shares = {lab: 1.0}
    kept = [route for route in routes if route.at < begin] or [routes[0]]
    return (*kept, Route(begin, tuple(sorted(shares.items()))))


def _cleared(server: Server, course: Course, id_: int) -> float | None:
    """The minute at which the share of a laboratory's tubes of the day is reported; None without any."""
    lab = course.labs[id_]
    pending = sum(lab.reported) + lab.queue[-1]
    goal = FINISHED_SHARE * (server.reported + pending)
    done = server.reported
    if pending < 1:
        return None
    for k, tubes in enumerate(lab.reported):
        if done + tubes >= goal and tubes > 0:
            return (k + max(0.0, goal - done) / tubes) * STEP
        done += tubes
    return float(len(lab.reported) * STEP)


def _latest(clears: Mapping[int, float | None]) -> float | None:
    return max((minute for minute in clears.values() if minute is not None), default=None)


def _interval(picture: MatchingPicture, middle: float | None, variants: Sequence[float | None]) -> Interval | None:
    if middle is None:
        return None
    late = early = TAIL_MINUTES**2
    for slow, fast in zip(variants[::2], variants[1::2], strict=True):
        found = [minute - middle for minute in (slow, fast) if minute is not None]
        late += max(0.0, *found) ** 2 if found else 0.0
        early += min(0.0, *found) ** 2 if found else 0.0
    begin = max(0.0, middle - math.sqrt(early))
    return Interval(picture.at(begin), picture.at(middle), picture.at(middle + math.sqrt(late)))


def _break(picture: MatchingPicture, tubes: float, first: int | None) -> Break:
    return Break(round(tubes), picture.at(first * STEP) if first is not None else None)


def _lab_outcome(
    picture: MatchingPicture,
    lab: LabState,
    server: Server,
    course: Course,
    clear: Interval | None,
    window: tuple[datetime, datetime],
) -> LabOutcome:
    own = course.labs[lab.lab.id]
    first, last = (int(picture.minute(at) // STEP) for at in window)
    hours = (window[1] - window[0]) / timedelta(hours=1)
    rate = value_at(server.rates, picture.minute(window[0]))
    midnight = _steps_to_midnight(picture)
    on_way = sum(own.arrived[:midnight])
    task = lab.received + on_way
    capacity = lab.lab.capacity_per_day
    return LabOutcome(
        lab=lab.lab,
        rate=rate,
        inflow=sum(own.arrived[first:last]) / hours,
        idle=(sum(own.idle[first:last]) + rate * max(0, last - max(first, len(own.idle))) * STEP / 60) / hours
        if math.isfinite(rate)
        else 0.0,
        clear=clear,
        longest=own.longest,
        transit=_break(picture, own.transit.tubes, own.transit.first),
        test=_break(picture, own.test.tubes, own.test.first),
        report=_break(picture, own.report.tubes, own.report.first),
        hours=_hours(picture, server, own.arrived, own.queue, own.idle),
        task=task,
        task_share=task / capacity if capacity else None,
    )


def _steps_to_midnight(picture: MatchingPicture) -> int:
    local = picture.campaign.local(picture.now)
    minutes = 24 * 60 - (local.hour * 60 + local.minute)
    return math.ceil(minutes / STEP)


def _hours(
    picture: MatchingPicture, server: Server, arrived: Sequence[float], queue: Sequence[float], idle: Sequence[float]
) -> tuple[Hour, ...]:
    hourly = 60 // STEP
    found = []
    for begin in range(0, len(arrived), hourly):
        part = slice(begin, begin + hourly)
        rate = value_at(server.rates, begin * STEP)
        unused = sum(idle[part]) / rate if rate > 0 and math.isfinite(rate) else 0.0
        found.append(Hour(picture.at(begin * STEP), sum(arrived[part]), queue[part][-1], unused))
    return tuple(found)


MOST_ADJUSTED = 24
"""Towns whose runs are offered for a change at once; a city has many more, and its districts offer the rest."""


def adjusted(picture: MatchingPicture, trial: Trial) -> Sequence[TownState]:
    """The towns whose runs are offered, in the picture's order: those the plan changes, then those with most tubes
    that will be collected too late, then those with most waiting."""
    if len(picture.towns) <= MOST_ADJUSTED:
        return picture.towns
    changed_ = {runs.town for runs in trial.plan.runs}
    late = {town.place.code: town.collect.tubes for town in trial.before.towns}

    def pressed(town: TownState) -> tuple[bool, int, float]:
        code = town.place.code
        return code in changed_, late.get(code, 0), sum(cohort.tubes for cohort in town.waiting)

    most = sorted(picture.towns, key=pressed, reverse=True)[:MOST_ADJUSTED]
    kept = {town.place.code for town in most}
    return [town for town in picture.towns if town.place.code in kept]
