"""Where the next sites reach most people: the maximal covering location problem.

R. Church, C. ReVelle, "The maximal covering location problem", Papers of the Regional Science Association 32 (1974):
of all candidates choose k so that the people of the cells that at least one of them reaches are most,

    max Σ persons(i)·y(i)   where   y(i) ≤ Σ x(j) over the candidates j that reach i,   Σ x(j) ≤ k,   x(j) ∈ {0, 1}.

A greedy choice with exchanges comes first. It takes milliseconds, is never below 1 − 1/e (63 %) of the best
(G. Nemhauser, L. Wolsey, M. Fisher 1978), and tells how far above it the best can be at most: whatever else is chosen
adds no more than the k largest gains that are left, and a Lagrangean relaxation mostly tells it nearer. Then HiGHS
(`highspy`, as in docs/decisions/0018) starts from it and proves the best among all candidates that could be part of a
better choice, where these are few enough to be answered for while somebody waits; else the greedy choice stands with
its bound. Which of them it was, and the gap, go on the screen.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data.geo.coverage import Flags, Floats, Ints, Reach, lists
from domain.suggestions import Method

SECONDS = 2.0
"""Longest time for the solver; what it has by then stands, with the gap it could not close."""

SOLVABLE = 120_000
"""Pairs of a candidate and a cell up to which the solver is asked."""

HALF_A_PERSON = 0.5
"""A choice that is less than this from the best is the best: people are whole."""

STEPS = 60
"""Steps in which the bound is brought down."""

ROUNDS = 4
"""Times each place of a greedy choice is tried for an exchange."""


@dataclass(frozen=True, slots=True)
class Siting:
    """The candidates chosen, those that add most first. `gains` are the persons each adds to those before it, `bound`
    what no choice of as many can exceed."""

    chosen: tuple[int, ...]
    gains: tuple[float, ...]
    bound: float
    method: Method

    @property
    def gained(self) -> float:
        return sum(self.gains)

    @property
    def gap(self) -> float:
        """How much more the best could gain at most, as a share of the bound; 0 where this is the best."""
        missing = self.bound - self.gained
        return missing / self.bound if missing >= HALF_A_PERSON else 0.0


def best_sites(reach: Reach, persons: Floats, k: int, seconds: float = SECONDS) -> Siting:
    """The k candidates that reach most of `persons`, one number per cell (0 for whoever is covered already). Fewer
    than k where others would add nobody. With `seconds` 0 the solver is never asked."""
    start = greedy(reach, persons, k)
    if start.gap == 0.0:
        return replace(start, method=Method.EXACT)
    if seconds <= 0:
        return start
    bound, helpful = _relaxed(reach, persons, k, start)
    start = replace(start, bound=max(bound, start.gained))
    if start.gap == 0.0:
        return replace(start, method=Method.EXACT)
    small = _only(reach, helpful, persons > 0)
    if len(small.indices) > SOLVABLE:
        return start
    numbers = np.flatnonzero(helpful)
    place = {int(number): index for index, number in enumerate(numbers)}
    solved = _solved(small, persons, k, [place[j] for j in start.chosen], seconds)
    if solved is None:
        return start
    chosen, bound = [int(numbers[j]) for j in solved[0]], min(solved[1], start.bound)
    if total(reach, persons, chosen) <= start.gained:
        # Stopped before it found anything better; its bound is news all the same.
        chosen = list(start.chosen)
    ordered, gains = in_order(reach, persons, chosen)
    bound = max(bound, sum(gains))
    method = Method.EXACT if bound - sum(gains) < HALF_A_PERSON else Method.STOPPED
    return Siting(ordered, gains, bound, method)


def greedy(reach: Reach, persons: Floats, k: int) -> Siting:
    """One after another what adds most (of equals the first), then exchanges while one of them gains."""
    owners = reach.owner

    def left(chosen: list[int]) -> Floats:
        rest = persons.copy()
        for j in chosen:
            rest[reach.of(j)] = 0.0
        return rest

    def adds(rest: Floats) -> Floats:
        return np.asarray(np.bincount(owners, rest[reach.indices], points(reach)), np.float64)

    chosen: list[int] = []
    gained, bound = 0.0, min(float(persons.sum()), _largest(adds(persons), k))
    for _ in range(min(k, points(reach))):
        gains = adds(left(chosen))
        bound = min(bound, gained + _largest(gains, k))
        best = int(gains.argmax())
        if gains[best] <= 0:
            break
        chosen.append(best)
        gained += float(gains[best])
    for _ in range(ROUNDS):
        changed = False
        for index in range(len(chosen)):
            others = chosen[:index] + chosen[index + 1 :]
            gains = adds(left(others))
            best = int(gains.argmax())
            if gains[best] > gains[chosen[index]] + 1e-6:
                chosen[index], changed = best, True
        if not changed:
            break
    if chosen:
        bound = min(bound, total(reach, persons, chosen) + _largest(adds(left(chosen)), k))
    ordered, added = in_order(reach, persons, chosen)
    return Siting(ordered, added, max(bound, sum(added)), Method.GREEDY)


def total(reach: Reach, persons: Floats, chosen: list[int]) -> float:
    """The persons that any of the chosen reaches, each once."""
    reached = np.zeros(len(persons), dtype=bool)
    for j in chosen:
        reached[reach.of(j)] = True
    return float(persons[reached].sum())


def in_order(reach: Reach, persons: Floats, chosen: list[int]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """The chosen so that each adds as much as it can to those before it, and what each adds. Who adds nobody is left
    out, so that the gains sum up to `total`."""
    rest, waiting = persons.copy(), sorted(chosen)
    order: list[int] = []
    gains: list[float] = []
    while waiting:
        added = [float(rest[reach.of(j)].sum()) for j in waiting]
        best = max(range(len(waiting)), key=added.__getitem__)
        if added[best] <= 0:
            break
        order.append(waiting.pop(best))
        gains.append(added[best])
        rest[reach.of(order[-1])] = 0.0
    return tuple(order), tuple(gains)


def thinned(xy: Floats, edge: float) -> Flags:
    """Of points nearer together than `edge` metres one for each square of that edge, the one nearest its middle: a
    fine grid has more candidates than differ in whom they reach."""
    squares = np.floor(xy / edge)
    away = ((xy / edge - squares - 0.5) ** 2).sum(axis=1)
    order = np.lexsort((away, squares[:, 1], squares[:, 0]))
    ordered = squares[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    kept = np.zeros(len(xy), dtype=bool)
    kept[order[first]] = True
    return kept


def _relaxed(reach: Reach, persons: Floats, k: int, start: Siting) -> tuple[float, Flags]:
    """What no choice of k can exceed, and the candidates that may be in a choice better than `start` (its own
    stay too). Each cell pays every candidate that reaches it a part of its persons and keeps the rest, so that no
    choice is worth more than what is kept and the k candidates paid best; a cell that several of these reach pays
    less from then on (Lagrangean relaxation, R. Galvão, C. ReVelle, European Journal of Operational Research 88,
    1996)."""
    owners = reach.owner
    paid = np.where(np.isin(np.arange(len(persons)), reach.indices), persons, 0.0)
    reached = paid.copy()
    bound, eager = start.bound, 1.0
    kept: Flags = np.ones(points(reach), dtype=bool)
    for _ in range(STEPS):
        worth = np.bincount(owners, paid[reach.indices], points(reach))
        best = np.argpartition(worth, max(0, len(worth) - k))[-k:]
        least = float(worth[best].min())
        limit = float((reached - paid).sum() + worth[best].sum())
        kept &= limit - least + np.minimum(worth, least) > start.gained + HALF_A_PERSON / 2
        # Once it no longer comes down, smaller steps.
        eager = eager if limit < bound - HALF_A_PERSON else eager * 0.7
        bound = min(bound, limit)
        if bound - start.gained < HALF_A_PERSON:
            break
        times = np.zeros(len(persons))
        for j in best:
            times[reach.of(int(j))] += 1.0
        down = times - (reached > paid)
        length = float((down**2)[(paid > 0) | (down < 0)].sum())
        if not length:
            break
        paid = np.clip(paid - eager * (limit - start.gained) / length * down, 0.0, reached)
    kept[list(start.chosen)] = True
    return bound, kept


def points(reach: Reach) -> int:
    """How many candidates there are."""
    return len(reach.indptr) - 1


def _only(reach: Reach, candidates: Flags, cells: Flags) -> Reach:
    """The same with fewer candidates and without the pairs of other cells; cells keep their numbers."""
    owner = reach.owner
    kept = candidates[owner] & cells[reach.indices]
    numbers = np.cumsum(candidates) - 1
    return lists(numbers[owner[kept]], reach.indices[kept], int(candidates.sum()))


def _largest(gains: Floats, k: int) -> float:
    if len(gains) <= k:
        return float(gains.sum())
    return float(np.partition(gains, len(gains) - k)[-k:].sum())


def _solved(
    reach: Reach, persons: Floats, k: int, start: list[int], seconds: float
) -> tuple[list[int], float] | None:
    """The solver's choice and its bound, or None where it has neither."""
    import highspy  # here, since only a process that is asked for suggestions needs the solver

    begin, members, weights = _demand(reach, persons)
    candidates, groups = points(reach), len(weights)
    # Rows: y(g) − Σ x(j) ≤ 0 for each group of cells, then Σ x(j) ≤ k. Columns: x, then y.
    rows = [np.concatenate([members[begin[g] : begin[g + 1]], [candidates + g]]) for g in range(groups)]
    rows.append(np.arange(candidates))
    values = [np.concatenate([-np.ones(len(row) - 1), [1.0]]) for row in rows[:-1]]
    values.append(np.ones(candidates))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = candidates + groups, groups + 1
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = np.concatenate([np.zeros(candidates), weights])
    model.col_lower_, model.col_upper_ = np.zeros(candidates + groups), np.ones(candidates + groups)
    model.row_lower_ = np.full(groups + 1, -highspy.kHighsInf)
    model.row_upper_ = np.concatenate([np.zeros(groups), [float(k)]])
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int32)
    model.a_matrix_.index_ = np.concatenate(rows).astype(np.int32)
    model.a_matrix_.value_ = np.concatenate(values)
    model.integrality_ = [highspy.HighsVarType.kInteger] * candidates + [highspy.HighsVarType.kContinuous] * groups
    solver = highspy.Highs()
    # Looking for simplifications takes it ten times as long here as the answer.
    for option, value in (("output_flag", False), ("time_limit", seconds), ("threads", 1), ("presolve", "off"),
                          ("mip_rel_gap", 0.0), ("mip_abs_gap", HALF_A_PERSON / 2)):  # fmt: skip
        solver.setOptionValue(option, value)
    solver.passModel(model)
    known = highspy.HighsSolution()
    known.col_value = _as_solution(begin, members, start, candidates, groups)
    solver.setSolution(known)
    solver.run()
    found = list(solver.getSolution().col_value)
    if not found:
        return None
    return [j for j in range(candidates) if found[j] > 0.5][:k], float(solver.getInfo().mip_dual_bound)


def _demand(reach: Reach, persons: Floats) -> tuple[Ints, Ints, Floats]:
    """The cells by whom they are reached by, those that nobody tells apart as one: (begin, candidates, persons)."""
    order = np.argsort(reach.indices, kind="stable")
    owners, cells = reach.owner[order], reach.indices[order]
    together: dict[bytes, list[Any]] = {}
    edges = np.flatnonzero(np.diff(cells)) + 1
    for members in np.split(np.arange(len(cells)), edges) if len(cells) else []:
        own = owners[members]
        group = together.setdefault(own.tobytes(), [own, 0.0])
        group[1] += float(persons[cells[members[0]]])
    lists = [group[0] for group in together.values()]
    begin = np.concatenate([[0], np.cumsum([len(own) for own in lists])]).astype(np.int64)
    members = np.concatenate(lists) if lists else np.zeros(0, dtype=np.int64)
    return begin, members, np.array([group[1] for group in together.values()])


def _as_solution(begin: Ints, members: Ints, start: list[int], candidates: int, groups: int) -> list[float]:
    """What the solver begins with."""
    taken = np.zeros(candidates)
    taken[start] = 1.0
    reached = [float(taken[members[begin[g] : begin[g + 1]]].any()) for g in range(groups)]
    return [*taken.tolist(), *reached]
