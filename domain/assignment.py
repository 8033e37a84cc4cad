"""Which towns' tubes had better go to which laboratory from when on: proposed, never applied by itself.

A mixed-integer programme in steps of an hour, solved by HiGHS (`highspy`, docs/decisions/0018). Every town is cut
into groups of about six neighbouring sites, each of which stays where it is or goes to one other laboratory from one
of the next full hours on (an account is bound to exactly one laboratory, so no group is shared). Laboratories are
queues:

    queue(l, t) ≥ queue(l, t−1) + arrivals(l, t) − rate(l, t),   late(l, t) ≥ queue(l, t) − what t+1 … t+limit takes

Least is wanted, in this order of weights: tubes that will wait beyond the limit; work in hand, in hours, of the
laboratory that has most of it, since that one is cleared last; tubes waiting; groups bound anew and the way they are
further. The programme sees mean times only, so what it finds is put through `domain.flow` before anybody is told:
each proposal carries the flow's own gain, and a move that gains nothing there is not proposed. Beside them stands
what else would help: more transport runs where collection breaks its limit, more hours for the last laboratory,
a larger pool, which only the province decides.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.flow import STEP, shares_at, value_at
from domain.matching import Outcome, glance
from domain.matching_picture import LabState, MatchingPicture, TownState
from domain.matching_plan import APPROVED_POOL, Move, Overtime, Plan, Pool, Runs

NOTICE = timedelta(minutes=30)
"""Shortest time between telling people and the hour a change begins."""

HOURS_OFFERED = (0, 1, 3)
"""From-hours a move may choose among, counted from the next full hour."""

AHEAD = 20
"""Hours the programme looks ahead."""

LATE, DEEP, WAITING, BINDING, FURTHER = 1.0, 20.0, 0.0005, 15.0, 0.2
"""Weights: a tube-hour beyond the limit; an hour of work in hand at the fullest laboratory, for an hour; a tube
waiting for an hour; a group bound anew; a minute of longer way. So a move over 50 minutes more must spare 25
tube-hours beyond the limit, or shorten the longest queue by a quarter of an hour for five hours, to be worth it."""

LATE_HOUR = 6
"""Hours from now at which work in hand counts as `DEEP` says, before less, later more: what is still in hand late
is what the place is cleared by."""

GROUP_SITES = 6
"""Sites of a group that moves as one."""

SECONDS = 2.0
"""Longest time for the solver; what it has by then is good enough to be judged by the flow."""

MOST = 6
"""Moves proposed at most."""

SPARE = 0.9
"""Share of the collection limit that proposed runs aim at."""

MORE_HOURS = 0.2
"""Share of its rate that more hours of the last laboratory are proposed with."""

OVERTIME_HOUR = 20
"""Local hour at which extra shifts begin, where it is not later already."""


class Kind(StrEnum):
    """What is changed: tubes go to another laboratory, more runs, more hours, or another pool size."""

    MOVE = "move"
    RUNS = "runs"
    OVERTIME = "overtime"
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One change and what it would gain alone: `minutes` the place is cleared earlier, `fewer` tubes beyond a limit.
    `accounts` are bound anew; `kilometres` are further, negative nearer, None where nobody knows; `locked` is not
    ours to decide."""

    kind: Kind
    plan: Plan
    minutes: int
    fewer: int
    accounts: int = 0
    kilometres: float | None = None
    tubes_per_hour: float = 0.0
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Proposals:
    """What could be done, the best first, and what all that is not locked would gain together."""

    rows: tuple[Proposal, ...]
    minutes: int
    fewer: int


@dataclass(frozen=True, slots=True)
class _Group:
    town: TownState
    sites: tuple[str, ...]
    share: float


def propose(picture: MatchingPicture, present: Outcome) -> Proposals:
    """What could be done about `present`, the outcome of doing nothing."""
    before = glance(picture, Plan())
    # What the programme finds only pays if the flow, which knows more, agrees, move by move.
    moves = [move for move in assigned(picture, before.clear) if glance(picture, Plan(moves=(move,))) < before]
    candidates = [(Kind.MOVE, Plan(moves=(move,))) for move in moves]
    candidates += [(Kind.RUNS, Plan(runs=(runs,))) for runs in _runs(picture, present)]
    candidates += [(Kind.OVERTIME, Plan(overtime=(more,))) for more in _overtime(picture, present)]
    if (pool := _pool(picture)) is not None:
        candidates.append((Kind.POOL, Plan(pool=pool)))
    rows = []
    for kind, plan in candidates:
        after = glance(picture, plan)
        fewer, minutes = round(before.over - after.over), round(before.clear - after.clear)
        if fewer >= 1 or minutes >= 1:
            rows.append(_row(picture, kind, plan, minutes, fewer))
    rows.sort(key=lambda row: (row.locked, -row.fewer, -row.minutes))
    together = glance(picture, joined(row.plan for row in rows if not row.locked))
    return Proposals(tuple(rows), round(before.clear - together.clear), round(before.over - together.over))


def joined(plans: "Iterator[Plan]") -> Plan:
    """All changes of several plans in one."""
    listed = list(plans)
    return Plan(
        tuple(m for plan in listed for m in plan.moves),
        tuple(r for plan in listed for r in plan.runs),
        tuple(o for plan in listed for o in plan.overtime),
        next((plan.pool for plan in listed if plan.pool), None),
    )


def next_hour(picture: MatchingPicture, notice: timedelta = NOTICE) -> datetime:
    """The next full hour of the campaign's zone that leaves time to tell people."""
    local = picture.campaign.local(picture.now + notice)
    full = local.replace(minute=0, second=0, microsecond=0)
    return (full if full == local else full + timedelta(hours=1)).astimezone(picture.now.tzinfo)


def assigned(picture: MatchingPicture, clear: float) -> tuple[Move, ...]:
    """The moves of the best assignment found; none where nothing would be better. `clear` is the minute at which all
    is cleared now: what could not even be on its machine and read by then is not moved there."""
    labs = [lab for lab in picture.labs if lab.known]
    if len(labs) < 2:
        return ()
    import highspy  # here, since only a process that is asked for proposals needs the solver

    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("time_limit", SECONDS), ("threads", 1), ("mip_rel_gap", 0.01)):
        solver.setOptionValue(option, value)
    hours = [next_hour(picture) + k * timedelta(hours=1) for k in HOURS_OFFERED]
    groups = list(_groups(picture))
    base = _arrivals(picture)
    limit = max(1, picture.campaign.limits.test_minutes // 60)
    choices = []
    shifted: dict[tuple[int, int], list[tuple[object, float]]] = {}
    for group in groups:
        own = []
        for lab in labs:
            further = group.town.transit[lab.lab.id] - group.town.transit[group.town.lab]
            if lab.lab.id == group.town.lab or _last(group.town, lab) >= clear:
                continue
            for hour in hours:
                taken = solver.addBinary(obj=BINDING + FURTHER * max(0.0, further))
                own.append(taken)
                choices.append((taken, group, lab.lab.code, hour))
                for to, sign in ((lab.lab.id, 1.0), (group.town.lab, -1.0)):
                    for t, tubes in enumerate(_stream(picture, group, hour, to)):
                        if tubes:
                            shifted.setdefault((to, t), []).append((taken, sign * tubes))
        if own:
            solver.addConstr(sum(own) <= 1)
    if not choices:
        return ()
    deep = [solver.addVariable(lb=0, obj=DEEP * (t / LATE_HOUR) ** 2) for t in range(AHEAD)]
    for lab in labs:
        rates = [value_at(lab.rates, (t + 0.5) * 60) for t in range(AHEAD + limit + 1)]
        before: object = sum(cohort.tubes for cohort in lab.queue)
        for t in range(AHEAD):
            queue = solver.addVariable(lb=0, obj=WAITING)
            late = solver.addVariable(lb=0, obj=LATE)
            moved = sum((v * c for v, c in shifted.get((lab.lab.id, t), ())), 0.0)  # type: ignore[operator]
            solver.addConstr(queue - before - moved >= base[lab.lab.id][t] - rates[t])
            solver.addConstr(late - queue >= -sum(rates[t + 1 : t + 1 + limit]))
            solver.addConstr(queue - max(1.0, rates[t]) * deep[t] <= 0)
            before = queue
    solver.run()
    values = list(solver.getSolution().col_value)
    if not values or solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return ()
    chosen = [(group, lab, hour) for taken, group, lab, hour in choices if values[taken.index] > 0.5]
    return _merged(chosen)[:MOST]


def _last(town: TownState, lab: LabState) -> float:
    """The minute at which the town's last tube would have its result from `lab`, if it never waited there."""
    coming = [k for k, tubes in enumerate(town.due.middle) if tubes > 0]
    return (max(coming, default=0) + 1) * STEP + town.transit[lab.lab.id] + lab.process


def _groups(picture: MatchingPicture) -> Iterator[_Group]:
    """Each town's sites in groups of about the same work; `sites` stand so that neighbours stay together. A town for
    which another laboratory is decided already is left alone."""
    for town in picture.towns:
        if any(route.at > 0 for route in town.routes):
            continue
        parts = max(1, round(len(town.sites) / GROUP_SITES))
        codes: list[str] = []
        share = done = 0.0
        for index, site in enumerate(town.sites):
            codes.append(site.code)
            share += site.share
            if done + share >= (int(done * parts + 1e-6) + 1) / parts - 1e-6 or index == len(town.sites) - 1:
                yield _Group(town, tuple(codes), share)
                done += share
                codes, share = [], 0.0
        if not town.sites:
            yield _Group(town, (), 1.0)


def _arrivals(picture: MatchingPicture) -> dict[int, list[float]]:
    """Tubes that come to each laboratory in each hour, if nothing is changed, by mean times."""
    found = {lab.lab.id: [0.0] * AHEAD for lab in picture.labs}

    def put(lab: int, minute: float, tubes: float) -> None:
        if (hour := max(0, int(minute // 60))) < AHEAD:
            found[lab][hour] += tubes

    for lab in picture.labs:
        for cohort in lab.coming:
            put(lab.lab.id, cohort.entered + lab.transit, cohort.tubes)
    for town in picture.towns:
        wait = town.headways[0].value / 2
        used = [(cohort.used, cohort.tubes) for cohort in town.waiting]
        used += [((k + 0.5) * STEP, tubes) for k, tubes in enumerate(town.due.middle)]
        for minute, tubes in used:
            for to, share in shares_at(town.routes, minute):
                put(to, max(0.0, minute + wait) + town.transit[to], tubes * share)
    return found


def _stream(picture: MatchingPicture, group: _Group, hour: datetime, lab: int) -> list[float]:
    """Tubes the group will use from `hour` on, by the hour in which they come to `lab`."""
    found = [0.0] * AHEAD
    begin = picture.minute(hour)
    delay = group.town.headways[0].value / 2 + group.town.transit[lab]
    for k, tubes in enumerate(group.town.due.middle):
        minute = (k + 0.5) * STEP
        if minute >= begin and (at := int((minute + delay) // 60)) < AHEAD:
            found[at] += tubes * group.share
    return found


def _merged(chosen: Sequence[tuple[_Group, str, datetime]]) -> tuple[Move, ...]:
    """Moves, the groups of one town that go together as one."""
    together: dict[tuple[str, str, datetime], list[_Group]] = {}
    for group, lab, hour in chosen:
        together.setdefault((group.town.place.code, lab, hour), []).append(group)
    moves = []
    for (town, lab, hour), groups in together.items():
        sites = tuple(sorted(code for group in groups for code in group.sites))
        whole = len(sites) == len(groups[0].town.sites)
        moves.append(Move(town, lab, hour, () if whole else sites))
    return tuple(sorted(moves, key=lambda move: (move.town, move.lab)))


def _runs(picture: MatchingPicture, present: Outcome) -> Iterator[Runs]:
    """More runs for towns whose collection breaks its limit."""
    limit = picture.campaign.limits.collect_minutes
    until = max(picture.campaign.deadline, picture.now + timedelta(hours=1))
    for town in picture.towns:
        headway = town.headways[0].value
        broken = next(o.collect.tubes for o in present.towns if o.place.code == town.place.code)
        if broken >= 1 and headway > SPARE * limit:
            wanted = math.ceil(2 * town.runs * headway / (SPARE * limit)) / 2
            begin = next_hour(picture)
            yield Runs(town.place.code, wanted, begin, until if until > begin else None)


def _overtime(picture: MatchingPicture, present: Outcome) -> Iterator[Overtime]:
    """More hours for the laboratory that is cleared last, where it has more than an hour's queue."""
    lab = next((lab for lab in picture.labs if present.last and lab.lab.id == present.last.id), None)
    if lab is None or not lab.known:
        return
    evening = picture.campaign.local(picture.now).replace(hour=OVERTIME_HOUR, minute=0, second=0, microsecond=0)
    begin = max(next_hour(picture), evening.astimezone(picture.now.tzinfo))
    yield Overtime(lab.lab.code, round(lab.rate * (1 + MORE_HOURS) / 10) * 10, begin)


def _pool(picture: MatchingPicture) -> Pool | None:
    """Twice the pool, where that is still one of the sizes in use."""
    sizes = {town.pool_size for town in picture.towns}
    return Pool(2 * APPROVED_POOL, next_hour(picture)) if sizes == {APPROVED_POOL} else None


def _row(picture: MatchingPicture, kind: Kind, plan: Plan, minutes: int, fewer: int) -> Proposal:
    if kind is not Kind.MOVE:
        return Proposal(kind, plan, minutes, fewer, locked=kind is Kind.POOL)
    (move,) = plan.moves
    town, lab = picture.town(move.town), picture.lab(move.lab)
    assert town is not None
    assert lab is not None
    accounts = len(move.sites) or len(town.sites)
    share = sum(site.share for site in town.sites if not move.sites or site.code in move.sites) or 1.0
    km = town.kilometres
    further = km[lab.lab.id] - km[town.lab] if lab.lab.id in km and town.lab in km else None
    window = town.due.middle[int(picture.minute(move.at) // STEP) :][: 4 * 60 // STEP]
    hourly = sum(window) / max(1, len(window)) * 60 / STEP * share
    return Proposal(kind, plan, minutes, fewer, accounts, further, hourly)
