"""Coverage: which cells sites reach as the crow flies and along roads, and into what the others merge."""

import csv
from datetime import UTC, datetime
from math import asin, cos, hypot, radians, sin, sqrt
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import data.demo.population
from data.geo.coverage import Grid, Groups, Reached, dissolved, merged_squares, nearest, reach_matrix
from data.geo.metres import Metres
from data.geo.network import Network
from domain.coverage import Direction, HourCoverage, direction, shade, steps

DISTRICT = Path(data.demo.population.__file__).parent / "district"
WALK = 800.0

spots = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda at: (at[0] * 390.0, at[1] * 410.0))
cells = st.lists(st.tuples(spots, st.integers(0, 900)), min_size=1, max_size=40, unique_by=lambda cell: cell[0])


def grid_of(people, roads=None) -> Grid:
    xy = np.array([at for at, _ in people], np.float64)
    return Grid(xy, np.array([n for _, n in people], np.float64), roads.reach if roads else None)


def apart(one, other) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def table(name: str) -> list[dict[str, str]]:
    with (DISTRICT / name).open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


# -- the demonstration against a computation that shares nothing with the product's


def haversine(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Metres between two points of a sphere."""
    half = sin(radians(lat2 - lat1) / 2) ** 2
    half += cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * 6_371_008.8 * asin(sqrt(half))


def test_the_demonstration_covers_what_an_independent_computation_says():
    people = [(float(c["lon"]), float(c["lat"]), float(c["pop_est"])) for c in table("population_grid.csv")]
    sites = [(float(s["lon"]), float(s["lat"])) for s in table("sites.csv")]
    served = sum(
        persons
        for lon, lat, persons in people
        if persons and any(abs(s[1] - lat) < 0.01 and haversine(lon, lat, *s) <= WALK for s in sites)
    )
    total = sum(persons for _, _, persons in people)
    plane = Metres(112.9, 23.2)
    lon, lat, persons = (np.array(column) for column in zip(*people, strict=True))
    grid = Grid(plane.xy(lon, lat), persons)
    xy = plane.xy(*(np.array(column) for column in zip(*sites, strict=True)))
    reached = Reached(grid, WALK, {n: (x, y) for n, (x, y) in enumerate(xy.tolist())})
    ours = persons[reached.counts(frozenset(range(len(sites)))) > 0].sum()
    assert (len(people), len(sites), total) == (3_583, 118, 803_000)
    assert round(served / total, 3) == round(ours / total, 3) == 0.748
    # A sphere and an ellipsoid differ by some metres: a cell at the very edge may fall to either side.
    assert abs(served - ours) / total < 0.002


# -- reach


@given(cells, st.lists(spots, max_size=8))
def test_a_site_reaches_the_cells_within_the_walk(people, sites):
    grid = grid_of(people)
    found = reach_matrix(np.array(sites, np.float64).reshape(-1, 2), grid.xy, WALK)
    for n, site in enumerate(sites):
        assert found.of(n).tolist() == [i for i, (at, _) in enumerate(people) if apart(site, at) <= WALK]


@given(cells, st.lists(spots, min_size=1, max_size=8), st.data())
def test_what_a_moved_site_changes_is_what_all_sites_anew_would_say(people, sites, data_):
    before = dict(enumerate(sites))
    after = {
        n: data_.draw(spots) for n in data_.draw(st.sets(st.integers(0, len(sites)), min_size=1))
    } | {n: at for n, at in before.items() if data_.draw(st.booleans())}  # fmt: skip
    grid = grid_of(people)
    anew = Reached(grid, WALK, after)
    moved = Reached(grid, WALK, before).moved(after)
    assert moved.counts(frozenset(after)).tolist() == anew.counts(frozenset(after)).tolist()


def test_only_open_sites_reach_anybody():
    grid = grid_of([((0, 0), 100), ((2_000, 0), 50)])
    reached = Reached(grid, WALK, {1: (100, 0), 2: (300, 0), 3: (2_100, 0)})
    assert reached.counts(frozenset({1, 2, 3})).tolist() == [2, 1]
    assert reached.counts(frozenset({1})).tolist() == [1, 0]
    assert reached.counts(frozenset()).tolist() == [0, 0]


def test_people_nobody_has_counted_are_unknown_and_not_nobody():
    grid = Grid(np.array([(0.0, 0.0), (500.0, 0.0)]), np.array([np.nan, 20.0]))
    assert grid.known.tolist() == [False, True]
    assert grid.persons.tolist() == [0.0, 20.0]


# -- clusters


def one_by_one(people) -> list[tuple[int, float, set[int]]]:
    """The rule, word for word: the cell around which most live takes its surroundings; then the next."""
    left = {i for i, (_, persons) in enumerate(people) if persons >= 100}
    found = []
    while left:
        around = {i: {j for j in left if apart(people[i][0], people[j][0]) <= WALK} for i in left}
        best = max(left, key=lambda i: (sum(people[j][1] for j in around[i]), -i))
        found.append((best, float(sum(people[j][1] for j in around[best])), around[best]))
        left -= around[best]
    return sorted(found, key=lambda group: (-group[1], group[0]))


def listed(groups: Groups) -> list[tuple[int, float, set[int]]]:
    return [(group.seed, group.persons, set(group.members.tolist())) for group in groups.found]


@given(cells)
def test_clusters_are_those_of_taking_one_after_the_other(people):
    grid = grid_of(people)
    assert listed(Groups(grid, grid.persons >= 100, WALK)) == one_by_one(people)


@given(cells, st.data())
def test_clusters_after_a_change_are_those_found_anew(people, data_):
    grid = grid_of(people)
    flags = st.lists(st.booleans(), min_size=len(people), max_size=len(people)).map(np.array)
    before, after = data_.draw(flags), data_.draw(flags)
    assert listed(Groups(grid, before, WALK).changed(after)) == listed(Groups(grid, after, WALK))


@given(cells)
def test_a_new_site_at_a_clusters_middle_serves_all_of_it(people):
    grid = grid_of(people)
    for group in Groups(grid, grid.persons >= 100, WALK).found:
        served = set(reach_matrix(grid.xy[[group.seed]], grid.xy, WALK).of(0).tolist())
        assert set(group.members.tolist()) <= served


# -- roads

CROSS = Network(np.array([(0, 0, 1_000, 0), (1_000, 0, 1_000, 1_000), (500, 0, 500, -700)], np.float64))
"""A street to the east that turns north, and one beside it that meets no crossing of it."""


@pytest.mark.parametrize(
    ("where", "metres"),
    [
        ((400, 0), 400),
        ((400, 30), 430),
        ((1_000, 300), 1_300),
        ((990, 300), 1_310),
        ((500, -300), None),
    ],
)
def test_the_way_along_roads_is_known(where, metres):
    site, at = np.array([(0.0, 0.0)]), np.array([where], np.float64)
    tree = shapely.STRtree(shapely.points(at))
    if metres is None:
        assert not len(CROSS.reach(site, at, tree, 5_000).indices)
        assert CROSS.nearest(at, site)[0].tolist() == [-1]
        return
    assert len(CROSS.reach(site, at, tree, metres + 1).indices) == 1
    assert not len(CROSS.reach(site, at, tree, metres - 1).indices)
    found, away = CROSS.nearest(at, site)
    assert (found.tolist(), round(float(away[0]))) == ([0], metres)


roads = st.lists(st.tuples(spots, spots).filter(lambda ends: ends[0] != ends[1]), max_size=25).map(
    lambda found: np.array([(*a, *b) for a, b in found], np.float64).reshape(-1, 4)
)


@given(cells, st.lists(spots, min_size=1, max_size=5), roads)
def test_no_way_along_roads_is_shorter_than_the_straight_line(people, sites, edges):
    grid, points = grid_of(people), np.array(sites, np.float64)
    network = Network(edges)
    walked = network.reach(points, grid.xy, grid.tree, WALK)
    flown = reach_matrix(points, grid.xy, WALK)
    for n in range(len(sites)):
        assert set(walked.of(n).tolist()) <= set(flown.of(n).tolist())
    found, metres = network.nearest(grid.xy, points)
    _, straight = nearest(grid.xy, points)
    assert (metres >= straight - 0.001).all()
    for n in range(len(sites)):
        for cell in walked.of(n):
            assert found[cell] >= 0
            assert metres[cell] <= WALK + 0.001


def test_a_river_without_a_bridge_parts_a_cluster():
    people = [((0, 0), 400), ((0, 500), 300)]
    banks = Network(np.array([(-300, 0, 300, 0), (-300, 500, 300, 500)], np.float64))
    assert [group.persons for group in Groups(grid_of(people), np.array([True, True]), WALK).found] == [700]
    parted = grid_of(people, banks)
    assert [group.persons for group in Groups(parted, np.array([True, True]), WALK).found] == [400, 300]


def test_a_cell_without_a_road_is_a_cluster_of_its_own():
    people = [((0, 0), 400), ((9_000, 9_000), 300)]
    grid = grid_of(people, Network(np.array([(-300, 0, 300, 0)], np.float64)))
    assert [group.persons for group in Groups(grid, np.array([True, True]), WALK).found] == [400, 300]


# -- what is drawn


@given(st.lists(spots, min_size=1, max_size=10))
def test_the_area_within_reach_is_the_union_of_the_circles(sites):
    rings = dissolved(np.array(sites, np.float64), WALK)
    shoelace = sum(float(np.sum(r[:-1, 0] * r[1:, 1] - r[1:, 0] * r[:-1, 1])) / 2 for r in rings)
    union = shapely.unary_union(shapely.buffer(shapely.points(sites), WALK, quad_segs=12))
    assert shoelace == pytest.approx(union.area)


def test_squares_that_touch_are_one_area():
    centres = np.array([(0.0, 0.0), (500.4, 0.3), (3_000.0, 0.0)])
    assert len(merged_squares(centres, np.array([250.0, 250.0, 250.0]))) == 2


@pytest.mark.parametrize(
    ("east", "north", "where"),
    [
        (900, 100, Direction.EAST),
        (-900, 100, Direction.WEST),
        (100, 700, Direction.NORTH),
        (100, -700, Direction.SOUTH),
        (100, -100, Direction.HERE),
    ],
)
def test_a_cluster_lies_to_one_side_of_its_village_or_in_it(east, north, where):
    assert direction((east, north)) is where


@pytest.mark.parametrize(
    ("persons", "strength"), [(99, -1), (100, 0), (249, 0), (250, 1), (499, 1), (500, 2), (9_000, 2)]
)
def test_an_uncovered_cell_is_drawn_from_a_hundred_persons_in_three_shades(persons, strength):
    assert shade(persons) == strength


def test_the_day_is_told_by_the_hours_at_which_something_changes():
    hours = [
        HourCoverage(datetime(2021, 6, 6, hour, tzinfo=UTC), sites, 1_000, covered)
        for hour, sites, covered in zip((6, 7, 8, 9), (1, 1, 2, 2), (300, 300, 500, 450), strict=True)
    ]
    assert [hour.start.hour for hour in steps(hours)] == [6, 8, 9]
    assert steps(hours)[0].share == 0.3
