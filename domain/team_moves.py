"""Crews that would do more elsewhere: from sites with little to do to sites nearby whose queue breaks its limit.

A team is the crew of one lane. At a site with a queue the crews work as fast as they can, so its own rate is what one
more lane there takes, up to what a lane is planned with (source 003: 100 persons an hour). W persons wait where the
queue takes q minutes at the present rate (Little), so with m lanes more than L it takes q·L/(L + m).

Which team goes where is a transport problem: sites with spare lanes on one side, lanes wanted on the other, what is
gained in the first hour (the way there takes its part of it) the value of each pair. Such a problem has a whole best
answer, found by HiGHS (`highspy`). It is proposed and never applied.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from domain.campaign import Limits
from domain.overview import PlaceRef

HOUR = 60.0

KMH = 20.0
"""Speed of a team on its way, along a straight line (as for transport, docs/decisions/0018)."""

PACKING = 10
"""Minutes until a team has packed and set up again."""

FILLED = 0.8
"""Share of a lane's planned rate the lanes that stay may be filled to: the donor shall not be the next queue."""

CALM = 0.5
"""Share of the queue's limit above which a site gives nobody away."""

NEIGHBOURS = 12
"""Sites with spare lanes that are looked at for one site with a queue, the nearest first."""

MEDICS, USHERS = 6, 2
"""Crew of a lane, in two teams that take turns (source 003)."""


@dataclass(frozen=True, slots=True)
class Crewed:
    """A site in its last reported hour: where it is (metres), its queue, persons per open lane and hour, open
    lanes."""

    place: PlaceRef
    town: PlaceRef | None
    xy: tuple[float, float]
    queue_minutes: int
    load: float
    lanes: int

    @property
    def waiting(self) -> float:
        """Persons who wait now."""
        return self.queue_minutes / HOUR * self.load * self.lanes


@dataclass(frozen=True, slots=True)
class TeamMove:
    """`teams` crews from one site to another. `gained` is the persons an hour they take there, `queue_after` the
    minutes to wait with all that come to this site, `source_load` what each lane that stays has to do then."""

    source: Crewed
    target: Crewed
    teams: int
    metres: int
    minutes: int
    gained: int
    queue_after: int
    source_load: int


def spare(site: Crewed, limits: Limits) -> int:
    """Lanes whose crews the site can do without for now."""
    idle = site.load < limits.idle_share * limits.lane_hour
    if not idle or site.queue_minutes > CALM * limits.queue_minutes:
        return 0
    needed = max(1, math.ceil(site.load * site.lanes / (FILLED * limits.lane_hour)))
    return max(0, site.lanes - needed)


def wanted(site: Crewed, limits: Limits) -> int:
    """Lanes more that would bring the queue to its limit, as far as there are people for them."""
    if not limits.queue_minutes or site.queue_minutes <= limits.queue_minutes or site.load <= 0:
        return 0
    missing = math.ceil(site.lanes * (site.queue_minutes / limits.queue_minutes - 1) - 1e-9)
    return max(1, min(missing, math.ceil(site.waiting / rate(site, limits) - 1e-9)))


def rate(site: Crewed, limits: Limits) -> float:
    """Persons an hour that one more lane takes at a site with a queue."""
    return min(site.load, limits.lane_hour)


def travel(metres: float) -> float:
    """Minutes until a team works elsewhere."""
    return PACKING + metres / 1000 / KMH * HOUR


def propose_moves(sites: Sequence[Crewed], limits: Limits) -> tuple[TeamMove, ...]:
    """The moves that together gain most in the first hour, those that gain most first."""
    if not limits.queue_minutes or not limits.lane_hour:
        return ()
    full = [(site, n) for site in sites if (n := wanted(site, limits))]
    idle = [(site, n) for site in sites if (n := spare(site, limits))]
    pairs: list[tuple[int, int, float, float]] = []
    for t, (target, _) in enumerate(full):
        near = sorted((math.dist(target.xy, source.xy), s) for s, (source, _) in enumerate(idle))
        for metres, s in near[:NEIGHBOURS]:
            value = min(rate(target, limits), target.waiting) * (1 - travel(metres) / HOUR)
            if metres <= limits.move_metres and value > 0:
                pairs.append((s, t, metres, value))
    taken = _transport(pairs, [n for _, n in idle], [n for _, n in full])
    coming: dict[int, int] = {}
    leaving: dict[int, int] = {}
    for (s, t, _, _), teams in zip(pairs, taken, strict=True):
        coming[t] = coming.get(t, 0) + teams
        leaving[s] = leaving.get(s, 0) + teams
    moves = []
    for (s, t, metres, _), teams in zip(pairs, taken, strict=True):
        if not teams:
            continue
        source, target = idle[s][0], full[t][0]
        moves.append(
            TeamMove(
                source,
                target,
                teams,
                round(metres),
                round(travel(metres)),
                round(min(teams * rate(target, limits), target.waiting)),
                round(target.queue_minutes * target.lanes / (target.lanes + coming[t])),
                round(source.load * source.lanes / (source.lanes - leaving[s])),
            )
        )
    return tuple(sorted(moves, key=lambda move: (-move.gained, move.metres, move.target.place.code)))


def _transport(
    pairs: Sequence[tuple[int, int, float, float]], supply: Sequence[int], demand: Sequence[int]
) -> list[int]:
    """Teams on each pair of (source, target, …, value) so that the value is most. The matrix is totally unimodular:
    the best corner is whole without being asked to be."""
    if not pairs:
        return []
    import highspy  # here, since only a process that is asked for suggestions needs the solver

    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1)):
        solver.setOptionValue(option, value)
    numbers = [solver.addVariable(lb=0, obj=-worth) for _, _, _, worth in pairs]
    for end, most in ((0, supply), (1, demand)):
        for index, limit in enumerate(most):
            own = [number for number, pair in zip(numbers, pairs, strict=True) if pair[end] == index]
            if own:
                solver.addConstr(sum(own) <= limit)
    solver.run()
    found = list(solver.getSolution().col_value)
    return [round(found[number.index]) for number in numbers]
