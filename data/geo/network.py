"""Distances along roads: how far people walk where a network is known."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from data.geo.coverage import Reach, lists

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

JOIN = 1.0
"""Ends of roads nearer than this, in metres, are the same crossing: files round their corners."""


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """Where points meet the roads: the nearest road of each (−1: there is none near enough), how far along it, and
    how far the point is from it, metres."""

    road: Ints
    along: Floats
    off: Floats


class Network:
    """Roads people walk in both directions, as straight pieces `x1 y1 x2 y2` in metres of a plane.

    The way between two points is the straight line to the nearest road, the shortest way along the roads and the
    straight line off them. It is never shorter than the straight line between the points.
    """

    def __init__(self, edges_xy: Floats) -> None:
        ends = np.round(edges_xy.reshape(-1, 2) / JOIN).astype(np.int64)
        _, node = np.unique(ends, axis=0, return_inverse=True)
        pairs = node.reshape(-1, 2)
        length = np.hypot(edges_xy[:, 2] - edges_xy[:, 0], edges_xy[:, 3] - edges_xy[:, 1])
        # A piece shorter than the rounding is a crossing, not a road.
        real = pairs[:, 0] != pairs[:, 1]
        self._ends: list[tuple[int, int]] = [(int(a), int(b)) for a, b in pairs[real]]
        self._length: list[float] = length[real].tolist()
        self._lines = shapely.linestrings(edges_xy[real].reshape(-1, 2, 2))
        self._tree = STRtree(self._lines)
        self._next: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for (a, b), metres in zip(self._ends, self._length, strict=True):
            self._next[a].append((b, metres))
            self._next[b].append((a, metres))

    def enter(self, points_xy: Floats, metres: float = inf) -> _Entries:
        """Where points meet the roads that are at most `metres` away."""
        road = np.full(len(points_xy), -1, np.int64)
        along, off = np.zeros(len(points_xy)), np.zeros(len(points_xy))
        if len(points_xy) and len(self._lines):
            points = shapely.points(points_xy)
            found = self._tree.query_nearest(
                points, max_distance=None if metres == inf else metres, all_matches=False
            )
            at, lines = points[found[0]], self._lines[found[1]]
            road[found[0]] = found[1]
            along[found[0]] = shapely.line_locate_point(lines, at)
            off[found[0]] = shapely.distance(lines, at)
        return _Entries(road, along, off)

    def reach(self, points_xy: Floats, cells_xy: Floats, cells: STRtree, metres: float) -> Reach:
        """The cells whose centres are at most `metres` from each point along the roads. `cells` is the index of
        their centres: no way is shorter than the straight line, which leaves few to look at."""
        owner, member = (
            cells.query(shapely.points(points_xy), predicate="dwithin", distance=metres)
            if len(points_xy)
            else (np.empty(0, np.int64), np.empty(0, np.int64))
        )
        near = np.unique(member)
        entries, exits = self.enter(points_xy, metres), self.enter(cells_xy[near], metres)
        place = np.searchsorted(near, member)
        within = np.zeros(len(owner), np.bool_)
        order = np.argsort(owner, kind="stable")
        for pairs in np.split(order, np.flatnonzero(np.diff(owner[order])) + 1):
            if not len(pairs) or entries.road[owner[pairs[0]]] < 0:
                continue
            point = int(owner[pairs[0]])
            reached = self._walk(self._start(entries, [point]), metres)
            for pair in pairs:
                within[pair] = self._way(entries, point, reached, exits, int(place[pair])) <= metres
        return lists(owner[within], member[within], len(points_xy))

    def nearest(self, points_xy: Floats, sites_xy: Floats) -> tuple[Ints, Floats]:
        """The site nearest to each point along the roads and how far the way is; −1 and infinity where no way leads
        to one."""
        entries, exits = self.enter(sites_xy), self.enter(points_xy)
        reached = self._walk(self._start(entries, range(len(sites_xy))), inf)
        by_road: dict[int, list[int]] = defaultdict(list)
        for site, road in enumerate(entries.road):
            by_road[int(road)].append(site)
        found, metres = np.full(len(points_xy), -1, np.int64), np.full(len(points_xy), inf)
        for index in range(len(points_xy)):
            road = int(exits.road[index])
            if road < 0:
                continue
            options = [
                (reached[node][0] + part, reached[node][1])
                for node, part in self._parts(road, float(exits.along[index]))
                if node in reached
            ]
            options += [
                (abs(float(entries.along[site] - exits.along[index])) + float(entries.off[site]), site)
                for site in by_road.get(road, ())
            ]
            if options:
                way, found[index] = min(options)
                metres[index] = way + exits.off[index]
        return found, metres

    def _parts(self, road: int, along: float) -> tuple[tuple[int, float], tuple[int, float]]:
        """The ends of a road and how far they are from a point on it."""
        (a, b), length = self._ends[road], self._length[road]
        return (a, along), (b, length - along)

    def _start(self, entries: _Entries, points: Iterable[int]) -> list[tuple[float, int, int]]:
        """Distance, crossing and point where walks from points begin."""
        return [
            (float(entries.off[point]) + part, node, point)
            for point in points
            if entries.road[point] >= 0
            for node, part in self._parts(int(entries.road[point]), float(entries.along[point]))
        ]

    def _walk(self, begin: list[tuple[float, int, int]], metres: float) -> dict[int, tuple[float, int]]:
        """Dijkstra's shortest ways to the crossings within `metres`: how far, and from which point."""
        reached: dict[int, tuple[float, int]] = {}
        waiting: list[tuple[float, int, int]] = []
        for entry in begin:
            if entry[0] <= metres:
                heappush(waiting, entry)
        while waiting:
            so_far, node, point = heappop(waiting)
            if node in reached:
                continue
            reached[node] = (so_far, point)
            for beyond, length in self._next[node]:
                if beyond not in reached and so_far + length <= metres:
                    heappush(waiting, (so_far + length, beyond, point))
        return reached

    def _way(
        self, entries: _Entries, point: int, reached: dict[int, tuple[float, int]], exits: _Entries, cell: int
    ) -> float:
        """How far it is from a point to a cell's centre; infinity where no way of `reached` leads there."""
        road = int(exits.road[cell])
        if road < 0:
            return inf
        along = float(exits.along[cell])
        way = min(
            (reached[node][0] + part for node, part in self._parts(road, along) if node in reached), default=inf
        )
        if road == entries.road[point]:
            way = min(way, abs(along - float(entries.along[point])) + float(entries.off[point]))
        return way + float(exits.off[cell])
