"""Expected finish (预计完成): when each town, and with its last town the district, will have sampled its people.

Why not a straight line. Sampling follows the hour of the day (rush, noon, evening), it cannot be faster than the
lanes, and it slows down towards the end, because sites run out of people one after another. A line through the
rate so far sees none of this: in the morning it promises the early afternoon, at noon it despairs.

The method, town by town:

1. **Shape.** The plan's weights say what share of those *still to come* is sampled in each period: the hazard
   h_k = w_k / (w_k + w_k+1 + …). Working with people left rather than with planned persons means that whoever came
   early is not expected a second time, and whoever did not come yet is still expected.
2. **Pace.** Persons counted ÷ persons expected from those left, recent periods counting more (`MEMORY` per hour).
   Early in the day it is drawn to the district's pace, and that to 1, with the weight of `TOWN_PRIOR_HOURS` and
   `DISTRICT_PRIOR_HOURS`. Only `PERSISTENCE` of a pace lasts: a queue that is behind at noon is mostly served in
   the evening, when the lanes are free.
3. **Capacity.** No period samples more than `CAPACITY_REACH` times the best two periods so far (two, so that a
   catch-up report, which counts in its last hour, is no record), and none more than `TAIL_SHARE` an hour of those
   left.
4. **Finish** is the moment `share` of the target is reached, in even flow within a period. If that is after the
   deadline the day goes on at the last hour's hazard for at most `EXTENSION`; beyond there is no forecast.

Reports that are missing now mostly come later, so the sites' unreported part is presumed sampled at the expected
pace; a town is *known* to be finished only by what was counted.

Uncertainty. A town's remaining day is faster or slower by a factor exp(σz): σ² is the variance between days
(`DAY_SPREAD`) plus that of the pace, estimated from the hour-to-hour dispersion seen today (with `DISPERSION` as
prior). Turnout and stragglers add `TAIL_JITTER` hours, independent of pace. The district finishes with its last
town: the distribution of the maximum, where `SHARED` of the towns' variance is common to all (weather, a shared
system), by five-point Gauss-Hermite quadrature. Nothing is drawn at random.

The constants come from simulated days (seeds 1000-1059 of `data/demo/simulator.py`): random search for the least
pinball loss of p10, p50 and p90 over towns and district, rounded, spreads then widened until town and district
finishes both lay inside the 80 % interval often enough. They are judged on other days in `benchmarks/forecast.py`.
None is measured on a real campaign; one with hourly records should refit them.

Time inside this module is counted in periods from the campaign's anchor.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.campaign import Campaign
from domain.overview import Interval

FINISHED_SHARE = 0.995
"""Share of the target at which a place counts as finished; the last persons are catch-up sampling (补检)."""

MEMORY = 0.9
"""Weight of a period in the pace, relative to the one an hour later."""

TOWN_PRIOR_HOURS = 0.5
DISTRICT_PRIOR_HOURS = 8.0
"""Average hours of sampling that the district's pace, and the plan, count as: a town has told enough of itself
after an hour, while a whole district off its plan is first taken for a late start."""

PERSISTENCE = 0.45
"""Share of the pace's deviation from the plan that lasts for the rest of the day."""

CAPACITY_REACH = 1.6
"""Most persons in a period ÷ best mean of two periods so far: room for lanes staffed later in the day."""

TAIL_SHARE = 0.92
"""Most of those left that a town samples within an hour."""

DAY_SPREAD = 0.05
DISPERSION = 0.18
DISPERSION_PRIOR_HOURS = 3.0
"""Standard deviations of the log of the pace: between days; from hour to hour, before the day has shown its own,
and the hours that this prior counts as."""

TAIL_JITTER = 0.16
"""Hours (standard deviation) by which turnout and stragglers move a finish."""

SHARED = 0.6
"""Share of the towns' variance that is common to all."""

EXTENSION = timedelta(hours=12)
"""How far beyond the deadline a finish is foreseen."""

LEAST_PERIODS = 2
"""Settled periods without which there is no forecast."""

PACES = (0.2, 3.0)
"""Bounds of a believable pace; what lies outside is a wrong report, not a fast town."""

Z80 = 1.2816
"""Standard normal deviate of the 90 % quantile: p10 to p90 is the 80 % interval."""

LEVELS = (-2.4, -Z80, -0.6, 0.0, 0.6, Z80, 2.4)
"""Deviates at which a town's finish is computed, from fast to slow; between them it is interpolated."""

HERMITE = (
    (-2.856970, 0.011257), (-1.355626, 0.222076), (0.0, 0.533333), (1.355626, 0.222076), (2.856970, 0.011257),
)  # fmt: skip
"""Nodes and weights of the normal distribution."""

Band = tuple[int, float, float, float]
"""Expected cumulative persons at the end of a period: (period, p10, p50, p90)."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of one town. `counted` is persons per period, up to and with the last settled one; `weights`
    is persons planned per period of the whole campaign; `reported` is the share of expected reports that cover
    each counted period (catch-ups cover theirs), empty where all are in."""

    target: float
    counted: Sequence[float]
    weights: Sequence[float]
    reported: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What to expect of one place: its finish and, for the periods to come, the cumulative persons."""

    finish: Interval | None
    expected: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The district and its towns in the order given. None where nothing can be said."""

    district: Outlook | None
    towns: tuple[Outlook | None, ...]


def forecast(campaign: Campaign, towns: Sequence[Progress], share: float = FINISHED_SHARE) -> Forecast:
    """The outlook of a district's towns, and of the district.

    Towns lend each other their pace, so a town's outlook is always taken from the whole district's forecast, never
    from one of the town alone. Towns without a target or with fewer than two settled periods have no outlook; the
    district has one when every town with a target has.
    """
    usable = [t.target > 0 and len(t.counted) >= LEAST_PERIODS and sum(t.weights) > 0 for t in towns]
    grid = _Grid(campaign)
    states = [_State(town, grid) for town, ok in zip(towns, usable, strict=True) if ok]
    pace = _district_pace(states)
    courses = iter([_Course(state, pace, share, grid) for state in states])
    placed = [next(courses) if ok else None for ok in usable]
    outlooks = tuple(course.outlook(campaign) if course else None for course in placed)
    wanted = [course for course, town in zip(placed, towns, strict=True) if town.target > 0]
    whole = [course for course in wanted if course is not None]
    district = _district(campaign, whole, grid) if whole and len(whole) == len(wanted) else None
    return Forecast(district, outlooks)


class _Grid:
    """The campaign's periods: how many, how long in hours, and how far a forecast may reach."""

    def __init__(self, campaign: Campaign) -> None:
        self.periods = campaign.periods
        self.hours = campaign.interval_minutes / 60
        self.horizon = campaign.periods + EXTENSION // campaign.interval
        self.memory = MEMORY**self.hours
        self.tail = 1 - (1 - TAIL_SHARE) ** self.hours


class _State:
    """One town's day so far, reduced to what its future depends on."""

    def __init__(self, town: Progress, grid: _Grid) -> None:
        self.target = town.target
        self.counted = town.counted
        self.settled = n = len(town.counted)
        self.hazards = _hazards(town.weights, grid)
        reported = town.reported or (1.0,) * n
        self.seen: list[tuple[float, float, float]] = []
        """(weight of memory, persons counted, persons expected of those left) per period."""
        done = 0.0
        for k, (counted, part) in enumerate(zip(town.counted, reported, strict=True)):
            expected = max(0.0, town.target - done) * self.hazard(k)
            self.seen.append((grid.memory ** (n - 1 - k), counted, expected * part))
            done += counted + expected * (1 - part)
        self.done = done
        self.counted_weighted = sum(g * counted for g, counted, _ in self.seen)
        self.expected_weighted = sum(g * expected for g, _, expected in self.seen)
        # A running total that falls may make hours negative; no capacity is.
        self.best = max(0.0, *((a + b) / 2 for a, b in zip(town.counted[1:], town.counted[:-1], strict=True)))
        self.hour = town.target / max(1.0, grid.periods * grid.hours)
        """Persons of an average hour, the unit in which prior weights are expressed."""

    def hazard(self, period: int) -> float:
        """Share of those still to come that the plan samples in `period`; after the last one as in the last."""
        return self.hazards[min(period, len(self.hazards) - 1)]

    def pace(self, prior: float) -> float:
        weight = TOWN_PRIOR_HOURS * self.hour
        return _believable((self.counted_weighted + prior * weight) / (self.expected_weighted + weight))

    def sigma(self, pace: float) -> float:
        """Spread of the log of the remaining day's factor."""
        squares, hours = DISPERSION_PRIOR_HOURS * DISPERSION**2, DISPERSION_PRIOR_HOURS
        for g, counted, expected in self.seen:
            if expected > 0:
                deviation = counted / (pace * expected) - 1
                squares += g * min(1.0, deviation * deviation)
                hours += g
        return math.sqrt(DAY_SPREAD**2 + squares / hours / hours)


class _Course:
    """How one town's day goes on: its finish by deviate and its persons by period."""

    def __init__(self, state: _State, district_pace: float, share: float, grid: _Grid) -> None:
        self.first = state.settled
        self.target = state.target
        self.goal = share * state.target
        self.known = _crossing(state.counted, self.goal)
        pace = state.pace(district_pace)
        sigma = state.sigma(pace)
        lasting = 1 + PERSISTENCE * (pace - 1)
        finishes, self.paths = [], {}
        for level in LEVELS:
            factor = math.exp(-sigma * level)
            path, finish = _path(state, lasting * factor, CAPACITY_REACH * state.best * factor, self.goal, grid)
            finishes.append(finish)
            self.paths[level] = path
        self.reachable = self.known is not None or finishes[LEVELS.index(0.0)] < grid.horizon
        self.finishes = self._with_jitter(finishes, grid)

    def _with_jitter(self, finishes: Sequence[float], grid: _Grid) -> list[float]:
        """Widen the finishes about the middle one by the tail's own uncertainty, which fades as the end comes
        near; in the past nothing is uncertain, and nothing finishes before now."""
        if self.known is not None:
            return [self.known] * len(LEVELS)
        middle = finishes[LEVELS.index(0.0)]
        ahead = max(0.0, middle - self.first)
        jitter = TAIL_JITTER / grid.hours * min(1.0, math.sqrt(ahead * grid.hours))
        widened = [
            middle + math.copysign(math.hypot(finish - middle, jitter * level), level)
            for level, finish in zip(LEVELS, finishes, strict=True)
        ]
        return [min(float(grid.horizon), max(float(self.first), finish)) for finish in widened]

    def level_at(self, moment: float) -> float:
        """The deviate at which the town is finished exactly at `moment`, linear between `LEVELS`; far out to both
        sides where all of them are on one side."""
        times = self.finishes
        if moment >= times[-1]:
            return 8.0
        if moment < times[0]:
            return -8.0
        right = bisect_left(times, moment)
        if times[right] == moment:
            while right + 1 < len(times) and times[right + 1] == moment:
                right += 1
            return LEVELS[right]
        left = right - 1
        part = (moment - times[left]) / (times[right] - times[left])
        return LEVELS[left] + part * (LEVELS[right] - LEVELS[left])

    def outlook(self, campaign: Campaign) -> Outlook:
        finish = None
        if self.reachable:
            p10, p50, p90 = (self.finishes[LEVELS.index(level)] for level in (-Z80, 0.0, Z80))
            finish = _interval(campaign, p10, p50, p90)
        slow, middle, fast = (self.paths[level] for level in (Z80, 0.0, -Z80))
        last = _last_band(campaign, finish)
        bands = enumerate(zip(slow, middle, fast, strict=True), start=self.first)
        return Outlook(finish, tuple((k, a, b, c) for k, (a, b, c) in bands if k <= last))


def _hazards(weights: Sequence[float], grid: _Grid) -> list[float]:
    """Share of those still to come that the plan samples in each period, the last planned one's tail at most
    `TAIL_SHARE` an hour."""
    hazards, left = [], float(sum(weights))
    for weight in weights:
        hazards.append(min(grid.tail, weight / left) if left > 1e-9 else grid.tail)
        left -= weight
    return hazards


def _district_pace(states: Sequence[_State]) -> float:
    weight = DISTRICT_PRIOR_HOURS * sum(state.hour for state in states)
    counted = sum(state.counted_weighted for state in states)
    expected = sum(state.expected_weighted for state in states)
    return _believable((counted + weight) / (expected + weight)) if weight else 1.0


def _believable(pace: float) -> float:
    return min(PACES[1], max(PACES[0], pace))


def _crossing(counted: Sequence[float], goal: float) -> float | None:
    """When what was counted reached `goal`; None while it has not, or when later reports took it back."""
    if sum(counted) < goal:
        return None
    done = 0.0
    for k, persons in enumerate(counted):
        if done < goal <= done + persons:
            return k + (goal - done) / persons
        done += persons
    return None


def _path(state: _State, pace: float, capacity: float, goal: float, grid: _Grid) -> tuple[list[float], float]:
    """Cumulative persons at the end of every period from the first unsettled one to the horizon, and when `goal`
    is reached (the horizon if it is not)."""
    done, target, tail = state.done, state.target, grid.tail
    finish = float(state.settled) if done >= goal else None
    path = []
    for k in range(state.settled, grid.horizon):
        persons = min(max(0.0, target - done) * min(tail, pace * state.hazard(k)), capacity)
        if finish is None and done + persons >= goal:
            finish = k + (goal - done) / persons
        done += persons
        path.append(done)
    return path, float(grid.horizon) if finish is None else finish


def _district(campaign: Campaign, courses: Sequence[_Course], grid: _Grid) -> Outlook:
    finish = None
    if all(course.reachable for course in courses):
        p10, p50, p90 = (_last_finish(courses, level) for level in (-Z80, 0.0, Z80))
        # Each town may just be done within the horizon and the last of them still not.
        if p50 < grid.horizon:
            finish = _interval(campaign, p10, p50, p90)
    return Outlook(finish, _district_bands(campaign, courses, _last_band(campaign, finish)))


def _last_finish(courses: Sequence[_Course], level: float) -> float:
    """The quantile (as a deviate) of the moment at which the last town finishes, to a hundredth of a period."""
    wanted = _phi(level)
    low = max(course.finishes[0] for course in courses)
    high = max(course.finishes[-1] for course in courses)
    late = [course for course in courses if course.finishes[-1] > low]
    while high - low > 0.005:
        middle = (low + high) / 2
        levels = [course.level_at(middle) for course in late]
        if _all_finished(levels) < wanted:
            low = middle
        else:
            high = middle
    # The maximum is never before any of its parts, whatever the quadrature's last digit says.
    return max(high, *(course.finishes[LEVELS.index(level)] for course in courses))


def _all_finished(levels: Sequence[float]) -> float:
    """Probability that towns whose finish has these deviates are all finished."""
    common, own = math.sqrt(SHARED), math.sqrt(1 - SHARED)
    total = 0.0
    for node, weight in HERMITE:
        product = weight
        for level in levels:
            product *= _phi((level - common * node) / own)
        total += product
    return total


def _phi(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


def _district_bands(campaign: Campaign, courses: Sequence[_Course], last: int) -> tuple[Band, ...]:
    """Sums of the towns' persons; their half-widths add up as far as they are shared, and in squares otherwise."""
    first = max(course.first for course in courses)
    bands = []
    for k in range(first, last + 1):
        middle = down = up = down2 = up2 = 0.0
        for course in courses:
            at = k - course.first
            p50 = course.paths[0.0][at]
            a, b = p50 - course.paths[Z80][at], course.paths[-Z80][at] - p50
            middle, down, up = middle + p50, down + a, up + b
            down2, up2 = down2 + a * a, up2 + b * b
        lower = math.sqrt(SHARED * down * down + (1 - SHARED) * down2)
        upper = math.sqrt(SHARED * up * up + (1 - SHARED) * up2)
        bands.append((k, middle - lower, middle, middle + upper))
    return tuple(bands)


def _last_band(campaign: Campaign, finish: Interval | None) -> int:
    """The last period of the fan: the campaign's last, or the one in which the place is expected to finish."""
    last = campaign.periods - 1
    return max(last, campaign.period_of(finish.p50)) if finish else last


def _interval(campaign: Campaign, p10: float, p50: float, p90: float) -> Interval:
    a, b, c = (campaign.anchor + moment * campaign.interval for moment in sorted((p10, p50, p90)))
    return Interval(a, b, c)
