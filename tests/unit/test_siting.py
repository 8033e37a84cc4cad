"""Choosing the next sites: the solver against trying everything, the greedy choice against its bounds."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.geo import siting
from data.geo.coverage import Reach
from data.geo.siting import best_sites, greedy, in_order, points, thinned, total
from domain.suggestions import Method

CELLS = 9


def reach_of(lists: list[list[int]]) -> Reach:
    begin = np.concatenate([[0], np.cumsum([len(own) for own in lists])]).astype(np.int64)
    return Reach(begin, np.array([cell for own in lists for cell in own], np.int64))


@st.composite
def questions(draw: st.DrawFn) -> tuple[Reach, np.ndarray, int]:
    own = st.lists(st.integers(0, CELLS - 1), max_size=5, unique=True)
    lists = draw(st.lists(own, min_size=1, max_size=8))
    persons = draw(st.lists(st.integers(0, 900), min_size=CELLS, max_size=CELLS))
    return reach_of(lists), np.array(persons, np.float64), draw(st.integers(1, 5))


def by_trying(reach: Reach, persons: np.ndarray, k: int) -> float:
    every = range(points(reach))
    most = min(k, points(reach))
    return max(total(reach, persons, list(chosen)) for chosen in combinations(every, most))


def trap() -> tuple[Reach, np.ndarray]:
    """The candidate that reaches most is in the way of the two that reach all."""
    return reach_of([[0, 1, 4], [0, 1, 2], [3, 4, 5]]), np.array([10, 10, 9, 9, 11, 10], np.float64)


@settings(deadline=None, max_examples=60)
@given(questions())
def test_the_choice_is_the_best_there_is(question):
    reach, persons, k = question
    found = best_sites(reach, persons, k)
    assert found.method is Method.EXACT
    assert found.gap == 0.0
    assert found.gained == pytest.approx(by_trying(reach, persons, k), abs=0.5)


@settings(deadline=None, max_examples=150)
@given(questions())
def test_greedy_is_within_its_bounds(question):
    reach, persons, k = question
    best = by_trying(reach, persons, k)
    found = greedy(reach, persons, k)
    assert found.gained <= best + 1e-6
    assert found.gained >= (1 - 1 / np.e) * best - 1e-6
    assert found.bound >= best - 1e-6


@settings(deadline=None, max_examples=60)
@given(questions())
def test_what_is_said_to_be_gained_is_what_the_chosen_reach(question):
    reach, persons, k = question
    for found in (greedy(reach, persons, k), best_sites(reach, persons, k)):
        assert found.gained == pytest.approx(total(reach, persons, list(found.chosen)))
        assert list(found.gains) == sorted(found.gains, reverse=True)
        assert all(gain > 0 for gain in found.gains)
        assert len(set(found.chosen)) == len(found.chosen) <= k


@settings(deadline=None, max_examples=40)
@given(questions())
def test_one_place_more_never_reaches_fewer(question):
    reach, persons, _ = question
    gained = [best_sites(reach, persons, k).gained for k in range(1, 5)]
    assert all(fewer <= more + 0.5 for fewer, more in pairwise(gained))


def test_the_solver_is_never_worse_than_the_greedy_choice_and_finds_what_it_misses():
    rng = np.random.default_rng(6)
    xy = rng.uniform(0, 6000, (240, 2))
    near = np.linalg.norm(xy[:, None] - xy[None], axis=2) <= 800
    reach = reach_of([np.flatnonzero(row).tolist() for row in near])
    persons = rng.integers(1, 400, 240).astype(np.float64)
    for k in (1, 4, 10):
        quick, found = greedy(reach, persons, k), best_sites(reach, persons, k, 20.0)
        assert quick.gained <= found.gained <= quick.bound + 0.5


def test_a_trap_for_the_greedy_choice_is_got_out_of_by_exchanges():
    reach, persons = trap()
    # Largest first takes 31 of (0, 1, 4), then 19; the others reach all 59.
    assert greedy(reach, persons, 2).gained == 59
    assert best_sites(reach, persons, 2).chosen == (2, 1)


def test_a_question_too_large_for_the_solver_says_so_with_its_gap(monkeypatch):
    monkeypatch.setattr(siting, "SOLVABLE", 0)
    # Four candidates, a cell for every two of them: two reach five of the six cells, the quick bound allows all six.
    reach = reach_of([[0, 1, 2], [0, 3, 4], [1, 3, 5], [2, 4, 5]])
    found = best_sites(reach, np.full(6, 10.0), 2)
    assert (found.method, found.gained, found.bound) == (Method.GREEDY, 50.0, 60.0)
    assert found.gap == pytest.approx(1 / 6)
    monkeypatch.setattr(siting, "SOLVABLE", 100)
    found = best_sites(reach, np.full(6, 10.0), 2)
    assert (found.method, found.gained, found.gap) == (Method.EXACT, 50.0, 0.0)


def test_a_solver_out_of_time_keeps_the_greedy_choice(monkeypatch):
    reach, persons = trap()
    monkeypatch.setattr(siting, "_solved", lambda *_: None)
    assert best_sites(reach, persons, 2).gained == greedy(reach, persons, 2).gained


def test_nobody_to_reach_is_no_suggestion():
    reach = reach_of([[0, 1], [2]])
    assert best_sites(reach, np.zeros(3), 3).chosen == ()
    assert best_sites(reach_of([]), np.ones(3), 3).chosen == ()
    assert best_sites(reach_of([[], []]), np.ones(3), 3).chosen == ()


def test_people_are_counted_once_however_many_reach_them():
    order, gains = in_order(reach_of([[0, 1], [1, 2]]), np.array([5.0, 10.0, 1.0]), [0, 1])
    assert (order, gains) == ((0, 1), (15.0, 1.0))


def test_of_a_fine_grid_one_candidate_a_square_is_kept():
    xy = np.stack(np.meshgrid(np.arange(50.0, 800, 100), np.arange(50.0, 800, 100)), axis=-1).reshape(-1, 2)
    assert thinned(xy, 200.0).sum() == 16
    assert thinned(xy, 50.0).all()
