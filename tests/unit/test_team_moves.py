"""Crews from sites with little to do to sites with a queue: who gives, who gets, and that the sum is the most."""

import math
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import team_moves
from domain.campaign import Limits
from domain.overview import PlaceRef
from domain.places import Level
from domain.team_moves import Crewed, propose_moves, rate, spare, travel, wanted

LIMITS = Limits()


def site(code: str, km: float = 0.0, *, queue: int = 0, load: float = 80.0, lanes: int = 4) -> Crewed:
    return Crewed(PlaceRef(code, code, code, Level.SITE), None, (km * 1000, 0.0), queue, load, lanes)


def crowded(code: str = "full", km: float = 0.0, *, queue: int = 45, load: float = 100.0, lanes: int = 4) -> Crewed:
    return site(code, km, queue=queue, load=load, lanes=lanes)


def idle(code: str = "idle", km: float = 1.0, *, load: float = 20.0, lanes: int = 4) -> Crewed:
    return site(code, km, load=load, lanes=lanes)


@pytest.mark.parametrize(
    ("giver", "lanes"),
    [
        (idle(), 3),
        (idle(load=45), 1),
        (idle(lanes=1), 0),
        (idle(load=0), 3),
        (site("busy", load=50), 0),
        (site("calm", load=20, queue=15), 3),
        (site("queueing", load=20, queue=16), 0),
    ],
)
def test_a_site_gives_what_it_can_do_without(giver, lanes):
    assert spare(giver, LIMITS) == lanes


@pytest.mark.parametrize(
    ("taker", "lanes"),
    [
        (crowded(queue=30), 0),
        (crowded(queue=45), 2),
        (crowded(queue=31), 1),
        (crowded(queue=60, lanes=1), 1),
        # Three more would bring it to its limit; the people who wait keep two busy.
        (crowded(queue=120, load=10, lanes=1), 2),
        (crowded(queue=60, load=0), 0),
    ],
)
def test_a_site_gets_what_brings_its_queue_to_the_limit(taker, lanes):
    assert wanted(taker, LIMITS) == lanes


def test_a_move_tells_what_it_gains_and_what_it_leaves():
    (move,) = propose_moves([crowded(), idle()], LIMITS)
    assert (move.source.place.code, move.target.place.code, move.teams) == ("idle", "full", 2)
    assert (move.metres, move.minutes) == (1000, 13)
    assert move.gained == 200
    assert move.queue_after == 30
    assert move.source_load == 40


def test_the_nearer_of_two_equal_sites_gives():
    moves = propose_moves([crowded(queue=31), idle("far", 3.0), idle("near", 1.0)], LIMITS)
    assert [move.source.place.code for move in moves] == ["near"]


def test_nobody_is_sent_further_than_the_limit():
    assert propose_moves([crowded(), idle(km=5.1)], LIMITS) == ()
    assert propose_moves([crowded(), idle(km=5.1)], Limits(move_metres=6000))


@pytest.mark.parametrize("limits", [Limits(queue_minutes=0), Limits(lane_hour=0), Limits(idle_share=0.0)])
def test_without_limits_there_are_no_moves(limits):
    assert propose_moves([crowded(), idle()], limits) == ()


@st.composite
def districts(draw: st.DrawFn) -> list[Crewed]:
    # On a line, so that distances are easy to see when a case fails.
    ways = st.floats(0, 6, allow_nan=False)
    fulls = [
        crowded(f"F{i}", draw(ways), queue=draw(st.integers(31, 90)), load=draw(st.integers(30, 150)),
                lanes=draw(st.integers(1, 4)))
        for i in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    idles = [
        idle(f"I{i}", draw(ways), load=draw(st.integers(0, 49)), lanes=draw(st.integers(1, 3)))
        for i in range(draw(st.integers(0, 3)))
    ]
    return fulls + idles


def value(source: Crewed, target: Crewed) -> float:
    metres = math.dist(source.xy, target.xy)
    if metres > LIMITS.move_metres:
        return 0.0
    return max(0.0, min(rate(target, LIMITS), target.waiting) * (1 - travel(metres) / 60))


def by_trying(sites: list[Crewed]) -> float:
    givers = [one for one in sites if spare(one, LIMITS)]
    takers = [one for one in sites if wanted(one, LIMITS)]
    pairs = list(product(givers, takers))
    best = 0.0
    for teams in product(range(3), repeat=len(pairs)):
        gone = {one.place.code: 0 for one in sites}
        for (source, target), n in zip(pairs, teams, strict=True):
            gone[source.place.code] += n
            gone[target.place.code] += n
        allowed = all(gone[one.place.code] <= spare(one, LIMITS) for one in givers)
        if allowed and all(gone[one.place.code] <= wanted(one, LIMITS) for one in takers):
            best = max(best, sum(n * value(s, t) for (s, t), n in zip(pairs, teams, strict=True)))
    return best


@settings(deadline=None, max_examples=40)
@given(districts())
def test_the_moves_together_gain_most(sites):
    moves = propose_moves(sites, LIMITS)
    assert sum(m.teams * value(m.source, m.target) for m in moves) >= by_trying(sites) - 1e-6


@settings(deadline=None, max_examples=60)
@given(districts())
def test_nobody_gives_or_gets_more_than_the_rules_allow(sites):
    moves = propose_moves(sites, LIMITS)
    for one in sites:
        given_away = sum(m.teams for m in moves if m.source is one)
        received = sum(m.teams for m in moves if m.target is one)
        assert given_away <= spare(one, LIMITS)
        assert received <= wanted(one, LIMITS)
        assert not (given_away and received)
    for move in moves:
        assert move.queue_after < move.target.queue_minutes
        assert move.source_load <= max(move.source.load, team_moves.FILLED * LIMITS.lane_hour) + 0.5
        assert move.gained > 0
