"""Which cells of a population grid sites reach, and into what the others merge. Metres of a plane throughout."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CIRCLE_SEGMENTS = 12
"""Corners of a quarter of a drawn circle: at 800 m the line is within 2 m of the true one."""

DIGITS = 6
"""Of persons, when two groups are compared."""

SEAM = 1.01
"""By how much squares are drawn larger, so that those of a grid laid out in another plane touch all the same."""

MOVED = 0.5
"""Metres below which a site has not moved."""


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """A list of cells for each point, one after the other: those of point `i` are
    `indices[indptr[i]:indptr[i + 1]]`, in rising order."""

    indptr: Ints
    indices: Ints

    def of(self, point: int) -> Ints:
        return self.indices[self.indptr[point] : self.indptr[point + 1]]

    @property
    def owner(self) -> Ints:
        """The point each of `indices` belongs to."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))


def lists(owner: Ints, member: Ints, owners: int) -> Reach:
    """Pairs of a point and a cell as lists."""
    order = np.lexsort((member, owner))
    indptr = np.zeros(owners + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=owners), out=indptr[1:])
    return Reach(indptr, np.asarray(member[order], np.int64))


def reach_matrix(points_xy: Floats, cells_xy: Floats, metres: float) -> Reach:
    """The cells whose centres are at most `metres` from each point, as the crow flies."""
    return _within(STRtree(shapely.points(cells_xy)), points_xy, metres)


def _within(tree: STRtree, points_xy: Floats, metres: float) -> Reach:
    if not len(points_xy):
        return Reach(np.zeros(1, np.int64), np.empty(0, np.int64))
    owner, member = tree.query(shapely.points(points_xy), predicate="dwithin", distance=metres)
    return lists(owner, member, len(points_xy))


ByRoad = Callable[[Floats, Floats, STRtree, float], Reach]
"""The cells (centres, and the index of these) within a distance of points along roads, see `Network.reach`."""


class Grid:
    """The cells of one version of the population, by straight line or, with `by_road`, along roads. `persons` is 0
    where nobody knows it, `known` says where that is."""

    def __init__(self, xy: Floats, persons: Floats, by_road: ByRoad | None = None) -> None:
        self.xy = xy
        self.known: Flags = ~np.isnan(persons)
        self.persons: Floats = np.where(self.known, persons, 0.0)
        self.by_road = by_road
        self._around: dict[int, Ints] = {}

    def __len__(self) -> int:
        return len(self.xy)

    @cached_property
    def tree(self) -> STRtree:
        return STRtree(shapely.points(self.xy))

    @cached_property
    def spacing(self) -> float:
        """How far a centre is from the next, as a rule, metres."""
        if len(self) < 2:
            return 0.0
        _, metres = self.tree.query_nearest(self.tree.geometries, exclusive=True, return_distance=True)
        return float(np.median(metres))

    def reach(self, points_xy: Floats, metres: float) -> Reach:
        """The cells within `metres` of each point."""
        if self.by_road is not None:
            return self.by_road(points_xy, self.xy, self.tree, metres)
        return _within(self.tree, points_xy, metres)

    def around(self, cells: Ints, metres: float) -> Reach:
        """The cells a site at the centre of each of `cells` would reach, itself always one of them."""
        if self.by_road is None:
            return _within(self.tree, self.xy[cells], metres)
        # Walking the roads takes longer than remembering where they led; a grid is asked for one distance.
        new = np.array([cell for cell in cells if cell not in self._around], np.int64)
        reach = self.reach(self.xy[new], metres)
        self._around.update((int(cell), np.union1d(reach.of(index), [cell])) for index, cell in enumerate(new))
        found = [self._around[cell] for cell in cells]
        indptr = np.concatenate([[0], np.cumsum([len(part) for part in found])]).astype(np.int64)
        return Reach(indptr, np.concatenate(found) if found else np.empty(0, np.int64))


class Reached:
    """What each site of a set reaches, whether it is open or not. `at` says where the sites stand, by id."""

    def __init__(self, grid: Grid, metres: float, at: Mapping[int, tuple[float, float]]) -> None:
        self.grid = grid
        self.metres = metres
        self.at = dict(at)
        self._cells = self._find(self.at)

    def _find(self, at: Mapping[int, tuple[float, float]]) -> dict[int, Ints]:
        reach = self.grid.reach(np.array(list(at.values()), np.float64).reshape(-1, 2), self.metres)
        return {site: reach.of(index) for index, site in enumerate(at)}

    def moved(self, at: Mapping[int, tuple[float, float]]) -> "Reached":
        """The same with sites elsewhere, added or gone: only those that differ are looked for."""
        new = {site: xy for site, xy in at.items() if site not in self.at or _apart(xy, self.at[site])}
        other = object.__new__(Reached)
        other.grid, other.metres, other.at = self.grid, self.metres, dict(at)
        found = self._find(new) if new else {}
        other._cells = {site: found[site] if site in found else self._cells[site] for site in at}
        return other

    def counts(self, sites: frozenset[int]) -> Ints:
        """How many of `sites` reach each cell."""
        parts = [self._cells[site] for site in sites if site in self._cells]
        together = np.concatenate(parts) if parts else np.empty(0, np.int64)
        return np.bincount(together, minlength=len(self.grid))

    def cells(self, site: int) -> Ints:
        """The cells a site reaches."""
        return self._cells[site]


def _apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1])) > MOVED


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Cells one new site at the centre of the cell `seed` would reach. `members` are indices of cells."""

    seed: int
    members: Ints
    persons: float


class Groups:
    """Cells that no site reaches, merged into groups, the one with most persons first.

    Where most people live within `metres` of one cell's centre, a group takes all of them; of what is left the next
    one is taken, and so on (of equal ones the lower index first).
    """

    def __init__(self, grid: Grid, candidates: Flags, metres: float) -> None:
        self._start(grid, candidates, metres, _merge(grid, np.flatnonzero(candidates), metres))

    def _start(self, grid: Grid, candidates: Flags, metres: float, found: list[Group]) -> None:
        self.grid, self.candidates, self.metres = grid, candidates, metres
        self.found = sorted(found, key=lambda group: (-round(group.persons, DIGITS), group.seed))

    def changed(self, candidates: Flags) -> "Groups":
        """The same for other candidates. Merged anew is only what hangs together with a cell that differs: a chain
        of candidates each within `metres` of the next, since nothing outside of it can feel the change."""
        differing = np.flatnonzero(candidates != self.candidates)
        touched = candidates & False
        frontier = differing
        while len(frontier):
            reached = np.unique(self.grid.around(frontier, self.metres).indices)
            frontier = reached[candidates[reached] & ~touched[reached]]
            touched[frontier] = True
        gone = touched.copy()
        gone[differing] = True
        other = object.__new__(Groups)
        kept = [group for group in self.found if not gone[group.seed]]
        other._start(
            self.grid, candidates, self.metres, kept + _merge(self.grid, np.flatnonzero(touched), self.metres)
        )
        return other


def _merge(grid: Grid, candidates: Ints, metres: float) -> list[Group]:
    """Groups of candidates. Those whose surroundings do not meet cannot change each other, so every round takes all
    that are the greatest of their surroundings at once: the result is that of taking them one by one, at a fraction
    of the time."""
    owner, member = _pairs(grid, candidates, metres)
    count = len(candidates)
    weight = grid.persons[candidates]
    alive = np.ones(count, np.bool_)
    found: list[Group] = []
    while len(owner):
        score = np.bincount(owner, weight[member], count)
        rank = np.empty(count, np.int64)
        # Rounded, so that the order in which fractions are added decides nothing.
        rank[np.lexsort((-np.arange(count), np.round(score, DIGITS)))] = np.arange(count)
        rank[~alive] = -1
        near = _greatest(member, rank[owner], count)
        seeds = alive & (_greatest(owner, near[member], count) == rank)
        taken = seeds[owner]
        cuts = np.flatnonzero(np.diff(owner[taken])) + 1
        for seed, members in zip(np.flatnonzero(seeds), np.split(member[taken], cuts), strict=True):
            found.append(Group(int(candidates[seed]), candidates[members], float(weight[members].sum())))
        alive[member[taken]] = False
        keep = alive[owner] & alive[member]
        owner, member = owner[keep], member[keep]
    return found


def _greatest(index: Ints, values: Ints, count: int) -> Ints:
    """The greatest of the values that share an index; −1 where none does."""
    greatest = np.full(count, -1)
    np.maximum.at(greatest, index, values)
    return greatest


def _pairs(grid: Grid, candidates: Ints, metres: float) -> tuple[Ints, Ints]:
    """Pairs of candidates within reach of each other, both as indices of `candidates`, ordered by the first."""
    own = np.full(len(grid), -1)
    own[candidates] = np.arange(len(candidates))
    around = grid.around(candidates, metres)
    owner, member = around.owner, own[around.indices]
    kept = member >= 0
    return owner[kept], member[kept]


def nearest(points_xy: Floats, sites_xy: Floats) -> tuple[Ints, Floats]:
    """The site nearest to each point as the crow flies, and how far away it is; there must be a site."""
    tree = STRtree(shapely.points(sites_xy))
    found, metres = tree.query_nearest(shapely.points(points_xy), return_distance=True, all_matches=False)
    return np.asarray(found[1], np.int64), np.asarray(metres, np.float64)


def dissolved(sites_xy: Floats, metres: float) -> list[Floats]:
    """The area within `metres` of any site as rings: outsides counter-clockwise, holes clockwise.

    Circles that touch are dissolved together and the result is kept, so that a site that moves costs no more than
    the circles it hangs together with."""
    if not len(sites_xy):
        return []
    near = reach_matrix(sites_xy, sites_xy, 2 * metres)
    part = np.arange(len(sites_xy))
    while True:
        least = part.copy()
        np.minimum.at(least, near.owner, part[near.indices])
        least = least[least]
        if np.array_equal(least, part):
            break
        part = least
    order = np.argsort(part, kind="stable")
    pieces = np.split(sites_xy[order], np.flatnonzero(np.diff(part[order])) + 1)
    return [ring for piece in pieces for ring in _dissolved(piece.tobytes(), metres)]


@lru_cache(maxsize=16_384)
def _dissolved(sites_xy: bytes, metres: float) -> tuple[Floats, ...]:
    points = shapely.points(np.frombuffer(sites_xy, np.float64).reshape(-1, 2))
    return tuple(_rings(shapely.unary_union(shapely.buffer(points, metres, quad_segs=CIRCLE_SEGMENTS))))


def merged_squares(centres_xy: Floats, half: Floats) -> list[Floats]:
    """Squares around centres, `half` their edges, as rings of what they cover together."""
    x, y, half = centres_xy[:, 0], centres_xy[:, 1], half * SEAM
    return _rings(shapely.unary_union(shapely.box(x - half, y - half, x + half, y + half)))


def _rings(area: shapely.Geometry) -> list[Floats]:
    parts = shapely.get_parts(shapely.orient_polygons(area, exterior_cw=False))
    lines = shapely.get_rings(parts[~shapely.is_empty(parts)])
    return [np.asarray(shapely.get_coordinates(line), np.float64) for line in lines]
