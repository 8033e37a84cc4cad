"""How tubes will flow 采 → 送 → 检 → 报 from now to the end of the day: a fluid in steps of a quarter of an hour.

The fluid is made of cohorts: tubes used in the same step at the same place. What happens to them, stage by stage:

1. **Collection** (采 → 送). A town's sites are visited in turn, each once in `headway` minutes, and a visit takes
   everything. So of the tubes that wait, a step takes step ÷ (headway − age): the wait is even between nothing and
   one headway, and a shorter headway is felt at once. Visits to one town's sites are taken to be spread evenly.
2. **Transport**. A fixed time for each town and laboratory. Where a tube goes is settled when it is used, as the
   account's binding has it: what was used before a town is bound anew still goes where it was bound for.
3. **Testing** (检). A laboratory puts tubes on its machines in the order in which they came (first in, first out),
   at most `rate` an hour; capacity not used is lost (idle).
4. **Result** (报). A fixed time after going on the machine.

Tubes are neither made nor lost: used + waiting at the start = waiting + reported at every step (a property test).
Nothing is drawn at random; `domain.matching` makes intervals by running it with other paces.

What it leaves out: batches of a machine's size, breaks, boxes that come together, voids. Within a quarter of an hour
everything is taken to happen in its middle. Ages are counted as the backlog counts them, from the entry into a stage;
the whole way is counted from the use.

Minutes are counted from now: what has happened has negative ones.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.campaign import Limits

STEP = 15
"""Minutes of a step."""

LONGEST = 48 * 60 // STEP
"""Steps after which nothing is foreseen."""

SMALL = 1e-6
"""Tubes that are none: what is left of a fluid by rounding."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Tubes that entered their present stage `entered` minutes after now (negative: before) and were used `used`."""

    tubes: float
    entered: float
    used: float


@dataclass(frozen=True, slots=True)
class Change:
    """From minute `at` on the value is `value`."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Route:
    """From minute `at` on a town's tubes go to these laboratories (by id), in these shares."""

    at: float
    shares: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A town as the flow sees it. `due` is tubes it will use in each step to come; `headways` minutes between two
    visits to a site; `routes` from the earliest on; `transit` minutes from the site to each laboratory."""

    due: Sequence[float]
    waiting: Sequence[Cohort]
    headways: Sequence[Change]
    routes: Sequence[Route]
    transit: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Server:
    """A laboratory as the flow sees it. `rates` are tubes an hour that it can put on its machines, infinite where
    nobody knows; `coming` is on its way and arrives `transit` minutes after it was collected; `process` is minutes
    from the machine to the result; `reported` what it has reported already."""

    rates: Sequence[Change]
    coming: Sequence[Cohort]
    transit: float
    queue: Sequence[Cohort]
    testing: Sequence[Cohort]
    process: float
    reported: float = 0.0


@dataclass(slots=True)
class Broken:
    """Tubes that pass a limit, by the step in which they do; `already` had passed it before now."""

    steps: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    already: float = 0.0

    def add(self, minute: float, tubes: float) -> None:
        if minute <= 0:
            self.already += tubes
        else:
            self.steps[int(minute // STEP)] += tubes

    @property
    def tubes(self) -> float:
        return self.already + sum(self.steps.values())

    @property
    def first(self) -> int | None:
        """The first step in which at least one whole tube has passed; None when none will."""
        passed = self.already
        if passed >= 1:
            return 0
        for step in sorted(self.steps):
            passed += self.steps[step]
            if passed >= 1:
                return step
        return None


@dataclass(slots=True)
class LabCourse:
    """What becomes of a laboratory, step by step. `queue` and `testing` (on machines) are at the end of each step;
    `idle` is capacity of the step that nobody used."""

    arrived: list[float] = field(default_factory=list)
    started: list[float] = field(default_factory=list)
    reported: list[float] = field(default_factory=list)
    queue: list[float] = field(default_factory=list)
    testing: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    longest: float = 0.0
    """Longest wait from arrival to the machine, in minutes; of at least one whole tube."""
    transit: Broken = field(default_factory=Broken)
    test: Broken = field(default_factory=Broken)
    report: Broken = field(default_factory=Broken)


@dataclass(slots=True)
class TownCourse:
    """What becomes of a town's tubes: on the sites at the end of each step, collected in it, broken limits."""

    on_site: list[float] = field(default_factory=list)
    collected: list[float] = field(default_factory=list)
    collect: Broken = field(default_factory=Broken)


@dataclass(slots=True)
class Course:
    """The whole flow, by town and by laboratory id. `in_transit` is at the end of each step."""

    towns: dict[int, TownCourse]
    labs: dict[int, LabCourse]
    in_transit: list[float]
    steps: int


def value_at(changes: Sequence[Change], minute: float) -> float:
    """The value in force at `minute`; before the first change, that of the first."""
    found = changes[0].value
    for change in changes:
        if change.at > minute:
            break
        found = change.value
    return found


def changed(changes: Sequence[Change], begin: float, value: float, end: float | None) -> tuple[Change, ...]:
    """The same with another value from minute `begin` on, until `end` where there is one."""
    kept = [change for change in changes if change.at < begin or change is changes[0]]
    kept.append(Change(begin, value))
    if end is not None:
        kept.append(Change(end, value_at(changes, end)))
        kept += [change for change in changes[1:] if change.at > end]
    if begin <= 0:
        kept[0] = replace(kept[0], value=value)
    return tuple(kept)


def shares_at(routes: Sequence[Route], minute: float) -> tuple[tuple[int, float], ...]:
    """Where tubes used at `minute` go; before the first route, where that one says."""
    found = routes[0].shares
    for route in routes:
        if route.at > minute:
            break
        found = route.shares
    return found


def run(sources: Mapping[int, Source], servers: Mapping[int, Server], limits: Limits) -> Course:
    """Let everything flow until nothing is left, at most `LONGEST` steps."""
    course = Course({id_: TownCourse() for id_ in sources}, {id_: LabCourse() for id_ in servers}, [], 0)
    arrivals: dict[int, dict[int, dict[tuple[float, float], float]]] = {id_: defaultdict(dict) for id_ in servers}
    # (arrival, use) → tubes, by laboratory and step: what comes together with the same past is one cohort.
    moving = _under_way(servers, arrivals, course, limits)
    on_sites = {id_: deque([c.used, c.tubes] for c in _oldest_first(s.waiting)) for id_, s in sources.items()}
    for id_, waiting in on_sites.items():
        for used, tubes in waiting:
            if -used > limits.collect_minutes:
                course.towns[id_].collect.add(0, tubes)
    labs = {id_: _Lab(server, course.labs[id_], limits) for id_, server in servers.items()}
    last_due = max((len(source.due) for source in sources.values()), default=0)
    for step in range(LONGEST):
        for id_, source in sources.items():
            moving += _collect(step, source, on_sites[id_], course.towns[id_], arrivals, course.labs, limits)
        for id_, lab in labs.items():
            moving -= lab.take(step, arrivals[id_].pop(step, {}))
        course.in_transit.append(max(0.0, moving))
        course.steps = step + 1
        left = moving + sum(course.towns[id_].on_site[-1] for id_ in sources) + sum(lab.left for lab in labs.values())
        if step + 1 >= last_due and left < SMALL:
            break
    return course


def _oldest_first(cohorts: Sequence[Cohort]) -> list[Cohort]:
    return sorted(cohorts, key=lambda c: (c.entered, c.used))


def _under_way(
    servers: Mapping[int, Server],
    arrivals: Mapping[int, dict[int, dict[tuple[float, float], float]]],
    course: Course,
    limits: Limits,
) -> float:
    """Put what is under way now on its arrival; what should have come already comes within the next step."""
    moving = 0.0
    for id_, server in servers.items():
        for cohort in server.coming:
            arrival = max(STEP / 2, cohort.entered + server.transit)
            if arrival - cohort.entered > limits.transit_minutes:
                course.labs[id_].transit.add(cohort.entered + limits.transit_minutes, cohort.tubes)
            place = arrivals[id_].setdefault(int(arrival // STEP), {})
            place[arrival, cohort.used] = place.get((arrival, cohort.used), 0.0) + cohort.tubes
            moving += cohort.tubes
    return moving


def _collect(
    step: int,
    source: Source,
    waiting: deque[list[float]],
    town: TownCourse,
    arrivals: Mapping[int, dict[int, dict[tuple[float, float], float]]],
    labs: Mapping[int, LabCourse],
    limits: Limits,
) -> float:
    """One step of a town: what its visits take goes on its way. Answers how much that is."""
    begin, middle, end = step * STEP, step * STEP + STEP / 2, (step + 1) * STEP
    headway = value_at(source.headways, begin)
    taken = 0.0
    for cohort in waiting:
        used, tubes = cohort
        left = headway - (begin - used)
        share = 1.0 if left <= STEP else STEP / left
        amount = tubes * share
        cohort[1] = tubes - amount
        crossing = used + limits.collect_minutes
        if 0 < crossing <= end and crossing > begin:
            town.collect.add(crossing, cohort[1])
        taken += amount
        if amount > 0:
            _send(source, used, middle, amount, arrivals, labs, limits)
    while waiting and waiting[0][1] <= SMALL:
        waiting.popleft()
    due = source.due[step] if step < len(source.due) else 0.0
    if due > 0:
        waiting.append([middle, due])
    town.collected.append(taken)
    town.on_site.append(sum(tubes for _, tubes in waiting))
    return taken


def _send(
    source: Source,
    used: float,
    at: float,
    tubes: float,
    arrivals: Mapping[int, dict[int, dict[tuple[float, float], float]]],
    labs: Mapping[int, LabCourse],
    limits: Limits,
) -> None:
    for lab, share in shares_at(source.routes, used):
        minutes = source.transit[lab]
        if minutes > limits.transit_minutes:
            labs[lab].transit.add(at + limits.transit_minutes, tubes * share)
        place = arrivals[lab].setdefault(int((at + minutes) // STEP), {})
        key = (at + minutes, used)
        place[key] = place.get(key, 0.0) + tubes * share


class _Lab:
    """One laboratory while it works: its queue in the order of arrival, and what is on its machines."""

    def __init__(self, server: Server, course: LabCourse, limits: Limits) -> None:
        self._server = server
        self._course = course
        self._limits = limits
        self._queue: deque[list[float]] = deque([c.entered, c.used, c.tubes] for c in _oldest_first(server.queue))
        self._results: dict[int, float] = defaultdict(float)
        self._on_machines = 0.0
        self._crossed = 0.0
        """Up to which arrival the wait's limit has been judged."""
        for entered, _, tubes in self._queue:
            if -entered > limits.test_minutes:
                course.test.add(0, tubes)
        for cohort in server.testing:
            self._result(cohort.entered, cohort.used, cohort.tubes, 0)

    @property
    def left(self) -> float:
        """What has come and is not reported."""
        return self._course.queue[-1] + self._on_machines

    def take(self, step: int, coming: Mapping[tuple[float, float], float]) -> float:
        """One step: take in what comes, put on the machines what fits. Answers how much came."""
        begin, middle, end = step * STEP, step * STEP + STEP / 2, (step + 1) * STEP
        queue, course, limit = self._queue, self._course, self._limits.test_minutes
        arrived = 0.0
        for (at, used), tubes in sorted(coming.items()):
            queue.append([at, used, tubes])
            arrived += tubes
        room = capacity = value_at(self._server.rates, begin) * STEP / 60
        started = 0.0
        while queue and room > 0:
            entered, used, tubes = queue[0]
            amount = min(tubes, room)
            room -= amount
            started += amount
            if amount >= SMALL:
                course.longest = max(course.longest, middle - entered) if amount >= 1 else course.longest
                self._result(middle, used, amount, step)
            if amount < tubes:
                queue[0][2] = tubes - amount
                break
            queue.popleft()
        for entered, _, tubes in queue:
            crossing = entered + limit
            if crossing > end:
                break
            if crossing > begin and crossing > 0:
                course.test.add(crossing, tubes)
        reported = self._results.pop(step, 0.0)
        self._on_machines -= reported
        course.arrived.append(arrived)
        course.started.append(started)
        course.reported.append(reported)
        course.queue.append(sum(tubes for _, _, tubes in queue))
        course.testing.append(self._on_machines)
        course.idle.append(room if capacity != float("inf") else 0.0)
        return arrived

    def _result(self, machine: float, used: float, tubes: float, step: int) -> None:
        """Tubes went on the machine: their result comes a process time later, in this step at the earliest."""
        at = machine + self._server.process
        if at - used > self._limits.report_minutes:
            self._course.report.add(used + self._limits.report_minutes, tubes)
        self._results[max(step, int(at // STEP))] += tubes
        self._on_machines += tubes
