"""Outlines repaired, thinned and compared."""

import os

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.geo.metres import Metres
from data.geo.shapes import KEPT, MANY, check_area, gaps, mended, overlaps, thinned, to_keep
from domain.errors import Refused

PLANE = Metres(112.9, 23.2)


def box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    return shapely.box(112.8 + west / 100, 23.1 + south / 100, 112.8 + east / 100, 23.1 + north / 100)


EIGHT = shapely.Polygon([(112.8, 23.1), (112.9, 23.2), (112.9, 23.1), (112.8, 23.2)])
HOLE_OUTSIDE = shapely.Polygon(
    [(112.8, 23.1), (112.9, 23.1), (112.9, 23.2), (112.8, 23.2)], [[(113, 23.1), (113.1, 23.1), (113.1, 23.2)]]
)


@pytest.mark.parametrize(
    ("shape", "what"),
    [(EIGHT, "Self-intersection"), (HOLE_OUTSIDE, "Hole lies outside shell"), (box(0, 0, 1, 1), "")],
)
def test_an_outline_is_repaired_and_what_was_wrong_is_named(shape: shapely.Geometry, what: str):
    whole, repair = mended(shape)
    assert shapely.is_valid(whole)
    assert whole.area > 0
    assert (repair.what if repair else "") == what
    if repair:
        assert 112.7 < repair.lon < 113.2


@pytest.mark.parametrize(
    ("shape", "detail"),
    [
        (shapely.Point(1, 1), "shape_no_area"),
        (shapely.LineString([(0, 0), (1, 1)]), "shape_no_area"),
        (shapely.Polygon(), "shape_empty"),
        (shapely.GeometryCollection([shapely.Point(0, 0)]), "shape_no_area"),
        (shapely.Polygon([(0, 0), (1, 0), (1, float("inf"))]), "shape_not_finite"),
        (None, "shape"),
    ],
)
def test_what_is_no_area_is_refused_by_name(shape: shapely.Geometry | None, detail: str):
    with pytest.raises(Refused) as caught:
        check_area(shape, unread=False)
    assert caught.value.detail == detail


def test_an_outline_folded_flat_has_no_area():
    with pytest.raises(Refused, match="bad_value"):
        mended(shapely.Polygon([(0, 0), (1, 1), (2, 2), (0, 0)]))


def test_areas_are_taken_out_of_collections():
    mixed = shapely.GeometryCollection([shapely.Point(0, 0), shapely.GeometryCollection([box(0, 0, 1, 1)])])
    assert check_area(mixed, unread=False).geom_type == "Polygon"


def test_a_million_corners_are_thinned_to_what_can_be_kept():
    angle = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    radius = 0.2 + np.random.default_rng(1).normal(0, 1e-4, angle.size)
    ring = np.column_stack([112.9 + radius * np.cos(angle), 23.2 + radius * np.sin(angle)])
    small, tolerance = thinned(shapely.Polygon(ring))
    assert shapely.get_num_coordinates(small) <= MANY
    assert 0 < tolerance < 0.01
    whole, _ = mended(small)
    (kept,), _ = to_keep([whole])
    assert shapely.get_num_coordinates(kept) <= KEPT
    assert shapely.is_valid(kept)
    assert kept.area == pytest.approx(np.pi * 0.04, rel=0.01)
    assert len(shapely.to_geojson(kept)) < 100_000


def test_a_walk_without_a_way_of_very_many_corners_ends():
    corners = 1_000_000 if os.environ.get("SOAK") else 100_000
    steps = np.random.default_rng(2).normal(0, 1e-5, (corners, 2)).cumsum(axis=0) + np.array([112.9, 23.2])
    small, _ = thinned(shapely.Polygon(steps))
    whole, _ = mended(small)
    assert shapely.is_valid(whole)


def test_neighbours_that_are_thinned_keep_their_common_border():
    y = np.linspace(23.0, 23.4, 6_000)
    x = 112.9 + 0.01 * np.sin(y * 300)
    border = np.column_stack([x, y])
    west = shapely.Polygon([*border, (112.7, 23.4), (112.7, 23.0)])
    east = shapely.Polygon([*border, (113.1, 23.4), (113.1, 23.0)])
    kept, tolerance = to_keep([west, east])
    assert tolerance > 0
    assert overlaps(kept, PLANE) == []
    assert gaps(kept, None, PLANE) == []


def test_overlaps_name_the_pair_and_what_they_share():
    found = overlaps([box(0, 0, 10, 10), box(9, 0, 20, 10), box(30, 0, 40, 10)], PLANE)
    assert [(one, other) for one, other, _ in found] == [(0, 1)]
    assert found[0][2] == pytest.approx(11.3, rel=0.05)  # 0.01° × 0.1° here


def test_common_borders_and_slivers_are_no_findings():
    shapes = [box(0, 0, 10, 10), box(10.0005, 0, 20, 10)]
    assert overlaps(shapes, PLANE) == []
    assert gaps(shapes, None, PLANE) == []


def test_a_gap_is_named_with_its_size_its_place_and_its_neighbours():
    around = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    inner = box(10, 10, 15, 20)
    (gap,) = gaps([around, inner], None, PLANE)
    assert gap.beside == (0, 1)
    assert shapely.contains(box(15, 10, 20, 20), shapely.Point(gap.lon, gap.lat))
    assert gap.km2 == pytest.approx(56.6, rel=0.05)


def test_land_at_the_edge_is_a_gap_when_the_outer_outline_is_known():
    (gap,) = gaps([box(0, 0, 10, 10)], box(0, 0, 20, 10), PLANE)
    assert gap.beside == (0,)


CORNERS = st.lists(st.tuples(st.floats(112, 113), st.floats(23, 24)), min_size=3, max_size=12)


@settings(max_examples=150)
@example([(112.0, 24.0), (112.5, 23.0), (113.0, 23.0), (112.0, 24.0), (112.5, 23.0), (112.0, 23.0)])
@given(CORNERS)
def test_whatever_is_drawn_comes_out_valid_or_is_refused(corners: list[tuple[float, float]]):
    try:
        whole, _ = mended(check_area(shapely.Polygon(corners), unread=False))
    except Refused:
        return
    (kept,), _ = to_keep([whole])
    assert shapely.is_valid(whole)
    assert whole.area > 0
    assert not kept.is_empty
